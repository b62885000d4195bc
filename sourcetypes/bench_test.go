package sourcetypes

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"ollama-hec/input"
)

// benchLog is the mix that speed is measured with: 60% access lines, 30% slog
// lines, 10% runner lines, the latter two as a real server wrote them.
func benchLog(t testing.TB) []byte {
	t.Helper()
	real, err := os.ReadFile(corpusDir + "/v0.13.5-info.log")
	if err != nil {
		t.Fatal(err)
	}
	var slogs, runners [][]byte
	for line := range bytes.Lines(real) {
		switch {
		case bytes.HasPrefix(line, []byte("time=")) && len(line) < 400:
			slogs = append(slogs, line)
		case bytes.Contains(line, []byte(": ")) && line[0] != '[' && line[0] != 't':
			runners = append(runners, line)
		}
	}
	paths := []string{"/api/generate", "/api/chat", "/v1/chat/completions", "/api/tags", "/api/embed", "/api/show"}
	clients := []string{"127.0.0.1", "192.168.1.40", "10.1.2.3", "203.0.113.77"}
	var log []byte
	for i := range 4000 {
		switch i % 10 {
		case 0, 2, 4, 6, 8, 9:
			latency := [...]string{"94.911µs", "1.555917ms", "6.0018187s"}[i%3]
			log = fmt.Appendf(log, "[GIN] 2026/11/21 - 19:%02d:%02d | 200 | %13v | %15s | POST     %q\n",
				i/60%60, i%60, latency, clients[i/10%4], paths[i/7%6])
		case 1, 5, 7:
			log = append(log, slogs[i%len(slogs)]...)
		case 3:
			log = append(log, runners[i%len(runners)]...)
		}
	}
	return log
}

func BenchmarkNormalize(b *testing.B) {
	rs := records(benchLog(b))
	options := func(change func(*Options)) *Options {
		o := defaults()
		o.Zone = nil
		change(o)
		return o
	}
	for _, bench := range []struct {
		name string
		o    *Options
	}{
		{"api", options(func(o *Options) {})},
		{"no-api", options(func(o *Options) { o.APIEvents = false })},
		{"no-api,no-prompts", options(func(o *Options) { o.APIEvents, o.Prompts = false, Off })},
		{"api,no-prompts", options(func(o *Options) { o.Prompts = Off })},
		{"no-api,no-redact", options(func(o *Options) { o.APIEvents, o.Redact, o.Prompts = false, Redact{}, Full })},
	} {
		b.Run(bench.name, func(b *testing.B) { benchNormalize(b, bench.o, rs) })
	}
	b.Run("no-api,no-prompts,judged-anew", func(b *testing.B) {
		o := options(func(o *Options) { o.APIEvents, o.Prompts = false, Off })
		n := NewNormalizer(o, 0, input.Carry{}, func(*Event) {})
		n.verdicts = nil // as for a log that never says the same twice
		benchRecords(b, n, rs)
	})
	for class, prefix := range map[string]string{"access": "[GIN]", "slog": "time=", "runner": ""} {
		var some []input.Record
		for _, r := range rs {
			isRunner := !bytes.HasPrefix(r.Text, []byte("[GIN]")) && !bytes.HasPrefix(r.Text, []byte("time="))
			if prefix == "" && isRunner || prefix != "" && bytes.HasPrefix(r.Text, []byte(prefix)) {
				some = append(some, r)
			}
		}
		b.Run("only-"+class, func(b *testing.B) {
			benchNormalize(b, options(func(o *Options) { o.APIEvents, o.Prompts = false, Off }), some)
		})
	}
}

func benchNormalize(b *testing.B, o *Options, rs []input.Record) {
	total := 0
	benchRecords(b, NewNormalizer(o, 0, input.Carry{}, func(e *Event) { total += len(e.Body) }), rs)
}

func benchRecords(b *testing.B, n *Normalizer, rs []input.Record) {
	size := 0
	for _, r := range rs {
		size += len(r.Text) + 1
	}
	b.ReportAllocs()
	b.SetBytes(int64(size))
	const chunk = 600 // about 64 KiB
	for b.Loop() {
		for from := 0; from < len(rs); from += chunk {
			n.AddAll(rs[from:min(from+chunk, len(rs))], nil)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(rs)), "ns/line")
}
