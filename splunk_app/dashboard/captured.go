package dashboard

const (
	needsCapture     = "does ollama-hec capture or proxy run?"
	needsConnections = "does ollama-hec capture run, or is connections set?"
	noTokens         = "no captured answer told tokens."
)

// captured is what takes requests or connections off the wire.
func captured() []Row {
	return []Row{
		{short, wireNumbers()},
		{medium, []Panel{
			{
				ID: "tokens_by_model", Title: "Tokens by model", Kind: Column, Base: exchanges, Look: stacked(),
				Search: `| where model!="(none)"` + "\n| timechart minspan=5m sum(tokens) by model",
				Note:   "In and out, where the answer tells.", Empty: needsCapture, Click: wire + " model=$name|s$",
			},
			{
				ID: "first_token", Title: "Time to the first token", Kind: Line,
				Look:   middleAndMost("ms"),
				Search: wire + " ttft_ms=* | timechart p50(ttft_ms) as p50, p95(ttft_ms) as p95",
				Note:   "Of streamed answers.", Empty: needsCapture, Click: wire + " ttft_ms=*",
			},
		}},
		{medium, []Panel{
			{
				ID: "models_used", Title: "Models", Kind: Table, Columns: []Field{
					{Name: "model", Width: 140}, {Name: "requests", Width: 100}, {Name: "tokens_in", Width: 100},
					{Name: "tokens_out", Width: 108},
					{Name: "ttft_p50", Width: 92}, {Name: "ttft_p95", Width: 92, Warn: 5000, Bad: 20000},
				},
				Search: wire + " model=*\n| stats count as requests, sum(prompt_tokens) as tokens_in, sum(completion_tokens) as tokens_out, " +
					"p50(ttft_ms) as ttft_p50, p95(ttft_ms) as ttft_p95 by model\n| sort - tokens_out",
				Note: "ttft: milliseconds to the first token.", Empty: needsCapture, Click: wire + " model=$row.model.value|s$",
			},
			{
				ID: "cloud_models", Title: "Cloud models", Kind: Table, Base: exchanges, Columns: []Field{
					{Name: "model", Width: 140}, {Name: "host", Width: 68}, {Name: "requests", Width: 100},
					{Name: "tokens", Width: 85}, {Name: "sources", Width: 92},
					{Name: "last_seen", Width: 125},
				},
				Search: "| search cloud=true\n| stats sum(requests) as requests, sum(tokens) as tokens, dc(src) as sources, max(seen) as seen by model, host\n" +
					lastSeen + "\n| sort - requests",
				Note: "By its name such a model runs elsewhere: the prompt leaves the house.", Empty: "none was asked.",
				Click: wire + " cloud=true model=$row.model.value|s$ host=$row.host.value|s$",
			},
		}},
		{medium, []Panel{
			{
				ID: "slowest", Title: "Slowest requests", Kind: Table, Columns: []Field{
					{Name: "time", Width: 130}, {Name: "host", Width: 80}, {Name: "src", Width: 115},
					{Name: "uri_path", Width: 170}, {Name: "model", Width: 170},
					{Name: "seconds", Width: 95, Warn: 30, Bad: 120}, {Name: "ttft_ms", Width: 95},
					{Name: "completion_tokens", Width: 170}, {Name: "status", Width: 85},
					{Name: "done_reason", Width: 125},
				},
				Search: wire + " " + running + "\n| sort 20 - response_time_ms\n| eval time=strftime(_time, " + stamp + "), seconds=round(response_time_ms/1000, 1)",
				Note:   "Of generate, chat and embed.", Empty: needsCapture,
				Click: wire + " host=$row.host.value|s$ src=$row.src.value|s$ uri_path=$row.uri_path.value|s$",
			},
		}},
		{medium, []Panel{{
			ID: "users", Title: "Top users, by address and program", Kind: Table, Base: exchanges, Columns: []Field{
				{Name: "src", Width: 150}, {Name: "http_user_agent", Width: 390}, {Name: "requests", Width: 105},
				{Name: "tokens", Width: 100}, {Name: "models", Width: 355},
				{Name: "last_seen", Width: 130},
			},
			Search: `| eval model=if(model="(none)", null(), model)` + "\n| stats sum(requests) as requests, sum(tokens) as tokens, values(model) as models, max(seen) as seen by src, http_user_agent\n" +
				lastSeen + "\n| sort 100 - requests",
			Note: "The program is what the client says it is.", Empty: needsCapture, Click: wire + " src=$row.src.value|s$",
		}}},
		{medium, connectionPanels()},
		{low, []Panel{{
			ID: "silent", Title: "Connections without a request", Kind: Table, Columns: []Field{
				{Name: "src", Width: 310}, {Name: "host", Width: 310}, {Name: "connections", Width: 150},
				{Name: "bytes_in", Width: 140}, {Name: "states", Width: 160},
				{Name: "last_seen", Width: 160},
			},
			Search: "`ollama_connection` OR `ollama_api` OR (`ollama_server` \"GIN\" http_method=*)\n" +
				`| eval request=if(sourcetype="ollama:connection", null(), 1)` + "\n" +
				"| stats sum(connections) as connections, sum(request) as requests, sum(bytes_in) as bytes_in, values(state) as states, max(_time) as seen by src, host\n" +
				"| where connections>0 AND isnull(requests)\n" + lastSeen + "\n| sort 100 - connections",
			Note:  "Addresses that connected and under which there is no request in this time: scanners, other protocols, or a forged address.",
			Empty: "there is none, or " + needsConnections,
			Click: "`ollama_connection` src=$row.src.value|s$ host=$row.host.value|s$",
		}}},
	}
}

