package detections

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/splunk_app/simulate/spl"
)

// communityContent are the eight searches for Ollama in Splunk's Security Content
// (splunk/security_content, Apache-2.0, of October 2025): the fields and terms that each
// looks at, its thresholds and the columns without which it has no result, in our own words.
// attack are lines that each reports, and benign ones that it does not.
var communityContent = []struct {
	name, search   string
	attack, benign []string
}{
	{
		name:   "Ollama Abnormal Network Connectivity",
		search: "`ollama_server` level=WARN | stats count as n, values(msg) as messages by host | where isnotnull(messages)",
		attack: []string{slogLine("WARN", `msg="failed to refresh" err="dial tcp: lookup ollama.com: no such host"`)},
		benign: []string{slogLine("INFO", `msg="WARN refused"`), ginLine("1ms", "127.0.0.1", "/level=WARN")},
	},
	{
		name: "Ollama Abnormal Service Crash Availability Attack",
		search: "`ollama_server` level=WARN (msg=\"*driver*\" OR msg=\"*truncat*\") | where match(msg, \"truncat\")" +
			" | bin _time span=5m | stats count as n, values(msg) as messages by host | where isnotnull(messages)",
		attack: times(4, slogLine("WARN", `msg="truncating input prompt" limit=4096 prompt=9000 keep=4 new=4096`)),
		benign: []string{slogLine("WARN", `msg="unable to locate gpu driver"`), slogLine("DEBUG", `msg="truncated"`)},
	},
	{
		name: "Ollama Excessive API Requests",
		search: "`ollama_server` \"GIN\"" + ` | rex "\|\s+(?<client>\d+\.\d+\.\d+\.\d+)\s+\|"` +
			" | bin _time span=5m | stats count as n by _time, client, host | where n>1",
		attack: times(2, ginLine("1.5ms", "203.0.113.9", "/api/tags")),
		benign: []string{ginLine("1.5ms", "203.0.113.9", "/api/tags")},
	},
	{
		name: "Ollama Possible API Endpoint Scan Reconnaissance",
		search: "`ollama_server` \"GIN\" | bin _time span=5m | stats count as n, values(dest) as targets," +
			" values(http_method) as methods, values(status) as answers by _time, src, host" +
			" | where n>120 AND isnotnull(targets) AND isnotnull(methods) AND isnotnull(answers)",
		attack: times(121, ginLine("1.5ms", "203.0.113.9", "/api/tags")),
		benign: times(120, ginLine("1.5ms", "203.0.113.9", "/api/tags")),
	},
	{
		name: "Ollama Possible Memory Exhaustion Resource Abuse",
		search: "`ollama_server`" +
			` ("llama_kv_cache" OR "compute buffer" OR "llama runner started" OR "loaded runners")` +
			` | rex "count=(?<runners>\d+)" | rex "size\s*=\s*(?<mib>[\d\.]+)\s+MiB" | bin _time span=5m` +
			" | stats count as n, sum(runners) as runners, max(mib) as most, sum(mib) as all by _time, host" +
			" | where n>5 OR runners>0 OR most>400 OR all>500",
		attack: append(times(2, "llama_kv_cache: size =  448.00 MiB ( 4096 cells,  28 layers,  1/1 seqs), K (f16)"),
			"llama_context:        CPU compute buffer size =   300.75 MiB",
			slogLine("INFO", `msg="loaded runners" count=3`)),
		benign: []string{"llama_context:        CPU compute buffer size =     3.75 MiB"},
	},
	{
		name: "Ollama Possible Model Exfiltration Data Leakage",
		search: "`ollama_server`" +
			` | rex "\|\s+\d+\s+\|\s+(?<seconds>[\d\.]+)s\s+\|\s+(?<client>[\:\da-f\.]+)\s+\|\s+\w+\s+\"(?<path>[^\"]+)\""` +
			" | where seconds>55 | bin _time span=15m | stats count as n by _time, client, path",
		attack: []string{ginLine("56.25s", "2001:db8::9", "/api/show")},
		benign: []string{ginLine("54.25s", "2001:db8::9", "/api/show")},
	},
	{
		name: "Ollama Possible RCE via Model Loading",
		search: "`ollama_server` level=ERROR (\"llama runner\" OR \"model\" OR \"server.go\" OR \"exited\")" +
			` | rex "source=(?<code>\S+)" | rex "msg=\"(?<msg>[^\"]+)\"" | rex "err=\"(?<err>[^\"]+)\""` +
			" | stats count as n, values(code) as code, values(msg) as messages, values(err) as details by host" +
			" | where isnotnull(code) AND isnotnull(messages) AND isnotnull(details)",
		attack: []string{
			slogLine("ERROR", `msg="llama runner terminated" error="exit status 2"`),
			slogLine("ERROR", `msg="do load request" error="Post \"http://127.0.0.1:1/load\": EOF" model=x`),
		},
		benign: []string{slogLine("WARN", `msg="llama runner terminated" error="exit status 2"`)},
	},
	{
		name: "Ollama Suspicious Prompt Injection Jailbreak",
		search: "`ollama_server` \"GIN\" (\"/api/generate\" OR \"/v1/chat/completions\") | rex \"" + communityAccess + "\"" +
			` | rex field=response_time "^(?:(?<minutes>\d+)m)?(?<seconds>[\d\.]+)s$"` +
			" | eval took=coalesce(tonumber(minutes), 0)*60+tonumber(seconds) | where took>30 | bin _time span=10m" +
			" | stats count as n, values(status_code) as answers by _time, src, host | where n>50 AND isnotnull(answers)",
		attack: times(51, ginLine("31.5s", "203.0.113.9", "/api/generate")),
		benign: times(50, ginLine("31.5s", "203.0.113.9", "/api/generate")),
	},
}

