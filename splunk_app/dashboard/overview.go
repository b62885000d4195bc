package dashboard

import (
	"strings"

	"ollama-hec/splunk_app/detections"
)

// overview returns the panels that the log alone fills.
func overview() []Panel {
	stacked := stacked()
	return []Panel{
		{ID: "requests", Title: "Requests", Kind: single, X: 0, Y: 0, W: 240, H: 140,
			Search: "`ollama_api` | stats count as requests"},
		{ID: "errors", Title: "Errors (status 5xx)", Kind: single, X: 240, Y: 0, W: 240, H: 140,
			Search: "`ollama_api` status>=500 | stats count as errors"},
		{ID: "p95", Title: "Response time, p95", Kind: single, X: 480, Y: 0, W: 240, H: 140,
			Options: map[string]any{"unit": "ms", "numberPrecision": 0},
			Search:  "`ollama_api` | stats p95(response_time_ms) as p95"},
		{ID: "external", Title: "External sources", Kind: single, X: 720, Y: 0, W: 240, H: 140,
			Search: "`ollama_api` src_scope=external | stats dc(src) as sources"},
		{ID: "failures", Title: "Network failures", Kind: single, X: 960, Y: 0, W: 240, H: 140,
			Search: networkFailures() + "\n| stats count as failures"},
		{ID: "by_operation", Title: "Requests by operation", Kind: column, Options: stacked, X: 0, Y: 140, W: 600, H: 280,
			Search: "`ollama_api` | timechart count by operation"},
		{
			ID:      "by_status",
			Title:   "Requests that failed, by status",
			Kind:    column,
			Options: stacked,
			X:       600,
			Y:       140,
			W:       600,
			H:       280,
			Note:    "A streaming call that fails is logged as 200.",
			Search:  "`ollama_api` status>=400 | timechart count by status",
		},
		{
			ID:    "latency",
			Title: "Response time of generate, chat and embed (ms)",
			Kind:  line,
			X:     0,
			Y:     420,
			W:     600,
			H:     280,
			Options: map[string]any{
				"legendDisplay":        "right",
				"nullValueDisplay":     "gaps",
				"yAxisTitleVisibility": "hide",
				"xAxisTitleVisibility": "hide",
			},
			Search: "`ollama_api` operation IN (generate, chat, embed) | timechart median(response_time_ms) as median, p95(response_time_ms) as p95",
		},
		{
			ID:    "sources",
			Title: "External sources",
			Kind:  table,
			X:     600,
			Y:     420,
			W:     600,
			H:     280,
			Note:  "The address is what Ollama logs; X-Forwarded-For can forge it.",
			Search: "`ollama_api` src_scope=external\n| stats count as requests, values(operation) as operations, values(status) as statuses, latest(_time) as last_seen by src, host\n" +
				"| eval last_seen=" + shortTime + "\n| sort - requests\n| table src, host, requests, operations, statuses, last_seen",
		},
		{
			ID:    "models",
			Title: "Models pulled, pushed and changed",
			Kind:  table,
			X:     0,
			Y:     700,
			W:     600,
			H:     280,
			Search: "`ollama_api` operation IN (pull, push, create, copy, delete)\n| stats count as requests, values(status) as statuses, latest(_time) as last_seen by operation, src, host\n" +
				"| eval last_seen=" + shortTime + "\n| sort - requests\n| table operation, src, host, requests, statuses, last_seen",
		},
		{
			ID:    "model_names",
			Title: "Models whose pull failed, by name",
			Kind:  table,
			X:     600,
			Y:     700,
			W:     600,
			H:     280,
			Note:  "Ollama logs the name of a model only when its registry cannot be used.",
			Search: "`ollama_server` manifests\n" + `| rex "\x22(?:https?://)(?<registry>[^/\s\x22]+)/v2/(?<model>[^\s\x22\x5C]+)/manifests/(?<tag>[^\s\x22\x5C]+)"` + "\n| where isnotnull(model)\n" +
				"| stats count as attempts, latest(_time) as last_seen by registry, model, tag, host\n| eval last_seen=" + shortTime + "\n| sort - attempts\n| table registry, model, tag, host, attempts, last_seen",
		},
		{
			ID:    "failure_table",
			Title: "Network failures by host",
			Kind:  table,
			X:     0,
			Y:     980,
			W:     1200,
			H:     280,
			Search: networkFailures() + "\n| stats count as incidents, values(kind) as kinds, values(remote_host) as remote_hosts, values(error_message) as error_messages, latest(_time) as last_seen by host\n" +
				"| eval last_seen=" + shortTime + "\n| table host, incidents, kinds, remote_hosts, error_messages, last_seen",
		},
		{ID: "prompts", Title: "Prompts and their length", Kind: line, X: 0, Y: 1260, W: 600, H: 280,
			Options: map[string]any{"legendDisplay": "right", "yAxisTitleVisibility": "hide", "xAxisTitleVisibility": "hide"},
			Note:    "Ollama logs prompts, or their length, only at DEBUG and TRACE.",
			Search:  "`ollama_prompts` | timechart count as prompts, avg(prompt_length) as average_length"},
		{
			ID:     "latest_prompts",
			Title:  "Latest prompts",
			Kind:   table,
			X:      600,
			Y:      1260,
			W:      600,
			H:      280,
			Note:   "Splunk extracts a prompt up to about 5 KB.",
			Search: "`ollama_prompts`\n| sort 50 - _time\n" + `| eval time=strftime(_time, "%Y-%m-%d %H:%M:%S"), prompt=coalesce(prompt, if(prompt_length>4000, "(too long to show: see the event)", null()))` + "\n| table time, host, origin, prompt_length, prompt",
		},
	}
}

// networkFailures returns the first part of that detection's search, after which each row
// is one failure.
func networkFailures() string {
	for _, d := range detections.All() {
		if before, _, ok := strings.Cut(d.Search, "\n| eval src="); ok && d.Name == "Ollama Network Failure" {
			return before
		}
	}
	panic("no detection of network failures")
}
