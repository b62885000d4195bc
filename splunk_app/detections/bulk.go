package detections

func bulkTransfer() Detection {
	return Detection{
		Name:    "Ollama Bulk Pulls or Pushes",
		ID:      "ad39a1a5-e01e-424a-b48e-73de9a437d51",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_bulk_pulls_or_pushes_filter",
		Search: "((`ollama_server` \"GIN\") OR `ollama_api`) (pull OR push)\n" +
			accessLineFields + sourceOf + requestOf +
			`| where call IN ("pull", "push") AND answer<400` + "\n" +
			`| eval pull=if(call="pull", 1, null()), push=if(call="push", 1, null())` + "\n" +
			"| sort 0 _time\n" +
			"| streamstats time_window=1h count(pull) as pulls, count(push) as pushes by host, client, is_line\n" +
			"| stats max(pulls) as pulls, max(pushes) as pushes, values(model) as models, values(http_user_agent) as http_user_agent, " +
			"min(_time) as first_request, max(_time) as last_request by host, client, is_line\n" +
			"| stats max(pulls) as pulls, max(pushes) as pushes, values(models) as models, values(http_user_agent) as http_user_agent, " +
			"min(first_request) as first_request, max(last_request) as last_request by host, client\n" +
			"| where pulls>=10 OR pushes>=3\n" +
			shownTimes +
			`| eval severity="medium", attack_type="Bulk Pulls or Pushes"` + "\n" +
			"| rename client as src\n" +
			"| table last_request, first_request, host, src, pulls, pushes, models, http_user_agent, severity, attack_type\n" +
			"| `ollama_bulk_pulls_or_pushes_filter`",
		Cron: "11-51/20 * * * *",
		Skew: "2m",
		// The windows overlap, so that no hour is cut in two; the throttle makes one of what two runs see.
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "2h",
		Severity:    "medium",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 30}, {"src", "system", 30}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "$src$ made Ollama on $host$ pull $pulls$ and push $pushes$ models within an hour.",
		Attack: []Technique{
			{"T1020", "Automated Exfiltration", "Exfiltration"},
			{"T1496", "Resource Hijacking", "Impact"},
		},
		Atlas: []Technique{
			{"AML.T0025", "Exfiltration via Cyber Means", "Exfiltration"},
			{"AML.T0034", "Cost Harvesting", "Impact"},
		},
		Description: "Finds a source with ten pulls or three pushes within an hour. Pushes carry models out; pulls use up disk and bandwidth, and bring models in. " +
			"Captured requests add which models.",
		Evidence: []Event{
			serverLine(`[GIN] 2026/01/07 - 09:14:02 | 200 |    1.331s |     10.20.30.40 | POST     "/api/push"`),
			serverLine(`[GIN] 2026/01/07 - 09:15:02 | 200 |    1.102s |     10.20.30.40 | POST     "/api/push"`),
			serverLine(`[GIN] 2026/01/07 - 09:16:02 | 200 |    1.220s |     10.20.30.40 | POST     "/api/push"`),
		},
		FalsePositives: []string{
			"scripts that set up a new server, and nightly updates of all models",
			"a client that tries again and again to pull a model that cannot be pulled",
		},
		KnownLimits: []string{
			"Ollama logs 200 for a pull or push that fails while streaming, so attempts count.",
			"The source is the one that Ollama logs, which X-Forwarded-For can forge.",
		},
		Triage: []string{
			"Is there a job or a person that does this on purpose?",
			"Which models: from captured requests, from /api/tags before and after, or from the registry?",
			"Where to: does the name of the model begin with a registry that you know?",
			"How much went out: flow logs of the host at that time.",
		},
		Response: []string{"Block the source and, for pushes, the registry.", "Audit the installed models."},
	}
}
