package detections

func cloudBaseURL() Detection {
	return Detection{
		Name:    "Ollama Cloud Base URL Changed",
		ID:      "30b6fc05-6520-4795-bccf-b60afb177da9",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: TTP,
		Filter: "ollama_cloud_base_url_changed_filter",
		Search: "`ollama_server` (\"cloud base URL override\" OR OLLAMA_REMOTES OR \"remote model\" OR cloud OR recommendations)\n" +
			`| rex "` + slogBegin + `(?<override>cloud base URL override enabled|ignoring cloud base URL override)\x22(?: env=\S+)?(?: url=\x22?(?<override_url>[^\s\x22]{1,300}))?(?: error=(?<override_error>` + quoted + `|\S+))?"` + "\n" +
			`| rex "\bOLLAMA_REMOTES:\[(?<remotes>[^\]]{0,500})\]"` + "\n" +
			`| eval remotes=` + ofConfig("remotes") + "\n" +
			failureText +
			`| rex field=failure "(?i)\b(?:get|head|post|put|patch|delete) \x5C{0,3}\x22(?<called_url>[a-z]+://[^\x22\x5C\s]{1,300})"` + "\n" +
			`| eval called_host=if(match(message, "(?i)^[^\x22]{0,100}(?:\bcloud\b|model recommendations)") AND NOT match(_raw, "^\s*\[GIN\]"), lower(replace(replace(called_url, "^[a-z]+://(?:[^/@]*@)?", ""), "[/?#].*\z", "")), null())` + "\n" +
			`| eval strange_host=if(match(called_host, "^(?:[^.:/]+\.)*ollama\.com(?::443)?\z"), null(), called_host)` + "\n" +
			`| eval strange_remotes=if(isnull(remotes) OR match(remotes, "^(?:(?:[^.\s,]+\.)*ollama\.com[\s,]*)*\z"), null(), remotes)` + "\n" +
			`| eval finding=case(override="cloud base URL override enabled", "cloud requests go to ".coalesce(override_url, "another address"), ` +
			`isnotnull(override), "refused: ".coalesce(replace(override_error, "^\x22|\x22\z", ""), "an override"), ` +
			`isnotnull(strange_host), "cloud request to ".strange_host, isnotnull(strange_remotes), "remote models may be at ".strange_remotes)` + "\n" +
			"| where isnotnull(finding)\n" +
			"| stats count as incidents, values(finding) as findings, latest(_time) as last_incident by host\n" +
			`| eval findings=mvjoin(findings, ", "), last_incident=strftime(last_incident, "%Y-%m-%d %H:%M:%S"), severity="high", attack_type="Cloud Base URL Changed"` + "\n" +
			"| table last_incident, host, findings, incidents, severity, attack_type\n" +
			"| `ollama_cloud_base_url_changed_filter`",
		Cron:        "43 * * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "findings"},
		ThrottleFor: "1d",
		Severity:    "high",
		Domain:      "endpoint",
		Risk:        []RiskObject{{"host", "system", 50}},
		Message:     "Ollama on $host$ uses another cloud than Ollama's, or was told to: $findings$.",
		Attack: []Technique{
			{"T1557", "Adversary-in-the-Middle", "Credential Access"},
			{"T1567", "Exfiltration Over Web Service", "Exfiltration"},
		},
		Atlas: []Technique{{"AML.T0025", "Exfiltration via Cyber Means", "Exfiltration"}},
		Description: "Finds servers whose requests to Ollama's cloud go elsewhere: OLLAMA_CLOUD_BASE_URL is set (a released build takes only loopback, where a proxy reads all prompts to cloud " +
			"models, and refuses others with a warning), OLLAMA_REMOTES allows other hosts, or a cloud request that failed names another host. Anybody who can set a variable " +
			"of the server can read prompts in this way, without touching its files.",
		Evidence: []Event{serverLine(`time=2026-06-03T10:11:25.130Z level=INFO source=cloud_proxy.go:69 ` +
			`msg="cloud base URL override enabled" env=OLLAMA_CLOUD_BASE_URL url=http://127.0.0.1:8080 mode=release`)},
		FalsePositives: []string{"developers of Ollama, and proxies for cloud models that you run on purpose"},
		KnownLimits: []string{
			"Versions before the cloud proxy (about 0.14) have no such setting.",
			"A host that answers is not named after the start: only the override itself and failures are logged.",
			"An entry in the hosts file or DNS that points ollama.com elsewhere is not seen.",
		},
		Triage: []string{
			"Who set the variable: the unit's environment, the container, the user's profile?",
			"Which process listens at that address, and where does it send what it gets?",
			"Which prompts went to cloud models since then (cloud in ollama:api of captured requests)?",
		},
		Response: []string{
			"Remove the variable and restart the server.", "Stop the process that listens there and keep its files.",
			"Sign the server out of Ollama and in again, for a new key.",
		},
	}
}