func slogLine(level, rest string) string {
	return "time=2026-11-21T19:15:41.541Z level=" + level + " source=server.go:310 " + rest
}

func ginLine(took, src, path string) string {
	return fmt.Sprintf("[GIN] 2026/11/21 - 19:15:41 | 200 | %13s | %15s | POST     %q", took, src, path)
}

func times(n int, line string) []string { return strings.Split(strings.Repeat(line+"\n", n), "\n")[:n] }

// deliver is what lines are delivered as, with settings as they are without any.
func deliver(lines []string) (events []Event) {
	n := sourcetypes.NewNormalizer(
		&sourcetypes.Options{APIEvents: true, Redact: sourcetypes.DefaultRedact(), Zone: time.UTC},
		0, input.Carry{},
		func(e *sourcetypes.Event) {
			events = append(events, Event{
				Sourcetype: e.Sourcetype.String(), Host: "ollama-01", Time: "1795288541", Raw: string(e.Body),
			})
		},
	)
	for i, l := range lines {
		n.Add(&input.Record{Text: []byte(l), Next: input.Position(i + 1)})
	}
	n.Flush()
	return events
}

// monitored is what lines are to a Splunk that monitors the file itself.
func monitored(lines []string) (events []Event) {
	for _, raw := range shipped().Break("ollama:server", strings.Join(lines, "\n")+"\n") {
		events = append(events, Event{Sourcetype: "ollama:server", Host: "ollama-01", Time: "1795288541", Raw: raw})
	}
	return events
}

// Each of them reports its attack in what we deliver, nothing of what is benign, and on every
// log of real servers the same as on the file itself.
func TestCommunityContent(t *testing.T) {
	logs := make(map[string][]string)
	paths, err := filepath.Glob("../../testdata/corpus/*.log")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		logs[path] = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	for _, c := range communityContent {
		search, err := spl.Compile(c.search, environment())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		found := func(events []Event) []spl.Row {
			var rows []spl.Row
			for _, e := range events {
				rows = append(rows, withAddOn.fields(e))
			}
			return search.Run(rows).Rows
		}
		if len(found(deliver(c.attack))) == 0 {
			t.Errorf("%s misses %q", c.name, c.attack[0])
		}
		if got := found(deliver(c.benign)); len(got) > 0 {
			t.Errorf("%s reports %v", c.name, got)
		}
		logs[c.name] = c.attack
		for log, lines := range logs {
			if got, want := found(deliver(lines)), found(monitored(lines)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s on %s: %v as it is delivered, %v as it is monitored", c.name, log, got, want)
			}
		}
	}
}
