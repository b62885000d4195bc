package detections

// The search is given and stays as it is, letter for letter.
func abnormalConnectivity() Detection {
	return Detection{
		Name:    "Ollama Abnormal Network Connectivity",
		ID:      "d9d0a5b1-18ad-419e-90e6-cc93123f778b",
		Version: 1, Date: "2026-11-28", Status: Experimental, Kind: Anomaly,
		Filter: "ollama_abnormal_network_connectivity_filter",
		Search: "`ollama_server` level=WARN (msg=\"*failed*\" OR msg=\"*dial tcp*\" OR msg=\"*lookup*\" OR msg=\"*no such host*\" OR msg=\"*connection*\" OR msg=\"*network*\" OR msg=\"*timeout*\" OR msg=\"*unreachable*\" OR msg=\"*refused*\")\n" +
			"| eval src=coalesce(src, src_ip, \"N/A\")\n" +
			"| stats count as incidents, values(src) as src, values(msg) as warning_messages, latest(_time) as last_incident by host\n" +
			"| eval last_incident=strftime(last_incident, \"%Y-%m-%d %H:%M:%S\")\n" +
			"| eval severity=\"medium\"\n" +
			"| eval attack_type=\"Abnormal Network Connectivity\"\n" +
			"| stats count by last_incident, host, incidents, src, warning_messages, severity, attack_type\n" +
			"| `ollama_abnormal_network_connectivity_filter`",
		Cron:     "0 * * * *",
		Window:   Window{Earliest: "-70m@m", Latest: "-10m@m"},
		Severity: "medium",
		Domain:   "network",
		Risk:     []RiskObject{{"host", "system", 10}},
		Threats:  []ThreatObject{{"src", "ip_address"}},
		Message:  "Abnormal network activity detected on $host$ with $incidents$ incidents from $src$. Investigation needed for network errors: $warning_messages$.",
		Attack:   nonStandardPort,
		Description: "Experimental. Finds warnings of Ollama whose message is about the network: failed calls, names that do not " +
			"resolve, connections refused, reset or timed out. They can be the trace of a blocked command and control " +
			"channel, of a model pulled from a host that should not be reached, or of an exposed instance under attack.",
		Evidence: []Event{serverLine(`time=2026-01-07T09:14:02.120+01:00 level=WARN source=updater.go:88 ` +
			`msg="failed to check for update: Get \"https://ollama.com/api/update\": dial tcp: lookup ollama.com: no such host"`)},
		FalsePositives: networkFalsePositives,
		KnownLimits: []string{
			"It reads the msg of lines of level WARN only. In server.log the network error itself stands in err or error, or " +
				"the line is of level INFO or ERROR, so most network failures of a server are missed. Ollama Network Failure finds them.",
			"It also matches warnings that are not about the network, such as msg=\"failed to commit memory for model\".",
			"One host with several different messages makes one result, and one risk event, for each of them.",
			"Where only searches are installed, without the add-on's extractions, a client can forge level and msg by a path that holds them.",
		},
		Triage: networkTriage,
	}
}

var nonStandardPort = []Technique{{"T1571", "Non-Standard Port", "Command and Control"}}

var networkFalsePositives = []string{
	"legitimate remote access",
	"temporary DNS or network failures",
	"firewall changes",
	"cloud-hosted instances taking valid external requests",
	"maintenance",
}

var networkTriage = []string{
	"Which host did Ollama try to reach: the registry it always uses, or a name or address nobody knows?",
	"Who asked for it: look for POST /api/pull, /api/push or /api/create in ollama:api in the minutes before, and their src.",
	"Is it one host or all of them? All at once points at DNS, a proxy or a firewall rule.",
	"Did it begin with a change: an update of Ollama, a new proxy, OLLAMA_HOST, a new model?",
	"Does the process list or EDR show other connections of the Ollama process at that time?",
}
