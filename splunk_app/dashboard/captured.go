package dashboard

// captured returns the panels that need requests or connections captured off the wire.
func captured() []Panel {
	return []Panel{
		{ID: "captured_requests", Title: "Captured requests", Kind: single, X: 0, Y: 0, W: 240, H: 140,
			Search: wire + " | stats count as requests"},
		{ID: "prompt_tokens", Title: "Tokens in", Kind: single, X: 240, Y: 0, W: 240, H: 140,
			Search: wire + " | stats sum(prompt_tokens) as tokens"},
		{ID: "completion_tokens", Title: "Tokens out", Kind: single, X: 480, Y: 0, W: 240, H: 140,
			Search: wire + " | stats sum(completion_tokens) as tokens"},
		{ID: "cloud_requests", Title: "Requests to cloud models", Kind: single, X: 720, Y: 0, W: 240, H: 140,
			Search: wire + " cloud=true | stats count as requests"},
		{ID: "accepted", Title: "Connections", Kind: single, X: 960, Y: 0, W: 240, H: 140,
			Search: "`ollama_connection` | stats sum(connections) as connections"},
		{ID: "tokens_by_model", Title: "Tokens by model", Kind: column, Options: stacked(), X: 0, Y: 140, W: 600, H: 280,
			Note:   "In and out. An answer that does not say how many there were counts as none.",
			Search: wire + " model=*\n" + tokens + "| timechart sum(tokens) by model"},
		{ID: "first_token", Title: "Time to the first token (ms)", Kind: line, Options: lines(),
			X: 600, Y: 140, W: 600, H: 280,
			Note:   "Of streamed answers.",
			Search: wire + " ttft_ms=* | timechart p50(ttft_ms) as p50, p95(ttft_ms) as p95"},
		{ID: "models_used", Title: "Models", Kind: table, X: 0, Y: 420, W: 600, H: 280,
			Search: wire + " model=*\n" + tokens +
				"| stats count as requests, sum(prompt_tokens) as tokens_in, sum(completion_tokens) as tokens_out, " +
				"p50(ttft_ms) as ttft_p50, p95(ttft_ms) as ttft_p95 by model\n" +
				"| sort - tokens_out\n| table model, requests, tokens_in, tokens_out, ttft_p50, ttft_p95"},
		{ID: "slowest", Title: "Slowest requests", Kind: table, X: 600, Y: 420, W: 600, H: 280,
			Search: wire + "\n| sort 20 - response_time_ms\n" +
				`| eval time=strftime(_time, "%Y-%m-%d %H:%M:%S"), seconds=round(response_time_ms/1000, 1)` + "\n" +
				"| table time, host, src, uri_path, model, seconds, ttft_ms, completion_tokens, status, done_reason"},
		{ID: "users", Title: "Top users, by address and program", Kind: table, X: 0, Y: 700, W: 600, H: 280,
			Search: wire + "\n" + tokens + `| eval http_user_agent=coalesce(http_user_agent, "(none)")` + "\n" +
				"| stats count as requests, sum(tokens) as tokens, values(model) as models, latest(_time) as last_seen by src, http_user_agent\n" +
				"| eval last_seen=" + shortTime + "\n| sort 100 - requests\n| table src, http_user_agent, requests, tokens, models, last_seen"},
		{ID: "cloud_models", Title: "Cloud models", Kind: table, X: 600, Y: 700, W: 600, H: 280,
			Note: "By its name such a model runs elsewhere: the prompt leaves the house.",
			Search: wire + " cloud=true\n" + tokens +
				"| stats count as requests, sum(tokens) as tokens, dc(src) as sources, latest(_time) as last_seen by model, host\n" +
				"| eval last_seen=" + shortTime + "\n| sort - requests\n| table model, host, requests, tokens, sources, last_seen"},
		{ID: "connections_over_time", Title: "Connections, and those that were not seen", Kind: line, Options: lines(), X: 0, Y: 980, W: 600, H: 280,
			Search: "`ollama_connection` | timechart sum(connections) as connections, sum(lost) as not_seen"},
		{ID: "connections_by_source", Title: "Connections by source", Kind: table, X: 600, Y: 980, W: 600, H: 280,
			Note: "The address is the peer's: nobody can forge it.",
			Search: "`ollama_connection` src=*\n" + `| eval src_scope=coalesce(src_scope, "(none)")` + "\n" +
				"| stats sum(connections) as connections, sum(bytes_in) as bytes_in, sum(bytes_out) as bytes_out, latest(_time) as last_seen by src, src_scope, host\n" +
				"| eval last_seen=" + shortTime + "\n| sort 100 - connections\n| table src, src_scope, host, connections, bytes_in, bytes_out, last_seen"},
		{ID: "silent", Title: "Connections without a request", Kind: table, X: 0, Y: 1260, W: 1200, H: 280,
			Note: "Sources that connected in this time and under whose address there is no request: scanners, other protocols, or a forged address.",
			Search: "`ollama_connection` OR `ollama_api` OR (`ollama_server` \"GIN\" http_method=*)\n" +
				`| eval request=if(sourcetype="ollama:connection", null(), 1)` + "\n" +
				"| stats sum(connections) as connections, sum(request) as requests, sum(bytes_in) as bytes_in, values(state) as states, latest(_time) as last_seen by src, host\n" +
				"| where connections>0 AND isnull(requests)\n" +
				"| eval last_seen=" + shortTime + "\n| sort 100 - connections\n| table src, host, connections, bytes_in, states, last_seen"},
	}
}

// wire finds the requests that were seen on the wire.
const wire = "`ollama_api` origin IN (capture, proxy)"

// tokens is both directions together, for requests whose answer says either.
const tokens = "| eval tokens=if(isnull(prompt_tokens) AND isnull(completion_tokens), null(), coalesce(prompt_tokens, 0)+coalesce(completion_tokens, 0))\n"
