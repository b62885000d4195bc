package detections

func connectionWithoutRequest() Detection {
	return Detection{
		Name:    "Ollama Connection without Request",
		ID:      "cba48124-c42d-46ae-ad3f-606e57388c64",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_connection_without_request_filter",
		Search: "(`ollama_server` \"GIN\") OR `ollama_api` OR `ollama_connection`\n" +
			accessLineFields + sourceOf + ofOllama + onlyExternal + countsOf +
			`| eval closed=if(accepted>=0 AND coalesce(state, "closed")="closed", 1, null())` + "\n" +
			"| stats sum(request) as requests, sum(accepted) as connections, sum(closed) as closed, sum(bytes_in) as bytes_in, values(dest_port) as dest_port, " +
			"min(_time) as first_connection, max(_time) as last_connection by host, client\n" +
			"| where isnull(requests) AND closed>0\n" +
			`| eval sent=case(isnull(bytes_in), "an unknown amount", bytes_in<=connections, "nothing", true(), bytes_in." bytes")` + "\n" +
			`| eval first_connection=strftime(first_connection, "%Y-%m-%d %H:%M:%S"), last_connection=strftime(last_connection, "%Y-%m-%d %H:%M:%S")` + "\n" +
			`| eval severity="low", attack_type="Connection without Request"` + "\n" +
			"| rename client as src\n" +
			"| table last_connection, first_connection, host, src, connections, dest_port, sent, severity, attack_type\n" +
			"| `ollama_connection_without_request_filter`",
		Cron: "12,42 * * * *",
		Skew: "5m",
		// A day back, because a connection may have had its requests long before it ended; the throttle
		// makes one of what the runs of a day see.
		Window:      Window{Earliest: "-24h@m", Latest: "-10m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "25h",
		Severity:    "low",
		Domain:      "network",
		// The access is already scored by Ollama API Accessed from External Network.
		Risk:    []RiskObject{{"host", "system", 10}, {"src", "system", 20}},
		Threats: []ThreatObject{{"src", "ip_address"}},
		Message: "$src$ connected $connections$ times to Ollama on $host$, sent $sent$ and made no request.",
		Attack: []Technique{
			{"T1595.001", "Scanning IP Blocks", "Reconnaissance"},
			{"T1046", "Network Service Discovery", "Discovery"},
		},
		Atlas: []Technique{{"AML.T0006", "Active Scanning", "Reconnaissance"}},
		Description: "Finds external addresses whose connections Ollama accepted and ended, and that made no request in a day: scanners that only look whether the port is open, " +
			"others that speak another protocol, and clients whose requests claim another address. Ollama's log says nothing of the first two.",
		Evidence: []Event{acceptedConnection(`{"origin":"sock_diag","src":"203.0.113.77","src_port":41000,"src_scope":"external","dest":"192.0.2.10","dest_port":11434,"bytes_in":0,"bytes_out":0,"state":"closed","connection_id":"2f01"}`)},
		Needs:    []string{"Capture connections (CAPTURE=connections): without them it finds nothing."},
		FalsePositives: []string{
			"load balancers and monitoring that only try the port, and proxies whose clients' addresses Ollama logs: list them in ollama_trusted_ranges",
			"browsers that open a connection in advance",
		},
		KnownLimits: []string{
			"A connection is judged once it has ended: one that is held open is not.",
			"A scan that never completes a connection (SYN) is seen only by sensors in the network.",
			"A source that also makes requests is not reported, however many connections it leaves empty.",
			"Where the system's table is polled (origin poll), a short connection is seldom seen.",
		},
		Triage: []string{
			"Did it send nothing? Then it looked whether the port is open. Something? TLS, another protocol, malformed HTTP, or requests under another address: see " + forgedName + ".",
			"Is the source a known scanner, a balancer or monitoring of yours?",
			"Did it connect to other hosts or ports at the same time?",
			"Did another address of the same network make requests soon after?",
		},
		Response: []string{
			"Block port 11434 at the firewall for all but the networks that need it.",
			"Bind Ollama to 127.0.0.1, or put it behind a proxy that authenticates.",
		},
	}
}
