package detections

func vulnerableVersion() Detection {
	return Detection{
		Name:    "Ollama Vulnerable Version",
		ID:      "6b1b629d-9932-47f0-bd1c-b419db67d25a",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_vulnerable_version_filter",
		Search: "`ollama_server` listening version\n" +
			`| rex "(?:` + slogBegin + `|` + goBegin + `)Listening on \S{1,80} \(version (?<version>[^)\s]{1,40})\)"` + "\n" +
			`| where match(version, "^\d+\.\d+\.\d+") AND NOT match(version, "^0\.0\.0")` + "\n" +
			"| stats latest(version) as version, latest(_time) as last_start by host\n" +
			`| eval product="ollama"` + "\n" +
			"| `ollama_vulnerabilities`\n" +
			number("version", "running") + number("introduced", "from") +
			number("fixed", "before") + number("last_known", "upto") +
			`| eval before=coalesce(before, upto+1)` + "\n" +
			`| where running>=from AND running<before` + "\n" +
			`| eval weight=case(cve_severity="critical", 4, cve_severity="high", 3, cve_severity="medium", 2, true(), 1)` + "\n" +
			"| stats values(cve) as cves, dc(cve) as vulnerabilities, max(weight) as weight, values(cve_source) as sources by host, version, last_start\n" +
			`| eval last_start=strftime(last_start, "%Y-%m-%d %H:%M:%S"), severity=case(weight=4, "critical", weight=3, "high", weight=2, "medium", true(), "low"), attack_type="Vulnerable Version"` + "\n" +
			"| table last_start, host, version, vulnerabilities, cves, sources, severity, attack_type\n" +
			"| `ollama_vulnerable_version_filter`",
		Cron:        "41 * * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "version"},
		ThrottleFor: "7d",
		Severity:    "medium",
		Domain:      "endpoint",
		Risk:        []RiskObject{{"host", "system", 30}},
		Message:     "Ollama on $host$ runs version $version$, which has $vulnerabilities$ known vulnerabilities: $cves$.",
		Attack:      []Technique{{"T1190", "Exploit Public-Facing Application", "Initial Access"}},
		Atlas:       []Technique{{"AML.T0049", "Exploit Public-Facing Application", "Initial Access"}},
		References:  []string{"https://pkg.go.dev/vuln/list", "https://github.com/advisories?query=ollama"},
		Description: "Finds servers that start with a version of Ollama that has a known vulnerability. The table ollama_vulnerabilities has each with its public source and the day " +
			"the source gives; it was last checked on 2026-11-28. Where a source names no version that fixes it, only the versions that it names count.",
		Evidence: []Event{serverLine(`time=2026-01-07T09:14:02.120+01:00 level=INFO source=routes.go:1240 msg="Listening on 127.0.0.1:11434 (version 0.13.5)"`)},
		Needs: []string{
			"It judges the start of a server. When you enable it, run it once over the past, since a server that is not restarted says nothing.",
			"Keep the table ollama_vulnerabilities up to date: it knows what was known on the day above.",
		},
		FalsePositives: []string{
			"packages of a distribution that fix a vulnerability without a new version number",
			"builds of your own",
		},
		KnownLimits: []string{
			"A vulnerability that is not in the table is not found.",
			"Several sources only say that no version fixes it yet: a later version than the table names may be vulnerable, too.",
			"CVE-2025-63389, that the API has no authentication, is by design; keep the port closed whatever the version.",
		},
		Triage: []string{
			"Can the server be reached by anybody who could use the vulnerability: Ollama Listening Beyond Loopback, Ollama API Accessed from External Network?",
			"Has it been used already: look at the other detections on this host.",
		},
		Response: []string{"Update Ollama.", "Until then bind it to 127.0.0.1."},
	}
}

// number makes a number of a version, to compare it: 0.13.5 is 13005; null if it is none.
func number(version, as string) string {
	return `| eval ` + as + `=if(match(` + version + `, "^v?\d+\.\d+\.\d+"), tonumber(replace(` + version + `, "^v?(\d+)\..*\z", "\1"))*1000000` +
		`+tonumber(replace(` + version + `, "^v?\d+\.(\d+)\..*\z", "\1"))*1000+tonumber(replace(` + version + `, "^v?\d+\.\d+\.(\d+).*\z", "\1")), null())` + "\n"
}
