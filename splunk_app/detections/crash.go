package detections

// crashTerms are words of the lines that crashOf knows.
const crashTerms = "SIGSEGV OR SIGABRT OR SIGBUS OR SIGFPE OR SIGILL OR SIGTRAP OR panic OR fatal OR fault OR terminated OR runner OR CUDA"

// crashOf names what crashed: crash, null where nothing did.
const crashOf = `| eval crash=case(sourcetype!="ollama:server", null(), ` +
	`match(_raw, "^(?:SIG(?:SEGV|ABRT|BUS|FPE|ILL|TRAP)\b|\[signal SIG|unexpected fault address|fatal error: |panic: |Exception 0x)"), "crash of the process", ` +
	`match(_raw, "^\s*(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d )?\[Recovery\] [^\r\n]{0,80}panic recovered"), "panic in a request", ` +
	`match(_raw, "^CUDA error"), "crash of the GPU code", ` +
	`match(_raw, "^time=\S+ level=(?:ERROR|WARN|INFO) (?:source=\S+ )?msg=[^\r\n]{0,400}runner (?:process )?(?:has |is )?(?:terminated|no longer running)[^\r\n]{0,400}(?:signal: (?:segmentation|aborted|bus error|illegal|floating|trace)|core dumped|0x[cC]0000[0-9a-fA-F]{3}|exit status (?:2|13[4-9])\b|CUDA error|assert|GGML_ASSERT|SIG[A-Z]{2,4}\b|panic)"), "crash of the runner")` + "\n"

// Crashes returns a search that leaves a row for each line in which something crashed.
func Crashes() string {
	return "`ollama_server` (" + crashTerms + ")\n" + crashOf + "| where isnotnull(crash)"
}

