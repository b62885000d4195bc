package detections

func registryRedirect() Detection {
	return Detection{
		Name:    "Ollama Registry Redirect or Realm Mismatch",
		ID:      "30c54519-9e95-4eb9-b1ca-686132afdbc1",
		Version: 1, Date: "2026-11-28", Status: Production, Kind: TTP,
		Filter: "ollama_registry_redirect_or_realm_mismatch_filter",
		Search: "`ollama_server` (redirect OR redirects OR realm)\n" +
			failureText +
			`| where isnotnull(failure) AND NOT match(_raw, "^\s*\[GIN\]")` + "\n" +
			`| rex field=failure "realm host \x5C{0,3}\x22?(?<realm_host>[^\x22\x5C\s]+)\x5C{0,3}\x22? does not match original host \x5C{0,3}\x22?(?<original_host>[^\x22\x5C\s,]+)"` + "\n" +
			`| rex field=failure "(?i)\b(?:get|head|post|put|patch|delete) \x5C{0,3}\x22[a-z]+://(?:[^/@\x22]*@)?(?<redirect_host>\[[^\]]+\]|[^/:?\x22\x5C]+)[^\x22]*\x22: (?<reason>[^\r\n]{0,200}\bredirect[^\r\n]{0,200})"` + "\n" +
			`| eval kind=case(isnotnull(realm_host), "realm mismatch", match(reason, "(?i)block|refus|reject|forbid|denied|disallow|not (?:be )?(?:allowed|followed|permitted)|different host|cross-?host|downgrade|unsafe|private|loopback|link-local"), "blocked redirect")` + "\n" +
			`| where isnotnull(kind)` + "\n" +
			`| eval registry=lower(replace(replace(coalesce(realm_host, redirect_host), "^\[|\](?::\d+)?\z", ""), "^([^:]+):\d+\z", "\1"))` + "\n" +
			"| `ollama_trusted_registries`\n" +
			"| where isnull(trusted_registry)\n" +
			hostKind +
			"| stats count as attempts, values(kind) as kinds, values(registry_kind) as target_kinds, min(registry_rank) as rank, values(original_host) as registries, " +
			"values(failure) as errors, latest(_time) as last_seen by host, registry\n" +
			"| sort 0 rank, host, registry\n" +
			`| eval last_seen=strftime(last_seen, "%Y-%m-%d %H:%M:%S"), severity="high", attack_type="Registry Redirect or Realm Mismatch"` + "\n" +
			"| rename registry as target_host\n" +
			"| table last_seen, host, target_host, target_kinds, kinds, registries, attempts, errors, severity, attack_type\n" +
			"| `ollama_registry_redirect_or_realm_mismatch_filter`",
		Cron:        "23 * * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-70m@m", "-10m@m"},
		Throttle:    []string{"host", "target_host"},
		ThrottleFor: "6h",
		Severity:    "high",
		Domain:      "network",
		Risk:        []RiskObject{{"host", "system", 56}},
		Threats:     []ThreatObject{{"target_host", "domain"}},
		Message:     "A registry tried to send Ollama on $host$ to $target_host$ ($kinds$, $target_kinds$) $attempts$ times.",
		Attack: []Technique{
			{"T1190", "Exploit Public-Facing Application", "Initial Access"},
			{"T1528", "Steal Application Access Token", "Credential Access"},
			{"T1552.005", "Cloud Instance Metadata API", "Credential Access"},
		},
		Atlas: []Technique{{"AML.T0010", "AI Supply Chain Compromise", "Initial Access"}},
		CVEs:  []string{"CVE-2025-51471"},
		References: []string{
			"https://pkg.go.dev/vuln/GO-2025-3824",
			"https://github.com/ollama/ollama/pull/10750",
			"https://github.com/ollama/ollama/pull/18512",
		},
		Description: "Finds pulls and pushes in which the registry answered with a redirect to another host that Ollama blocked, or asked for a token at a realm on another " +
			"host. The second is CVE-2025-51471: a version without the check sends its token there and logs nothing. The first is server-side request forgery: " +
			"anybody who may call /api/pull can make the server fetch from inside the network. Metadata services and private addresses come first.",
		Evidence: []Event{serverLine(`time=2026-03-18T09:08:33.070+08:00 level=WARN source=download.go:260 msg="failed to get direct URL; backing off and retrying" ` +
			`err="realm host \"evil.example\" does not match original host \"registry.example\""`)},
		FalsePositives: []string{
			"a registry that was moved, or whose token service has another name: add the name to ollama_trusted_registries",
			"Hugging Face: a missing or closed repository shows as a mismatch of hf.co and huggingface.co, and its downloads are redirected; both are in the table",
		},
		KnownLimits: []string{
			"Versions that lack a check follow the redirect, or send the token, without logging it: see Ollama Vulnerable Version.",
			"Some of these errors are only told to the client, not logged; with captured requests look at error in ollama:api.",
			"A chain of redirects that never ends (stopped after 10 redirects) is not reported.",
		},
		Triage: []string{
			"Which model was asked for, and by whom: POST /api/pull or /api/push in the minutes before, its src and, with captured requests, its model.",
			"Is the target a metadata service, a private address, or a host that nobody knows?",
			"Did the host reach the target in another way: proxy and DNS logs?",
			"Do other hosts pull from the same registry?",
		},
		Response: []string{
			"Block the registry, and the source that asked for it.",
			"Replace Ollama's key (id_ed25519) if a version without the check was used.",
			"Keep Ollama from reaching the metadata service and internal networks.",
		},
	}
}
