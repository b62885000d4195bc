package detections

// unclaimed leaves out the addresses that others only claim to have: those that stand in an
// access line, while an external peer is seen to have named them and they are not seen themselves.
const unclaimed = "| eventstats values(claims) as claimed_on_host by host\n" +
	"| where isnotnull(itself) OR isnull(claimed_on_host) OR mvcount(mvdedup(mvappend(claimed_on_host, client)))>mvcount(claimed_on_host)\n"

// The search reads access lines from _raw for the reason given at networkFailure.
func externalAccess() Detection {
	return Detection{
		Name:    "Ollama API Accessed from External Network",
		ID:      "33121cc4-4ce8-458a-bd61-419b85b12d91",
		Version: 3,
		Date:    "2026-11-28",
		Status:  Production,
		Kind:    Anomaly,
		Filter:  "ollama_api_accessed_from_external_network_filter",
		Search: "(`ollama_server` \"GIN\") OR `ollama_api` OR `ollama_connection`\n" +
			accessLineFields + sourceOf + ofOllama + onlyExternal +
			`| eval method=if(is_line="yes", line_method, http_method), path=if(is_line="yes", line_path, uri_path), answer=if(is_line="yes", line_status, status)` + "\n" +
			countsOf + claimOf +
			`| eval forwarded=if(sourcetype="ollama:api", x_forwarded_for, null()), itself=if(accepted>0 OR is_line="no" AND origin IN ("capture", "proxy"), 1, null())` + "\n" +
			"| stats sum(request) as requests, sum(accepted) as connections, values(method) as http_method, values(path) as uri_path, values(answer) as status, " +
			"sum(itself) as itself, values(claim) as claims, values(forwarded) as x_forwarded_for, " +
			"min(_time) as first_request, max(_time) as last_request by host, client, sourcetype\n" +
			"| stats max(requests) as requests, max(connections) as connections, values(http_method) as http_method, values(uri_path) as uri_path, values(status) as status, " +
			"sum(itself) as itself, values(claims) as claims, values(x_forwarded_for) as x_forwarded_for, " +
			"min(first_request) as first_request, max(last_request) as last_request by host, client\n" +
			"| where requests>0 OR connections>0\n" +
			unclaimed +
			seenText + shownTimes +
			`| eval seen=if(isnull(claims), seen, seen.", claiming to be ".mvjoin(claims, " and "))` + "\n" +
			`| eval severity="medium", attack_type="External Access to Ollama"` + "\n" +
			"| rename client as src\n" +
			"| table last_request, first_request, host, src, requests, connections, seen, http_method, uri_path, status, x_forwarded_for, severity, attack_type\n" +
			"| `ollama_api_accessed_from_external_network_filter`",
		Cron:        "*/5 * * * *",
		Skew:        "1m",
		Window:      Window{"-24h@h", "+1h@h", "-9m@m", "-4m@m"},
		Throttle:    []string{"host", "src"},
		ThrottleFor: "1h",
		Severity:    "medium",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 47}, {"src", "system", 47}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "The external address $src$ reached Ollama on $host$ ($seen$). $http_method$ $uri_path$",
		Attack: []Technique{
			{"T1133", "External Remote Services", "Initial Access"},
			{"T1190", "Exploit Public-Facing Application", "Initial Access"},
		},
		Atlas: []Technique{
			{"AML.T0040", "AI Model Inference API Access", "AI Model Access"},
			{"AML.T0044", "Full AI Model Access", "AI Model Access"},
		},
		Description: "Finds sources that reach Ollama's API from an address that is not loopback, private, shared, link-local or multicast, " +
			"nor in the site's own trusted ranges. Ollama has no authentication of its own: everybody who can reach it can take models, put models " +
			"in place, inject prompts and use the hardware. The rule on which this one is based watches connections accepted by the " +
			"Ollama process. So does this one where connections and requests are captured; elsewhere it uses access lines: a client that " +
			"connects and sends no request is not seen, and one that sends a forged X-Forwarded-For is seen under the address it claims. With captured " +
			"requests such a client is one result, under its own address, with the ones it claims.",
		Evidence: []Event{serverLine(
			`[GIN] 2026/01/07 - 09:14:02 | 200 |      94.911µs |    203.0.113.77 | GET      "/api/tags"`,
		)},
		FalsePositives: []string{
			"a reverse proxy or load balancer in front of Ollama that passes on the address of a wanted client",
			"an instance that is public on purpose and protected by other means",
			"offices, VPN gateways and cloud networks with public addresses of their own: list them in ollama_trusted_ranges",
		},
		KnownLimits: []string{
			"Without captured connections the source is what Ollama logs: it believes X-Forwarded-For, so an external client can pose as an internal one, and the other way round.",
			"Without them, connections that send no request, and requests that Ollama does not log (redirects, malformed HTTP), are not seen.",
			"Behind a proxy or a published container port the connection comes from there: what counts then is the address in the access line.",
			"One source is reported once an hour for each host: what it does meanwhile is in ollama:api and ollama:connection.",
			"An event that arrives more than a day after its time is not judged.",
			"An IPv4-mapped address is judged as IPv4 where it is written ::ffff:a.b.c.d; in hexadecimal notation it counts as external.",
		},
		Triage: []string{
			"Was Ollama meant to listen beyond this host? Look for OLLAMA_HOST in the server config line and for \"Listening on\" in ollama:server.",
			"Who is the source: an attacker, a known scanner, an internal network nobody listed, a load balancer, a VPN gateway? Reputation, whois, owner.",
			"Which calls did it make? /api/tags and /api/version look around; /api/generate and /api/chat use the model; /api/pull, /api/create, /api/push and /api/delete change or take it.",
			"Which models are there now that nobody put there? Compare /api/tags with what should be installed.",
			"Did data leave after the connection: /api/push to a strange registry, large responses, other outbound connections of the host?",
			"Did the Ollama process start children other than its own runner, or crash and restart around that time?",
		},
		Response: []string{
			"Bind Ollama to 127.0.0.1, or put it behind a proxy that authenticates.",
			"Block port 11434 at the firewall for all but the networks that need it.",
			"Audit the installed models by digest and remove what is not known.",
			"Isolate the host if anything was changed or run, and keep its logs.",
		},
	}
}
