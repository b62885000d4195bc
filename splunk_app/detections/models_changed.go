package detections

func modelsChanged() Detection {
	const columns = "values(call) as changes, values(path) as uri_path, values(answer) as status, values(model) as models, values(http_user_agent) as http_user_agent"
	return Detection{
		Name:    "Ollama Models Changed from External Network",
		ID:      "8afffea0-427d-498b-a2e9-ca882ab6f8bb",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: TTP,
		Filter: "ollama_models_changed_from_external_network_filter",
		Search: "((`ollama_server` \"GIN\") OR `ollama_api`) (blobs OR create OR push OR pull OR copy OR delete)\n" +
			accessLineFields + sourceOf + requestOf +
			`| where call IN ("upload", "create", "push", "pull", "copy", "delete") AND answer<400` + "\n" +
			onlyExternal +
			"| stats count as requests, " + columns + ", min(_time) as first_request, max(_time) as last_request by host, client, is_line\n" +
			"| stats max(requests) as requests, values(changes) as changes, values(uri_path) as uri_path, values(status) as status, values(models) as models, " +
			"values(http_user_agent) as http_user_agent, min(first_request) as first_request, max(last_request) as last_request by host, client\n" +
			shownTimes +
			`| eval severity="high", attack_type="Models Changed from Outside"` + "\n" +
			"| rename client as src\n" +
			"| table last_request, first_request, host, src, requests, changes, models, uri_path, status, http_user_agent, severity, attack_type\n" +
			"| `ollama_models_changed_from_external_network_filter`",
		Cron:        "2-57/5 * * * *",
		Skew:        "1m",
		Window:      Window{"-24h@h", "+1h@h", "-9m@m", "-4m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "1h",
		Severity:    "high",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 60}, {"src", "system", 60}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "The external address $src$ changed or took models of Ollama on $host$: $changes$, $requests$ requests.",
		Attack: []Technique{
			{"T1190", "Exploit Public-Facing Application", "Initial Access"},
			{"T1565.001", "Stored Data Manipulation", "Impact"},
			{"T1485", "Data Destruction", "Impact"},
		},
		Atlas: []Technique{
			{"AML.T0018", "Manipulate AI Model", "Persistence"},
			{"AML.T0010", "AI Supply Chain Compromise", "Initial Access"},
		},
		Description: "Finds external sources whose requests change which models a server has, or take one: upload of a blob, create, pull, copy, delete, push. " +
			"External means the same as in Ollama API Accessed from External Network. If an attacker replaces a model that is in use, the attacker's model answers.",
		Evidence: []Event{
			serverLine(`[GIN] 2026/01/07 - 09:14:02 | 200 |   12.331ms |    203.0.113.77 | DELETE   "/api/delete"`),
		},
		FalsePositives: []string{
			"administrators who manage models over the internet or a VPN with public addresses: list their ranges in ollama_trusted_ranges",
			"a proxy that passes on the address of a wanted client",
		},
		KnownLimits: []string{
			"The source is the one that Ollama logs: X-Forwarded-For can hide an external client behind an internal address. With captured requests it is the peer.",
			"A request that was refused (status 400 and above) is not reported; one that failed while streaming is, since Ollama logs it as 200.",
			"Changes from internal addresses are not reported: look at the dashboard's table of models pulled, pushed and changed.",
		},
		Triage: []string{
			"Which models are there now that nobody put there, and which are missing? Compare /api/tags, by digest, with what should be installed.",
			"Was a model replaced that people or programs use?",
			"Who is the source, and what else did it do on this and other hosts?",
			"Did Ollama crash, or run anything but its own runner, after the change?",
		},
		Response: []string{
			"Take the port off the network.",
			"Remove models that are not known and pull the others again from the registry that you trust.",
		},
	}
}
