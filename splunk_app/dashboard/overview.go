package dashboard

// Heights of rows: numbers, charts and tables, a few lines.
const (
	short  = 140
	medium = 300
	low    = 250
)

const (
	noRequests = "no request in this time, or API_EVENTS is off."
	quietLog   = "none was logged."
	needsDebug = "set OLLAMA_DEBUG=1 for lengths, 2 for text."
)

// overview is what the log alone tells.
func overview() []Row {
	return []Row{
		{short, numbers()},
		{medium, []Panel{
			{
				ID: "by_operation", Title: "Requests by operation", Kind: Column, Base: requests, Look: stacked(),
				Search: "| timechart minspan=5m limit=15 sum(requests) by operation",
				Empty:  noRequests, Click: "`ollama_api` operation=$name|s$",
			},
			{
				ID: "by_status", Title: "Requests that failed, by status", Kind: Column, Base: requests,
				Look:   stacked().with(object{"seriesColorsByField": statusColours}),
				Search: "| search status>=400\n| timechart minspan=5m limit=15 sum(requests) by status",
				Note:   "A streaming call that fails is logged as 200.", Empty: "none failed.",
				Click: "`ollama_api` status=$name|s$",
			},
		}},
		{medium, []Panel{
			{
				ID: "latency", Title: "Response time of generate, chat and embed", Kind: Line,
				Look:   middleAndMost("seconds"),
				Search: latency + "\n| timechart " + p50 + ", " + p95,
				Note:   "To the end of the answer; median and 95th percentile.", Empty: "no such request.",
				Click: "`ollama_api` " + running,
			},
			{
				ID: "sources", Title: "External sources", Kind: Table, Base: requests, Columns: []Field{
					{Name: "src", Width: 115}, {Name: "host", Width: 68}, {Name: "requests", Width: 100},
					{Name: "operations", Width: 105}, {Name: "statuses", Width: 95},
					{Name: "last_seen", Width: 125},
				},
				Search: "| search src_scope=external\n" +
					"| stats sum(requests) as requests, values(operation) as operations, values(status) as statuses, max(seen) as seen by src, host\n" +
					lastSeen + "\n| sort - requests",
				Note: "As Ollama logs it; X-Forwarded-For can forge it.", Empty: "no external address asked.",
				Click: "`ollama_api` src=$row.src.value|s$ host=$row.host.value|s$",
			},
		}},
		{medium, models()},
		{low, []Panel{{
			ID: "failure_table", Title: "Network failures by host", Kind: Table, Base: failures, Columns: []Field{
				{Name: "host", Width: 95}, {Name: "incidents", Width: 105}, {Name: "kinds", Width: 90},
				{Name: "remote_hosts", Width: 180},
				{Name: "error_messages", Width: 630}, {Name: "last_seen", Width: 130},
			},
			Search: lastSeen + "\n| sort - incidents",
			Note:   "Calls of Ollama to registries, update servers and its own runners.", Empty: quietLog,
			Click: "`ollama_server` host=$row.host.value|s$ (level=WARN OR level=ERROR OR dial OR lookup OR tls OR timeout)",
		}}},
		{medium, promptPanels()},
		{low, []Panel{arrivals()}},
	}
}

