package detections

func modelUploadedAndPushed() Detection {
	const bySource = "by host, client, is_line"
	return Detection{
		Name:    "Ollama Model Uploaded and Pushed",
		ID:      "2634784a-53ec-4ed0-9879-f84ea3374bb4",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: TTP,
		Filter: "ollama_model_uploaded_and_pushed_filter",
		Search: "((`ollama_server` \"GIN\") OR `ollama_api`) (blobs OR create OR push)\n" +
			accessLineFields + sourceOf + requestOf +
			`| where call IN ("upload", "create", "push") AND answer<400` + "\n" +
			`| eval step=case(call="upload", 1, call="create", 2, call="push", 3), uploaded_at=if(step=1, _time, null())` + "\n" +
			"| sort 0 host, client, is_line, _time, step\n" +
			"| streamstats last(uploaded_at) as uploaded " + bySource + "\n" +
			`| eval created_at=if(step=2 AND _time-uploaded<=3600, _time, null()), created_of=if(isnotnull(created_at), uploaded, null())` + "\n" +
			"| streamstats last(created_at) as created, last(created_of) as uploaded_first " + bySource + "\n" +
			`| where step=3 AND _time-created<=3600` + "\n" +
			"| stats count as pushes, min(uploaded_first) as first_request, max(_time) as last_request, values(model) as models, " +
			"values(http_user_agent) as http_user_agent, values(x_forwarded_for) as x_forwarded_for " + bySource + "\n" +
			"| stats max(pushes) as pushes, min(first_request) as first_request, max(last_request) as last_request, values(models) as models, " +
			"values(http_user_agent) as http_user_agent, values(x_forwarded_for) as x_forwarded_for by host, client\n" +
			shownTimes +
			`| eval severity="high", attack_type="Model Uploaded and Pushed"` + "\n" +
			"| rename client as src\n" +
			"| table last_request, first_request, host, src, pushes, models, http_user_agent, x_forwarded_for, severity, attack_type\n" +
			"| `ollama_model_uploaded_and_pushed_filter`",
		Cron: "8,38 * * * *",
		Skew: "2m",
		// The windows overlap, so that no sequence falls between two; the throttle makes one of what two runs see.
		Window:      Window{"-24h@h", "+1h@h", "-130m@m", "-10m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "4h",
		Severity:    "high",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 70}, {"src", "system", 70}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "$src$ uploaded a model to Ollama on $host$, created it and pushed it $pushes$ times: possible memory or model theft.",
		Attack: []Technique{
			{"T1190", "Exploit Public-Facing Application", "Initial Access"},
			{"T1567", "Exfiltration Over Web Service", "Exfiltration"},
		},
		Atlas: []Technique{{"AML.T0025", "Exfiltration via Cyber Means", "Exfiltration"}},
		CVEs:  []string{"CVE-2026-7482"},
		References: []string{
			"https://github.com/advisories/GHSA-x8qc-fggm-mpqg",
			"https://nvd.nist.gov/vuln/detail/CVE-2026-7482",
		},
		Description: "Finds a source that uploads a blob, creates a model and pushes a model within an hour each. That is how CVE-2026-7482 is used: " +
			"a crafted model file makes Ollama before 0.17.1 read beyond a buffer, and the push carries the server's memory, with prompts and keys of others, " +
			"to the attacker's registry. It is also how a model is altered and taken. Captured requests add the models' names, in which the registry stands.",
		Evidence: []Event{
			serverLine(`[GIN] 2026/01/07 - 09:14:02 | 201 |   12.331ms |    203.0.113.77 | POST     "/api/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`),
			serverLine(`[GIN] 2026/01/07 - 09:14:03 | 200 |  130.905ms |    203.0.113.77 | POST     "/api/create"`),
			serverLine(`[GIN] 2026/01/07 - 09:14:05 | 200 |  912.004ms |    203.0.113.77 | POST     "/api/push"`),
		},
		FalsePositives: []string{
			"people and build servers that publish models of their own: exclude their addresses in the filter macro",
		},
		KnownLimits: []string{
			"The source is the one that Ollama logs. One that changes its X-Forwarded-For from request to request is only seen with captured requests, which know the peer.",
			"A push of a model that has been there for more than an hour is not found; Ollama Bulk Pulls or Pushes finds many of them.",
			"A push that Ollama logs as 200 may have failed: it streams its errors.",
			"One source is reported once in four hours for each host.",
		},
		Triage: []string{
			"Is the source somebody who publishes models? From where does that usually happen?",
			"Which version does the server run: before 0.17.1 it leaks memory this way.",
			"Where did the push go? The model's name in captured requests begins with the registry; else look for connections of the host at that time.",
			"Which models were created? Compare /api/tags with what should be there, and keep the blobs.",
			"Who else used the server in the hours before: their prompts and the server's environment may be lost.",
		},
		Response: []string{
			"Block the source and the registry, and take the port off the network.",
			"Update Ollama to 0.17.1 or later.",
			"Replace the keys that stand in the server's environment or were sent in prompts.",
		},
	}
}