func wireNumbers() []Panel {
	return []Panel{
		{
			ID: "captured_requests", Title: "Captured requests", Kind: Single, Base: exchanges,
			Search: "| stats sum(requests) as requests\n| eval requests=coalesce(requests, 0)", Empty: "0: " + needsCapture,
			Click: wire,
		},
		{
			ID: "prompt_tokens", Title: "Tokens in", Kind: Single, Base: exchanges,
			Search: "| stats sum(tokens_in) as tokens\n| where isnotnull(tokens)", Empty: noTokens,
			Click: wire + " prompt_tokens=*",
		},
		{
			ID: "completion_tokens", Title: "Tokens out", Kind: Single, Base: exchanges,
			Search: "| stats sum(tokens_out) as tokens\n| where isnotnull(tokens)", Empty: noTokens,
			Click: wire + " completion_tokens=*",
		},
		{
			ID: "cloud_requests", Title: "Requests to cloud models", Kind: Single, Base: exchanges, Look: judged(1, 1),
			Search: "| search cloud=true\n| stats sum(requests) as requests\n| eval requests=coalesce(requests, 0)",
			Empty:  "0: none was asked.", Click: wire + " cloud=true",
		},
		{
			ID: "accepted", Title: "Connections", Kind: Single, Base: connections,
			Search: "| stats sum(connections) as connections\n| eval connections=coalesce(connections, 0)",
			Empty:  "0: " + needsConnections, Click: "`ollama_connection`",
		},
	}
}

func connectionPanels() []Panel {
	return []Panel{
		{
			ID: "connections_over_time", Title: "Connections, and those that were not seen", Kind: Column, Base: connections,
			Look:   stacked().with(object{"seriesColorsByField": object{"connections": blue, "not_seen": red}}),
			Search: "| timechart minspan=5m sum(connections) as connections, sum(not_seen) as not_seen", Empty: needsConnections,
			Click: "`ollama_connection`",
		},
		{
			ID: "connections_by_source", Title: "Connections by source", Kind: Table, Base: connections, Columns: []Field{
				{Name: "src", Width: 90}, {Name: "src_scope", Width: 80}, {Name: "host", Width: 65},
				{Name: "connections", Width: 85}, {Name: "bytes_in", Width: 75},
				{Name: "bytes_out", Width: 85}, {Name: "last_seen", Width: 125},
			},
			Search: `| where src!="(none)"` + "\n| stats sum(connections) as connections, sum(bytes_in) as bytes_in, sum(bytes_out) as bytes_out, max(seen) as seen " +
				"by src, src_scope, host\n" + lastSeen + "\n| sort 100 - connections",
			Note: "The peer's address: nobody can forge it.", Empty: needsConnections,
			Click: "`ollama_connection` src=$row.src.value|s$ host=$row.host.value|s$",
		},
	}
}