// numbers are the first things to know of a day.
func numbers() []Panel {
	return []Panel{
		{
			ID: "requests", Title: "Requests", Kind: Single, Base: requests,
			Search: "| stats sum(requests) as requests\n| eval requests=coalesce(requests, 0)",
			Empty:  "0: " + noRequests, Click: "`ollama_api`",
		},
		{
			ID: "errors", Title: "Errors (status 5xx)", Kind: Single, Base: requests, Look: judged(1, 1),
			Search: "| search status>=500\n| stats sum(requests) as errors\n| eval errors=coalesce(errors, 0)",
			Empty:  "0: none failed so; a streaming call that fails is logged as 200.", Click: "`ollama_api` status>=500",
		},
		{
			ID: "p95", Title: "Response time, p95", Kind: Single,
			Look:   judged(30, 120).with(object{"unit": "s", "numberPrecision": 1}),
			Search: latency + "\n| stats " + p95 + "\n| where isnotnull(p95)",
			Note:   "Of generate, chat and embed, to the end of the answer.", Empty: "no such request.",
			Click: "`ollama_api` " + running,
		},
		{
			ID: "external", Title: "External sources", Kind: Single, Base: requests, Look: judged(1, 1),
			Search: "| search src_scope=external\n| stats dc(src) as sources",
			Empty:  "0: no external address asked.", Click: "`ollama_api` src_scope=external",
		},
		{
			ID: "failures", Title: "Network failures", Kind: Single, Base: failures, Look: judged(1, 1),
			Search: "| stats sum(incidents) as failures\n| eval failures=coalesce(failures, 0)",
			Empty:  "0: " + quietLog, Click: "`ollama_server` (level=WARN OR level=ERROR OR dial OR lookup OR tls OR timeout)",
		},
	}
}

// models are those that came and went.
func models() []Panel {
	return []Panel{
		{
			ID: "models", Title: "Models pulled, pushed and changed", Kind: Table, Base: requests, Columns: []Field{
				{Name: "operation", Width: 105}, {Name: "src", Width: 110}, {Name: "host", Width: 70},
				{Name: "requests", Width: 100}, {Name: "statuses", Width: 95},
				{Name: "last_seen", Width: 128},
			},
			Search: "| search operation IN (pull, push, create, copy, delete)\n" +
				"| stats sum(requests) as requests, values(status) as statuses, max(seen) as seen by operation, src, host\n" +
				lastSeen + "\n| sort - requests",
			Empty: "no model was changed.",
			Click: "`ollama_api` operation=$row.operation.value|s$ src=$row.src.value|s$ host=$row.host.value|s$",
		},
		{
			ID: "model_names", Title: "Models whose pull failed, by name", Kind: Table, Columns: []Field{
				{Name: "registry", Width: 130}, {Name: "model", Width: 120}, {Name: "tag", Width: 60},
				{Name: "host", Width: 68}, {Name: "attempts", Width: 102},
				{Name: "last_seen", Width: 128},
			},
			Search: "`ollama_server` manifests\n" +
				`| rex "\x22(?:https?://)(?<registry>[^/\s\x22]+)/v2/(?<model>[^\s\x22\x5C]+)/manifests/(?<tag>[^\s\x22\x5C]+)"` +
				"\n| where isnotnull(model)\n| stats count as attempts, max(_time) as seen by registry, model, tag, host\n" +
				lastSeen + "\n| sort - attempts",
			Note: "Logged only where a registry cannot be used.", Empty: "none failed so.",
			Click: "`ollama_server` manifests $row.model.value|s$ host=$row.host.value|s$",
		},
	}
}

// promptPanels are of any source of prompts: the log, or the wire.
func promptPanels() []Panel {
	return []Panel{
		{
			ID: "prompts", Title: "Prompts and their length", Kind: Column, Look: twoScales("prompts", "bytes", "mean_bytes"),
			Search: "`ollama_prompts` | timechart count as prompts, avg(prompt_length) as mean_bytes",
			Note:   "Of a log at DEBUG, or captured.", Empty: needsDebug, Click: "`ollama_prompts`",
		},
		{
			ID: "latest_prompts", Title: "Latest prompts", Kind: Table, Columns: []Field{
				{Name: "time", Width: 125}, {Name: "host", Width: 68}, {Name: "origin", Width: 85},
				{Name: "prompt_length", Width: 128}, {Name: "prompt", Width: 202},
			},
			Search: "`ollama_prompts`\n| sort 50 - _time\n| eval time=strftime(_time, " + stamp + "), " +
				`prompt=coalesce(prompt, if(prompt_length>4000, "(too long to show: see the event)", null()))`,
			Note: "Splunk extracts a prompt up to about 5 KB.", Empty: needsDebug,
			Click: "`ollama_prompts` host=$row.host.value|s$ origin=$row.origin.value|s$ prompt_length=$row.prompt_length.value|s$",
		},
	}
}
