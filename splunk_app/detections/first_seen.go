package detections

func sourceFirstSeen() Detection {
	return Detection{
		Name:    "Ollama Source First Seen",
		ID:      "12cacd89-242a-4e97-bac1-04a456737a0b",
		Version: 1,
		Date:    "2026-11-28",
		Status:  Production,
		Kind:    Anomaly,
		Filter:  "ollama_source_first_seen_filter",
		Search: "(`ollama_server` \"GIN\") OR `ollama_api` OR `ollama_connection`\n" +
			accessLineFields + sourceOf + ofOllama + requestOf +
			`| where NOT (cidrmatch("127.0.0.0/8", client) OR cidrmatch("::1/128", client))` + "\n" +
			countsOf +
			"| stats sum(request) as requests, sum(accepted) as connections, values(path) as uri_path, values(answer) as status, values(model) as models, values(http_user_agent) as http_user_agent, " +
			"min(_time) as first_request, max(_time) as last_request by host, client, sourcetype\n" +
			"| stats max(requests) as requests, max(connections) as connections, values(uri_path) as uri_path, values(status) as status, values(models) as models, values(http_user_agent) as http_user_agent, " +
			"min(first_request) as first_request, max(last_request) as last_request by host, client\n" +
			"| rename client as src\n" +
			"| `ollama_known_sources`\n" +
			"| where isnull(known_since) AND first_request-host_since>=604800\n" +
			seenText + shownTimes +
			`| eval watched_since=strftime(host_since, "%Y-%m-%d"), severity="low", attack_type="Source First Seen"` + "\n" +
			"| table last_request, first_request, host, src, requests, connections, seen, uri_path, status, models, http_user_agent, watched_since, severity, attack_type\n" +
			"| `ollama_source_first_seen_filter`",
		Cron:        "27 * * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-80m@m", "-20m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "1d",
		Severity:    "low",
		Domain:      "access",
		Risk:        []RiskObject{{"host", "system", 10}, {"src", "system", 15}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "$src$ used Ollama on $host$ for the first time ($seen$). $uri_path$",
		Attack: []Technique{
			{"T1133", "External Remote Services", "Initial Access"},
			{"T1021", "Remote Services", "Lateral Movement"},
		},
		Atlas: []Technique{{"AML.T0040", "AI Model Inference API Access", "AI Model Access"}},
		Description: "Finds addresses, internal ones too, that use a server which has been watched for a week and which they have not used in the last 90 days. By itself that is seldom an " +
			"attack; together with other detections it shows that a source is new.",
		Evidence: []Event{
			serverLine(`[GIN] 2026/01/07 - 09:14:02 | 200 |      94.911µs |    10.20.30.40 | GET      "/api/tags"`),
		},
		Needs: []string{
			"Enable the search " + sourceBaseline + " a week before: it keeps the table ollama_known_sources.",
			"It needs the add-on's files: where only searches were installed it finds nothing.",
		},
		FalsePositives: []string{
			"addresses that change: laptops, VPN, DHCP, containers",
			"new colleagues and programs",
		},
		KnownLimits: []string{
			"A server is judged once the table has known it for a week.",
			"The source is the one that Ollama logs: one that forges a known address does not count as new. With captured requests or connections it is the peer.",
		},
		Triage: []string{
			"Who has the address now, and had it before?",
			"What did it do: look around (/api/tags, /api/version), chat, or change models?",
			"Was it first seen on several servers at the same time?",
		},
		Response: []string{"Nothing by itself; treat it with what else was scored for the source."},
	}
}
