package detections

func abnormalPromptLength() Detection {
	const filter = "ollama_abnormal_prompt_length_filter"
	return Detection{
		Name:    "Ollama Abnormal Prompt Length",
		ID:      "e6fb89e2-d87a-4755-b05d-9f6261919f23",
		Version: 1,
		Date:    "2026-11-28",
		Status:  Experimental,
		Kind:    Anomaly,
		Filter:  filter,
		Search: "(`ollama_server` \"truncating input prompt\") OR (`ollama_prompts` prompt_length)" + alsoRequests + "\n" +
			`| rex "` + slogBegin + `truncating input prompt\x22 limit=(?<context>\d{1,9}) prompt=(?<tokens>\d{1,9})(?:\s|\z)"` + "\n" +
			`| eval length=if(sourcetype="ollama:prompts", tonumber(prompt_length), null()), prompt_length=length` + "\n" +
			`| eval context=if(sourcetype="ollama:server", tonumber(context), null()), tokens=if(sourcetype="ollama:server", tonumber(tokens), null())` + "\n" +
			"| eventstats median(length) as usual, count(length) as measured by host\n" +
			`| eval reason=case(length>=400000, "very long", length>=16000 AND measured>=20 AND length>=20*usual, "far longer than the others of the host", ` +
			`tokens>=131072, "very long", tokens>=10*context, "far longer than the model's context")` + "\n" +
			whoSent +
			"| where isnotnull(reason)\n" +
			"| eval model=if(sourcetype=\"ollama:prompts\", model, null()), endpoint=if(sourcetype=\"ollama:prompts\", endpoint, null())\n" +
			promptColumns(filter, "Abnormal Prompt Length", "low"),
		Cron:        "33 */4 * * *",
		Skew:        "5m",
		Window:      Window{"-24h@h", "+1h@h", "-250m@m", "-10m@m"},
		Throttle:    []string{"host", "client"},
		ThrottleFor: "1d",
		Severity:    "low",
		Domain:      "threat",
		Risk:        []RiskObject{{"host", "system", 10}},
		Threats:     []ThreatObject{{"src", "ip_address"}},
		Message:     "$prompts$ prompts to Ollama on $host$ have an abnormal length ($reasons$). Source: $client$.",
		Attack:      []Technique{{"T1499.003", "Application Exhaustion Flood", "Impact"}},
		Atlas: []Technique{
			{"AML.T0029", "Denial of AI Service", "Impact"},
			{"AML.T0034", "Cost Harvesting", "Impact"},
		},
		References: []string{"https://genai.owasp.org/llmrisk/llm102025-unbounded-consumption/"},
		Description: "Experimental. Finds prompts of a length that is abnormal: 400,000 bytes or 131,072 tokens, twenty times the median of the host's prompts of four hours, or ten times " +
			"the model's context. They keep a machine busy, push a system prompt out of the context, and hide instructions. Ollama says at every log level when it cuts a prompt to the context.",
		Evidence: []Event{
			serverLine(
				`time=2026-01-07T09:14:02.120+01:00 level=WARN source=runner.go:153 msg="truncating input prompt" limit=4096 prompt=90210 keep=5 new=4096`,
			),
		},
		Needs: []string{
			"Lengths of other prompts: captured requests, or Ollama's own log at DEBUG.",
			"The source is named only where requests are captured.",
		},
		FalsePositives: []string{
			"people who give a model whole books, logs or repositories",
			"a server whose context is small beside its documents: raise OLLAMA_CONTEXT_LENGTH, or exclude it in the filter macro",
		},
		KnownLimits: []string{
			"With its newer engine and for some models Ollama refuses or shifts a long prompt without such a line.",
			"A host is compared with itself only where it had twenty prompts in four hours.",
			"Bytes say little of tokens: other scripts than Latin take several bytes a character.",
		},
		Triage: []string{
			"Who sent it, and how many: one long document or a flood?",
			"Did response times, queues or memory suffer: HTTP 503, server busy, crashes?",
			"What is at its end: instructions that are to outlive the cut?",
		},
		Response: []string{"Limit body size and rate in a proxy in front of Ollama, or block the source."},
	}
}
