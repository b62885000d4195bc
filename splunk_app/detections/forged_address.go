package detections

const forgedName = "Ollama Forged Client Address"

// claimOf names the address that a captured request claims: claim, the one that Ollama logs. That
// is the first of X-Forwarded-For, and what is no address is not believed.
const claimOf = `| eval claim=if(sourcetype="ollama:api", lower(trim(mvindex(split(x_forwarded_for, ","), 0))), null())` + "\n" +
	`| eval claim=replace(claim, "^(?:::|(?:0{1,4}:){5})ffff:(\d+\.\d+\.\d+\.\d+)\z", "\1")` + "\n" +
	`| eval claim=if(match(claim, "^(?:\d+\.\d+\.\d+\.\d+|[0-9a-f]*:[0-9a-f:]*)\z") AND claim!=client, claim, null())` + "\n"

// forgedAddress finds forgery in two ways. A captured request names both addresses. Where only
// connections are captured it takes three things: an access line of an address that never
// connected, within a minute and a half an external connection that sent enough for a request, and
// no request under the address of that connection. A proxy inside would explain the first: then its
// own connections have no request either, and nothing is said.
func forgedAddress() Detection {
	return Detection{
		Name:    forgedName,
		ID:      "82a4a181-b8fe-4680-830e-4a643a0a3e3b",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: TTP,
		Filter: "ollama_forged_client_address_filter",
		Search: "(`ollama_server` \"GIN\") OR `ollama_api` OR `ollama_connection`\n" +
			accessLineFields + sourceOf + ofOllama + countsOf + claimOf +
			"| `ollama_trusted_ranges`\n" +
			`| eval outside=if(isnotnull(trusted_range) OR ` + isInternal + `, "no", "yes")` + "\n" +
			`| eval direct=if(isnotnull(claim) AND (outside="yes" OR (cidrmatch("127.0.0.0/8", claim) OR cidrmatch("::1/128", claim)) AND NOT (cidrmatch("127.0.0.0/8", client) OR cidrmatch("::1/128", client))), claim, null())` + "\n" +
			"| eventstats sum(request) as requests_of, sum(accepted) as connections_of by host, client\n" +
			`| eval line=if(isnull(connections_of) AND (is_line="yes" OR origin="access_log"), _time."|".client, null()), ` +
			`spoke=if(accepted>=0 AND isnull(requests_of) AND bytes_in>=18, outside, null())` + "\n" +
			`| eventstats count(eval(spoke="no")) as proxied by host` + "\n" +
			"| sort 0 host, _time\n" +
			"| streamstats last(line) as line_before by host\n" +
			`| eval indirect=if(spoke="yes" AND proxied=0 AND _time-tonumber(mvindex(split(line_before, "|"), 0))<=90, mvindex(split(line_before, "|"), 1), null())` + "\n" +
			"| where isnotnull(direct) OR isnotnull(indirect)\n" +
			`| eval evidence=if(isnotnull(direct), "X-Forwarded-For of a captured request", "connection whose request is logged under another address"), claimed=coalesce(direct, indirect)` + "\n" +
			"| stats count as times, values(claimed) as claimed, values(evidence) as evidence, values(uri_path) as uri_path, values(http_user_agent) as http_user_agent, " +
			"min(_time) as first_request, max(_time) as last_request by host, client\n" +
			shownTimes +
			`| eval severity="high", attack_type="Forged Client Address"` + "\n" +
			"| rename client as src\n" +
			"| table last_request, first_request, host, src, claimed, times, evidence, uri_path, http_user_agent, severity, attack_type\n" +
			"| `ollama_forged_client_address_filter`",
		Cron: "14,44 * * * *",
		Skew: "5m",
		// A day back, because an address that has been connected for long has not connected lately.
		Window:      Window{Earliest: "-24h@m", Latest: "-10m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "25h",
		Severity:    "high",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 40}, {"src", "system", 60}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "$src$ made requests to Ollama on $host$ that claim to come from $claimed$ ($evidence$).",
		Attack: []Technique{
			{"T1036", "Masquerading", "Defense Evasion"},
			{"T1190", "Exploit Public-Facing Application", "Initial Access"},
		},
		Atlas: []Technique{{"AML.T0040", "AI Model Inference API Access", "AI Model Access"}},
		Description: "Finds clients that hide behind the header X-Forwarded-For. Ollama logs the address in it as the client's, whoever sends it: so an external client can pose as " +
			"127.0.0.1. The peer of the connection cannot be forged. Two cases count: an external peer, which is no proxy of yours, names another address; and anybody who is not on the host " +
			"itself names loopback.",
		Evidence: []Event{capturedRequest(`{"origin":"capture","src":"203.0.113.77","src_scope":"external","http_method":"POST","uri_path":"/api/pull","status":200,"api":"ollama","operation":"pull","src_port":41000,"dest":"192.0.2.10","dest_port":11434,"x_forwarded_for":"127.0.0.1"}`)},
		Needs: []string{
			"Capture requests or connections (CAPTURE); with requests it is certain, with connections alone likely.",
		},
		FalsePositives: []string{
			"a proxy or a balancer with an address outside: name it in TRUSTED_PROXIES of the shipper, or in ollama_trusted_ranges",
			"with connections alone: an external scanner that sends no HTTP, while a client whose connection is older than a day makes requests",
		},
		KnownLimits: []string{
			"An internal client that poses as another internal one cannot be distinguished from a proxy.",
			"An address that is forged in X-Real-IP is only found by its connection.",
			"With connections alone nothing is found where a proxy inside passes requests on, or where several clients took turns within a minute.",
			"With connections alone those of the origin poll do not count: they have no bytes.",
		},
		Triage: []string{
			"Is the peer a proxy of yours? Then trust it, and the address that it names becomes the source.",
			"Which requests were made: chats, or changes to models?",
			"Which address was claimed: loopback or an internal one, to look harmless, or many, to look like many?",
			"What did the peer do under its own address?",
		},
		Response: []string{
			"Block the source.", "Bind Ollama to 127.0.0.1, or put it behind a proxy that sets X-Forwarded-For itself.",
		},
	}
}
