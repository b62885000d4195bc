package detections

func listeningBeyondLoopback() Detection {
	return Detection{
		Name:    "Ollama Listening Beyond Loopback",
		ID:      "39b4c8bf-7457-4811-9bc2-c6b86a4129b9",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_listening_beyond_loopback_filter",
		Search: "`ollama_server` (listening OR OLLAMA_ORIGINS)\n" +
			lineOf +
			`| rex field=line "(?:` + slogBegin + `|` + goBegin + `)Listening on (?<address>\[[^\]\s]{1,60}\]|[^\s:\x22]{1,60}):(?<port>\d{1,5})(?: \(version (?<version>[^)\s]{1,40})\))?"` + "\n" +
			`| rex field=line "\bOLLAMA_ORIGINS:\[(?<origins>[^\[\]]*+(?:\[[^\[\]]*+\][^\[\]]*+)*+)\]"` + "\n" +
			`| eval address=replace(lower(replace(replace(address, "[\[\]]", ""), "%.*\z", "")), "^(?:::|(?:0{1,4}:){5})ffff:(\d+\.\d+\.\d+\.\d+)\z", "\1")` + "\n" +
			`| eval origins=` + ofConfig("origins") + "\n" +
			`| eval beyond=if(isnull(address) OR cidrmatch("127.0.0.0/8", address) OR address IN ("::1", "localhost"), null(), "listens on ".address." port ".port)` + "\n" +
			`| eval anywhere=if(match(origins, "(?:^|[ ,])(?:\*|(?:https?|\*)://\*(?::\*)?)(?:[ ,]|\z)"), "answers every web origin", null())` + "\n" +
			"| eval exposure=mvappend(beyond, anywhere)\n" +
			"| where isnotnull(exposure)\n" +
			"| stats count as starts, values(exposure) as exposures, values(version) as versions, latest(_time) as last_start by host\n" +
			`| eval exposures=mvjoin(exposures, ", "), last_start=strftime(last_start, "%Y-%m-%d %H:%M:%S"), severity="medium", attack_type="Exposed Configuration"` + "\n" +
			"| table last_start, host, exposures, versions, starts, severity, attack_type\n" +
			"| `ollama_listening_beyond_loopback_filter`",
		Cron:        "19 * * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "exposures"},
		ThrottleFor: "7d",
		Severity:    "medium",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 25}},
		Message:     "Ollama on $host$ is exposed: $exposures$.",
		Attack:      []Technique{{"T1133", "External Remote Services", "Initial Access"}},
		Atlas:       []Technique{{"AML.T0040", "AI Model Inference API Access", "AI Model Access"}},
		References:  []string{"https://github.com/ollama/ollama/blob/main/docs/faq.mdx"},
		Description: "Finds servers that say at their start that they listen on more than loopback, or that OLLAMA_ORIGINS lets the scripts of every web page " +
			"call them. Ollama has no authentication: the first opens it to a network, the second to every web page that a user of the host visits.",
		Evidence: []Event{serverLine(`time=2026-01-07T09:14:02.120+01:00 level=INFO source=routes.go:1240 msg="Listening on [::]:11434 (version 0.13.5)"`)},
		Needs:    []string{"It judges the start of a server. When you enable it, run it once over the past, since a server that is not restarted says nothing."},
		FalsePositives: []string{
			"containers: Ollama's image listens on all addresses, and what counts is which port is published",
			"servers that are meant to serve a network, behind a firewall or a proxy that authenticates",
			"desktop apps and browser extensions that need other origins: name them in OLLAMA_ORIGINS instead of *",
		},
		KnownLimits: []string{
			"What a firewall, a container or a proxy does with the port is not in Ollama's log.",
			"Origins of one host with any port, such as http://localhost:*, are not reported.",
		},
		Triage: []string{
			"Is the host meant to serve others? Who set OLLAMA_HOST or OLLAMA_ORIGINS, and where: the unit, the container, the user's environment?",
			"Is the port reachable from outside: firewall, cloud security group, published port?",
			"Has anybody used it from outside: Ollama API Accessed from External Network?",
		},
		Response: []string{
			"Set OLLAMA_HOST=127.0.0.1, or put a proxy that authenticates in front.",
			"Name the origins that are needed instead of *.",
		},
	}
}
