package detections

func apiScan() Detection {
	return Detection{
		Name:    "Ollama API Scan",
		ID:      "717cef1f-7a0a-4151-8f5c-19d12c2d1726",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_api_scan_filter",
		Search: "(`ollama_server` \"GIN\") OR `ollama_api`\n" +
			accessLineFields + sourceOf + requestOf +
			`| eval place=method." ".replace(replace(path, "^/api/blobs/.*", "/api/blobs/"), "^/v1/models/.*", "/v1/models/")` + "\n" +
			`| eval known=if(match(path, "^/(?:api/(?:blobs/.*|chat|copy|create|delete|embed|embeddings|generate|me|ps|pull|push|show|signout|status|tags|version|experimental/.*)|v1/.*)?\z"), "yes", "no")` + "\n" +
			`| eval miss=if(answer=405 OR known="no" AND answer>=300, place, null())` + "\n" +
			"| sort 0 _time\n" +
			"| streamstats time_window=1h dc(place) as paths, dc(miss) as missed_paths, dc(answer) as statuses by host, client, is_line\n" +
			"| stats count as requests, max(paths) as paths, max(missed_paths) as missed_paths, max(statuses) as statuses, values(miss) as missed, values(answer) as status, " +
			"values(http_user_agent) as http_user_agent, min(_time) as first_request, max(_time) as last_request by host, client, is_line\n" +
			"| stats max(requests) as requests, max(paths) as paths, max(missed_paths) as missed_paths, max(statuses) as statuses, values(missed) as uri_path, " +
			"values(status) as status, values(http_user_agent) as http_user_agent, min(first_request) as first_request, max(last_request) as last_request by host, client\n" +
			"| eventstats sum(missed_paths) as missed_of_host, count(eval(missed_paths>0)) as sources_of_host by host\n" +
			`| where missed_paths>=5 OR paths>=15 AND statuses>=3 OR missed_paths>0 AND missed_of_host>=25 AND sources_of_host>=5` + "\n" +
			shownTimes +
			`| eval severity="medium", attack_type="API Scan", uri_path=mvindex(uri_path, 0, 19)` + "\n" +
			"| rename client as src\n" +
			"| table last_request, first_request, host, src, requests, paths, missed_paths, uri_path, status, http_user_agent, severity, attack_type\n" +
			"| `ollama_api_scan_filter`",
		Cron: "6-51/15 * * * *",
		Skew: "2m",
		// The windows overlap, so that no scan is cut in two; the throttle makes one of what two runs see.
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "2h",
		Severity:    "medium",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 20}, {"src", "system", 36}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "$src$ scanned Ollama on $host$: $paths$ paths in $requests$ requests, of which $missed_paths$ do not exist.",
		Attack: []Technique{
			{"T1595.003", "Wordlist Scanning", "Reconnaissance"},
			{"T1046", "Network Service Discovery", "Discovery"},
		},
		Atlas: []Technique{{"AML.T0006", "Active Scanning", "Reconnaissance"}},
		Description: "Finds sources that ask for many different paths: five that Ollama does not have, or fifteen with three different statuses. A scan that is spread over " +
			"sources is found by what they miss together. A missing model is no missing path: the 404 of /api/show or /api/chat does not count.",
		Evidence: []Event{
			serverLine(`[GIN] 2026/01/07 - 09:14:02 | 404 |       5.819µs |    203.0.113.77 | GET      "/.env"`),
			serverLine(`[GIN] 2026/01/07 - 09:14:02 | 404 |       4.102µs |    203.0.113.77 | GET      "/.git/config"`),
			serverLine(`[GIN] 2026/01/07 - 09:14:03 | 404 |       4.334µs |    203.0.113.77 | GET      "/admin"`),
			serverLine(`[GIN] 2026/01/07 - 09:14:03 | 404 |       3.918µs |    203.0.113.77 | GET      "/actuator/health"`),
			serverLine(`[GIN] 2026/01/07 - 09:14:04 | 405 |       9.331µs |    203.0.113.77 | GET      "/api/generate"`),
		},
		FalsePositives: []string{
			"your own vulnerability scanners and inventory: exclude their addresses in the filter macro",
			"programs written for another server, which try its paths",
		},
		KnownLimits: []string{
			"Some requests leave no line in Ollama's log (//x, raw .., a trailing slash, malformed ones); captured requests show them.",
			"The source is the one that Ollama logs, which X-Forwarded-For can forge.",
			"A scan slower than five paths an hour is not found.",
		},
		Triage: []string{
			"Is the source one of your scanners?",
			"Which paths did it try: Ollama's own, or those of other software?",
			"What answered with 200, and did the source use it afterwards?",
			"Is the server meant to be reachable from there?",
		},
		Response: []string{"Block the source.", "Bind Ollama to 127.0.0.1, or put it behind a proxy that authenticates."},
	}
}