func crashAfterRequest() Detection {
	return Detection{
		Name:    "Ollama Crash after Upload, Create or Chat",
		ID:      "f407090d-04c8-4102-aca6-5ce17c7d7e3f",
		Version: 1,
		Date:    "2026-11-28",
		Status:  Production,
		Kind:    Anomaly,
		Filter:  "ollama_crash_after_upload_create_or_chat_filter",
		Search: "(`ollama_server` (\"GIN\" OR " + crashTerms + ")) OR `ollama_api`\n" +
			accessLineFields + clientOf + requestOf +
			crashOf +
			`| where isnotnull(crash) OR ` + isAddress + "\n" +
			`| eval crash_at=if(isnotnull(crash), _time, null()), brought_at=if(isnull(crash) AND call IN ("upload", "create"), _time, null()), ` +
			`asked_at=if(isnull(crash) AND call="inference", _time, null()), failed_at=if(isnull(crash) AND isnotnull(call) AND (answer>=500 OR cut="server"), _time, null())` + "\n" +
			`| eval brought=if(isnotnull(brought_at), brought_at."|".client."|".method." ".path, null()), asked=if(isnotnull(asked_at), asked_at."|".client."|".method." ".path, null()), ` +
			`failed=if(isnotnull(failed_at), failed_at."|".client."|".method." ".path, null())` + "\n" +
			"| where isnotnull(crash) OR isnotnull(brought) OR isnotnull(asked) OR isnotnull(failed)\n" +
			// At the same time a request goes first, in both directions: access lines have whole seconds.
			"| eval order=if(isnotnull(crash), 1, 0)\n" +
			"| sort 0 host, - _time, order\n" +
			"| streamstats last(failed) as failed_after by host\n" +
			"| sort 0 host, _time, order\n" +
			"| streamstats last(brought) as brought_before, last(asked) as asked_before by host\n" +
			"| where isnotnull(crash)\n" +
			`| eval cause=case(crash_at-tonumber(mvindex(split(brought_before, "|"), 0))<=300, brought_before, ` +
			`tonumber(mvindex(split(failed_after, "|"), 0))-crash_at<=30, failed_after, crash_at-tonumber(mvindex(split(asked_before, "|"), 0))<=5, asked_before)` + "\n" +
			"| where isnotnull(cause)\n" +
			`| eval src=mvindex(split(cause, "|"), 1), request=mvindex(split(cause, "|"), 2), crash_minute=strftime(crash_at, "%Y-%m-%d %H:%M")` + "\n" +
			"| stats count as lines, min(crash_at) as first_crash, values(crash) as crashes, values(request) as requests by host, src, crash_minute\n" +
			`| eval crash_time=strftime(first_crash, "%Y-%m-%d %H:%M:%S"), severity="high", attack_type="Crash after a Request"` + "\n" +
			"| table crash_time, crash_minute, host, src, requests, crashes, lines, severity, attack_type\n" +
			"| `ollama_crash_after_upload_create_or_chat_filter`",
		Cron: "9-54/15 * * * *",
		Skew: "2m",
		// The windows overlap, so that no crash is cut from its request; the throttle makes one of what two runs see.
		Window:      Window{"-24h@h", "+1h@h", "-40m@m", "-10m@m"},
		Throttle:    []string{"host", "src", "crash_minute"},
		ThrottleFor: "2h",
		Severity:    "high",
		Domain:      "endpoint",
		Risk:        []RiskObject{{"host", "system", 50}, {"src", "system", 50}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "Ollama on $host$ crashed ($crashes$) at $crash_time$ after $requests$ from $src$.",
		Attack: []Technique{
			{"T1499.004", "Application or System Exploitation", "Impact"},
			{"T1190", "Exploit Public-Facing Application", "Initial Access"},
		},
		Atlas: []Technique{{"AML.T0029", "Denial of AI Service", "Impact"}},
		CVEs: []string{
			"CVE-2024-39720",
			"CVE-2024-12055",
			"CVE-2025-0312",
			"CVE-2025-0317",
			"CVE-2025-1975",
			"CVE-2025-15514",
			"CVE-2025-66960",
		},
		References: []string{
			"https://pkg.go.dev/vuln/GO-2024-3245",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-15514",
			"https://nvd.nist.gov/vuln/detail/CVE-2025-66960",
		},
		Description: "Finds crashes of Ollama, of its runner or in one of its requests within five minutes of an upload or create, while a request failed, or within five seconds of a chat, " +
			"and names who sent it. Crafted model files and images that crash the server are known in many versions; a crash can also be an attempt to run code.",
		Evidence: []Event{
			{
				Sourcetype: "ollama:server",
				Time:       "1800000000",
				Raw:        `[GIN] 2026/01/07 - 09:14:02 | 201 |   12.331ms |    203.0.113.77 | POST     "/api/blobs/sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`,
			},
			{
				Sourcetype: "ollama:server",
				Time:       "1800000004",
				Raw:        "SIGSEGV: segmentation violation\nPC=0x13daa0a m=0 sigcode=1 addr=0x0\n\ngoroutine 24 [running]:",
			},
		},
		FalsePositives: []string{
			"models that are too large for the machine, and faults of drivers: the same model crashes for everybody",
			"people who import models of their own that do not work",
		},
		KnownLimits: []string{
			"On a busy server a crash is often close to somebody's chat: the source may have nothing to do with it. Uploads and creates are rarer.",
			"When the server dies the request that killed it leaves no access line; captured requests have it, cut by the server.",
			"A process that is killed from outside (out of memory, SIGKILL) is not a crash.",
		},
		Triage: []string{
			"Did the crash come back whenever the request did? Then it is the request.",
			"What was uploaded or asked: the blob by its digest, the image, the model's name with captured requests?",
			"Which version runs, and does the table ollama_vulnerabilities know it?",
			"Did the host start programs that are not Ollama's after the crash?",
		},
		Response: []string{"Block the source.", "Keep the blob, then remove it and the model.", "Update Ollama."},
	}
}
