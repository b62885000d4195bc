package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/spl"
)

// start is the beginning of the day.
var start = time.Date(2026, 1, 7, 0, 0, 0, 0, time.UTC)

// host is a server of the day.
type host struct {
	name     string
	captured bool // ollama-hec capture runs there
	debug    bool // it logs the length of prompts
	busy     float64
}

var hosts = []host{
	{"gpu-01", true, false, 1.4}, {"gpu-02", true, false, 1}, {"gpu-03", true, false, 0.8},
	{"gpu-04", false, true, 0.6}, {"gpu-05", false, false, 0.5}, {"lab-01", false, false, 0.2},
}

// asked is how often what is asked for, of a hundred requests.
var asked = []struct {
	operation, method, path string
	share                   int
	seconds                 float64 // about
}{
	{"chat", "POST", "/api/chat", 46, 4},
	{"generate", "POST", "/api/generate", 18, 2.5},
	{"embed", "POST", "/api/embed", 14, 0.15},
	{"list", "GET", "/api/tags", 8, 0.0006},
	{"chat", "POST", "/v1/chat/completions", 8, 5},
	{"ps", "GET", "/api/ps", 3, 0.0002},
	{"show", "POST", "/api/show", 3, 0.02},
}

var (
	models = []string{
		"llama3.2:3b", "llama3.2:3b", "llama3.2:3b", "qwen3:8b", "qwen3:8b",
		"gemma3:12b", "gpt-oss:20b", "gpt-oss:120b-cloud",
	}
	agents = []string{"ollama-python/0.6.1", "open-webui/0.6", "langchain-ollama/1.0", "curl/8.5.0", "OpenAI/Python 1.99"}
	faults = []string{
		`time=%s level=WARN source=download.go:294 msg="request failed: Get \"https://registry.ollama.ai/v2/library/qwen3/blobs/sha256:1f\": net/http: TLS handshake timeout"`,
		`time=%s level=INFO source=images.go:730 msg="request failed: Get \"https://registry.ollama.ai/v2/library/llama3.2/manifests/latest\": dial tcp: lookup registry.ollama.ai on 192.0.2.53:53: no such host"`,
		`time=%s level=INFO source=images.go:730 msg="request failed: Get \"https://models.example.net/v2/team/support-bot/manifests/v3\": dial tcp 192.0.2.40:443: connect: connection refused"`,
		`time=%s level=INFO source=images.go:730 msg="request failed: Get \"https://models.example.net/v2/team/support-bot/manifests/v3\": tls: failed to verify certificate: x509: certificate signed by unknown authority"`,
	}
	prompts = []string{
		"Summarize the minutes of Monday's meeting in five points.",
		"Draft a polite reply to [REDACTED:email] about the late delivery.",
		"Why does this query return two rows?", "Translate the release notes into French.",
		"List the risks of moving the archive to another region.",
	}
)

// maker makes the events of the day.
type maker struct {
	*rand.Rand
	rows []spl.Row
}

// day is the events of a made-up day, always the same: log lines as ollama-hec normalizes them,
// and what it captures and says of itself.
func day() []spl.Row {
	m := &maker{Rand: rand.New(rand.NewPCG(11434, 8088))}
	for _, h := range hosts {
		m.server(h)
		m.shipper(h)
	}
	m.scanner()
	slices.SortStableFunc(m.rows, func(a, b spl.Row) int {
		x, _ := strconv.ParseFloat(a.First("_time"), 64)
		y, _ := strconv.ParseFloat(b.First("_time"), 64)
		return int(math.Copysign(1, x-y))
	})
	return m.rows
}

// add adds an event whose text is JSON of keys, or a line.
func (m *maker) add(h, sourcetype string, at time.Time, body any) {
	raw, ok := body.(string)
	if !ok {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // texts and numbers
		}
		raw = string(text)
	}
	m.rows = append(m.rows, detections.Fields(detections.Event{
		Sourcetype: sourcetype, Source: "/var/log/ollama/server.log", Host: h, Index: "ollama",
		Time: fmt.Sprintf("%.3f", float64(at.UnixMilli())/1000), Raw: raw,
	}))
}

// load is how much is asked at an hour, 0.1 to 1.
func load(at time.Time) float64 {
	hour := at.Sub(start).Hours()
	return 0.1 + 0.9*math.Exp(-math.Pow((hour-14)/4.5, 2))
}

// slogTime is how Ollama writes a time.
const slogTime = "2006-01-02T15:04:05.000Z07:00"

// server is what a host logs, and what is captured there.
func (m *maker) server(h host) {
	options := &sourcetypes.Options{Zone: time.UTC, APIEvents: !h.captured, Now: func() time.Time { return start }}
	n := sourcetypes.NewNormalizer(options, 0, input.Carry{}, func(e *sourcetypes.Event) {
		m.add(h.name, e.Sourcetype.String(), time.Unix(0, e.Time.Nanos), string(e.Body))
	})
	line := 0
	say := func(format string, args ...any) {
		line++
		n.Add(&input.Record{Text: fmt.Appendf(nil, format, args...), Next: input.Position(line)})
	}
	for at := start; at.Before(start.Add(24 * time.Hour)); at = at.Add(m.pause(h, at)) {
		r := m.request(h, at)
		if h.debug && r.runs() {
			say(`time=%s level=DEBUG source=server.go:1509 msg="completion request" images=0 prompt=%d format=""`,
				at.Format(slogTime), r.length)
		}
		say("%s", r.line())
		if h.captured {
			m.captured(r)
		}
		if m.IntN(160) == 0 {
			say(faults[(m.IntN(2)+int(h.busy*10))%len(faults)], at.Add(time.Second).Format(slogTime))
		}
	}
	n.Flush()
}

// pause is how long a host is not asked.
func (m *maker) pause(h host, at time.Time) time.Duration {
	return time.Duration((20 + 60*m.Float64()) / (h.busy * load(at)) * float64(time.Second))
}
