package detections

// contentctl takes a bare term lookup for the command, hence its quotes.
func networkFailure() Detection {
	return Detection{
		Name:    "Ollama Network Failure",
		ID:      "2a4b42f6-74c6-4612-a2a1-6ccc806bcecf",
		Version: 2, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_network_failure_filter",
		Search: "`ollama_server` (refused OR reset OR forcibly OR aborted OR abort OR broken OR unreachable OR route OR down OR timeout " +
			"OR timed OR deadline OR respond OR stalled OR x509 OR tls OR certificate OR \"lookup\" OR resolve OR resolution OR getaddrinfo " +
			"OR misbehaving OR dial OR tcp OR udp OR proxyconnect OR http OR https OR http2 OR stream OR closed OR closing OR EOF OR fetch OR socks OR usable)\n" +
			failureText +
			`| where isnotnull(failure) AND NOT match(_raw, "^\s*\[GIN\]")` + "\n" +
			`| eval kind=case(` +
			`match(failure, "(?i)connection refused|actively refused|econnrefused|err_connection_refused"), "refused", ` +
			`match(failure, "(?i)connection reset|econnreset|err_connection_reset|forcibly closed|connection was aborted|software caused connection abort") OR match(failure, "(?i)broken pipe") AND match(failure, "(?i)tcp|https?:"), "reset", ` +
			`match(failure, "(?i)(?:network|host) is (?:unreachable|down)|unreachable (?:network|host)|no route to host|enetunreach|ehostunreach|err_(?:internet_disconnected|address_unreachable|network_changed)"), "unreachable", ` +
			`match(failure, "(?i)i/o timeout|tls handshake timeout|timeout awaiting response headers|client\.timeout|(?:connection|operation) timed out|did not properly respond after a period|etimedout|err_(?:connection_)?timed_out|part \d+ stalled") OR match(failure, "(?i)deadline exceeded") AND match(failure, "(?i)https?://|\b(?:dial|read|write) (?:tcp|udp)|lookup |request failed|timed out|refresh|hydration|cloud|response|download|upload|update|attempt \d+ failed"), "timeout", ` +
			`match(failure, "(?i)x509: |\btls: |does not look like a tls handshake|http response to https client|err_(?:cert|ssl)_|certificate (?:has expired|is not trusted|signed by unknown)"), "tls", ` +
			`match(failure, "(?i)no such host|server misbehaving|temporary failure in name resolution|name or service not known|no address associated|has no usable address|does not resolve|getaddrinfo|err_name_not_resolved|lookup [^ ]+(?: on [^ ]+)?: try again|lookup [^ ]+(?: on [^ ]+)?: (?:cannot unmarshal|dns|no answer)"), "dns", ` +
			`match(failure, "(?i)context canceled|operation was canceled|request canceled\z|unsupported protocol scheme|stopped after \d+ redirects|no host in request url|does not match original host|\bredirect"), null(), ` +
			`match(failure, "(?i)\b(?:get|head|post|put|patch|delete) \x22[a-z]+://[^\x22]*\x22: |\b(?:dial|read|write|proxyconnect|socks connect) (?:tcp|udp)[46]? ?|\blookup [^ ]+(?: on [^ ]+)?: |use of closed network connection|client connection closed before|http2: |stream error: stream id|transport connection broken|server closed idle connection|: fetch failed|net::err_") OR match(failure, "(?i)\beof\b") AND match(failure, "(?i)attempt \d+ failed|max retries exceeded|read response|response copy failed"), "other")` + "\n" +
			`| where isnotnull(kind)` + "\n" +
			`| rex field=failure "(?i)\b(?:get|head|post|put|patch|delete) \x22[a-z]+://(?:[^/@\x22]*@)?(?<url_host>\[[^\]]+\]|[^/:?\x22]+)"` + "\n" +
			`| rex field=failure "\blookup (?<lookup_host>[^\s:]+)"` + "\n" +
			`| rex field=failure "->(?<peer_host>\[[^\]]+\]|[\d.]+):\d+"` + "\n" +
			`| rex field=failure "\bdial (?:tcp|udp)[46]? (?<dial_host>\[[^\]]+\]|[\w.-]+):\d+"` + "\n" +
			`| eval remote_host=if(match(failure, "proxyconnect"), mvappend(url_host, coalesce(lookup_host, dial_host)), coalesce(url_host, lookup_host, peer_host, dial_host))` + "\n" +
			`| eval remote_host=replace(remote_host, "[\[\]]", ""), error_message=coalesce(cause, replace(message, "^.*?\x22[a-z]+://[^\x22]*\x22: ", ""))` + "\n" +
			`| eval src=coalesce(src, src_ip, "N/A")` + "\n" +
			`| stats count as incidents, values(src) as src, values(message) as warning_messages, values(error_message) as error_messages, values(remote_host) as remote_hosts, values(kind) as kinds, latest(_time) as last_incident by host` + "\n" +
			`| eval last_incident=strftime(last_incident, "%Y-%m-%d %H:%M:%S")` + "\n" +
			`| eval severity="medium", attack_type="Network Failure", count=1` + "\n" +
			`| table last_incident, host, incidents, src, warning_messages, error_messages, remote_hosts, kinds, severity, attack_type, count` + "\n" +
			"| `ollama_network_failure_filter`",
		Cron:     "13 * * * *",
		Skew:     "5m",
		Window:   Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Severity: "medium",
		Domain:   "network",
		Risk:     []RiskObject{{"host", "system", 10}},
		Threats:  []ThreatObject{{"remote_hosts", "domain"}},
		Message:  "Ollama on $host$ failed $incidents$ times to use the network ($kinds$), remote hosts: $remote_hosts$. Errors: $error_messages$.",
		Attack:   nonStandardPort,
		Description: "Finds network failures that Ollama reports at any level, whether they stand in msg, err or error: names that do " +
			"not resolve, connections refused, reset, timed out or unreachable, TLS that fails, and other transport errors. Names the remote " +
			"hosts, since a registry nobody knows shows in Ollama's log only when it cannot be reached. One result a host.",
		Evidence: []Event{serverLine(`time=2026-01-07T09:14:02.120+01:00 level=INFO source=images.go:730 ` +
			`msg="request failed: Get \"https://registry.example.org/v2/a/b/manifests/latest\": dial tcp: lookup registry.example.org: no such host"`)},
		FalsePositives: networkFalsePositives,
		KnownLimits: []string{
			"An answer of the remote server is not a network failure: HTTP 4xx and 5xx are not reported. Neither is what a user cancelled.",
			"Ollama tells the client of some failures without logging them; streaming calls that fail are logged as status 200.",
			"A client that hangs up while its model loads (client connection closed before …) is reported as kind other, and so is a " +
				"local runner that goes away in mid-request. Exclude them in the filter macro where they are frequent.",
			"Lines that are neither slog nor Go's older log, such as a crash, are not judged.",
		},
		Triage: networkTriage,
	}
}
