package detections

// hostKind says of the host in registry what kind of target it is, and ranks it: what should
// never be a registry comes first.
const hostKind = `| eval registry_kind=case(` +
	`registry IN ("169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "192.0.0.192", "metadata.google.internal", "metadata.azure.internal", "metadata", "instance-data"), "metadata service", ` +
	`match(registry, "^(?:0x[0-9a-f]+|\d+|(?:0\d+|0x[0-9a-f]+)(?:\.(?:\d+|0x[0-9a-f]+)){1,3}|\d+(?:\.\d+){1,2})\z"), "disguised address", ` +
	`cidrmatch("127.0.0.0/8", registry) OR cidrmatch("::1/128", registry) OR match(registry, "^(?:localhost|(?:[^.]+\.)+localhost|0\.0\.0\.0|::)\z"), "loopback", ` +
	`cidrmatch("10.0.0.0/8", registry) OR cidrmatch("172.16.0.0/12", registry) OR cidrmatch("192.168.0.0/16", registry) OR cidrmatch("169.254.0.0/16", registry) ` +
	`OR cidrmatch("100.64.0.0/10", registry) OR cidrmatch("fc00::/7", registry) OR cidrmatch("fe80::/10", registry), "private address", ` +
	`match(registry, "^[^.:]+\z|\.(?:internal|local|lan|corp|home|intranet)\z"), "internal name", ` +
	`match(registry, "^[\d.]+\z|:"), "public address", ` +
	`true(), "unknown name")` + "\n" +
	`| eval registry_rank=case(registry_kind IN ("metadata service", "disguised address"), 1, registry_kind IN ("loopback", "private address", "internal name"), 2, registry_kind="public address", 3, true(), 4)` + "\n"

func untrustedRegistry() Detection {
	return Detection{
		Name:    "Ollama Untrusted Registry",
		ID:      "e653535f-e257-4614-97c0-50ee69d80f68",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: Anomaly,
		Filter: "ollama_untrusted_registry_filter",
		Search: "(`ollama_server` v2) OR (`ollama_api` (pull OR push OR create))\n" +
			failureText +
			`| rex field=failure "(?i)\b(?:get|head|post|put|patch|delete) \x5C{0,3}\x22[a-z]+://(?:[^/@\x22]*@)?(?<log_registry>\[[^\]]+\]|[^/:?\x22\x5C]+)(?::\d+)?/v2/(?<log_model>[^\s\x22\x5C]{0,300})"` + "\n" +
			`| rex field=model "^(?:[a-z]+://)?(?:[^/@]*@)?(?<api_registry>\[[^\]/]+\]|[^/:\s]+)(?::\d+)?/[^/\s]+/[^/\s]+"` + "\n" +
			`| eval asked=case(sourcetype="ollama:api" AND match(uri_path, "^/api/(?:pull|push|create)\z"), "yes", sourcetype="ollama:server" AND NOT match(_raw, "^\s*\[GIN\]"), "yes")` + "\n" +
			`| eval registry=lower(replace(if(sourcetype="ollama:api", api_registry, log_registry), "^\[|\]\z", "")), model_asked=coalesce(model, replace(log_model, "/(?:manifests|blobs)/.*\z", ""))` + "\n" +
			`| where isnotnull(registry) AND asked="yes"` + "\n" +
			"| `ollama_trusted_registries`\n" +
			"| where isnull(trusted_registry)\n" +
			hostKind +
			"| stats count as attempts, values(model_asked) as models, values(src) as src, values(registry_kind) as registry_kinds, min(registry_rank) as rank, " +
			"latest(_time) as last_seen by host, registry\n" +
			"| sort 0 rank, host, registry\n" +
			`| eval last_seen=strftime(last_seen, "%Y-%m-%d %H:%M:%S"), severity=if(rank=1, "high", "medium"), attack_type="Untrusted Registry"` + "\n" +
			"| table last_seen, host, registry, registry_kinds, models, attempts, src, severity, attack_type\n" +
			"| `ollama_untrusted_registry_filter`",
		Cron:        "29 * * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "registry"},
		ThrottleFor: "1d",
		Severity:    "medium",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 42}},
		Threats:     []ThreatObject{{"registry", "domain"}},
		Message:     "Ollama on $host$ was sent to the registry $registry$ ($registry_kinds$), which is not on the list, $attempts$ times: $models$.",
		Attack: []Technique{
			{"T1105", "Ingress Tool Transfer", "Command and Control"},
			{"T1552.005", "Cloud Instance Metadata API", "Credential Access"},
		},
		Atlas: []Technique{{"AML.T0010", "AI Supply Chain Compromise", "Initial Access"}},
		References: []string{
			"https://github.com/ollama/ollama/issues/17041",
			"https://www.wiz.io/blog/probllama-ollama-vulnerability-cve-2024-37032",
		},
		Description: "Finds registries that models were pulled from, or pushed to, and that are not on the site's list. The name of a model may begin with any host: " +
			"so anybody who may call /api/pull can make the server send requests to any host. Metadata services, addresses in disguise, loopback and private addresses come first. " +
			"Captured requests show every pull; Ollama's own log names a registry only when it cannot be used.",
		Evidence: []Event{serverLine(`time=2026-01-07T09:14:02.120+01:00 level=INFO source=images.go:730 ` +
			`msg="request failed: Get \"http://169.254.169.254/v2/latest/meta-data/manifests/latest\": dial tcp 169.254.169.254:80: connect: connection refused"`)},
		Needs: []string{"List the registries of your site in ollama_trusted_registries, without a port."},
		FalsePositives: []string{
			"registries and mirrors of your own, and new public ones: list them",
		},
		KnownLimits: []string{
			"Without captured requests a registry that answers is never named.",
			"A name that resolves to a private address is not seen as one.",
		},
		Triage: []string{
			"Who asked for it: src where requests are captured, else POST /api/pull and /api/push in the minutes before.",
			"What is the target: a metadata service, an internal service, or a registry that nobody knows?",
			"Did the server get an answer? Look at proxy, DNS and flow logs.",
			"Is a model of that name installed now?",
		},
		Response: []string{
			"Block the target for the Ollama process, and the source that asked for it.",
			"Replace the cloud credentials of the host if its metadata service was reached.",
			"Remove the models that came from there.",
		},
	}
}
