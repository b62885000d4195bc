package sourcetypes

import (
	"bytes"
	"flag"
	"maps"
	"regexp"
	"slices"
	"testing"

	"ollama-hec/input"
	"ollama-hec/input/lineartest"
)

// shapes are the classes of lines a client, or a model, can put a text into.
var shapes = map[string]string{
	"plain":        "%",
	"indented":     "x: \n %",
	"runner":       "srv  x: request: %",
	"slog":         infoStamp + `msg="x" error="%"`,
	"slog, bare":   infoStamp + `msg=x a=%`,
	"slog, msg":    infoStamp + `msg="%"`,
	"slog, cut":    infoStamp + `msg=x b="%`,
	"slog, key":    infoStamp + `msg=x "%"=1`,
	"debug":        debugStamp + `msg="chat request" images=0 prompt="%"`,
	"trace":        traceStamp + `msg=x %`,
	"http":         infoStamp + `msg="http " status=400 method=GET path=/% query="%"`,
	"logged":       infoStamp + `msg="logged to /tmp/ollama-request-logs-1/%`,
	"access":       `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 10.1.2.3 | GET "/api/tags?token=%"`,
	"access, path": `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 10.1.2.3 | GET "/%"`,
	"access, src":  `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | % | GET "/"`,
	"access, cut":  `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 10.1.2.3 | GET "/x?%`,
	"go log":       `2023/10/06 13:38:58 llama.go:572: %`,
	"JSON":         `{"function":"f","level":"ERR","a":"%","timestamp":1710561010}`,
	"JSON, open":   `{"a":%`,
	"bars":         `VERB [x] y | a="%" timestamp=1727366911`,
	"environment":  infoStamp + `msg="server config" env="map[A_TOKEN:%]"`,
	"crash":        "panic: %\n\ngoroutine 1 [running]:\nmain.main(%)\n\t/x/%.go:1 +0x1\n%",
	"key":          "-----BEGIN PRIVATE KEY-----\n%",
	"recovery":     "\x1b[31m2026/03/01 10:00:02 [Recovery] 2026/03/01 - 10:00:02 panic recovered:\n%",
}

// modes are settings that make other code look at a line.
func modes() map[string]*Options {
	redacted, off, hidden, bare, full := defaults(), defaults(), defaults(), defaults(), defaults()
	off.Prompts, hidden.Prompts, hidden.Redact = Off, Off, Redact{}
	bare.Redact = Redact{}
	full.Prompts = Full
	full.Redact.Patterns = []*regexp.Regexp{regexp.MustCompile(`qqq[0-9]+`)}
	return map[string]*Options{
		"redacted":             redacted,
		"off":                  off,
		"off, REDACT=off":      hidden,
		"redacted, REDACT=off": bare,
		"full, with a pattern": full,
	}
}

func normalizeAll(o *Options, log []byte) {
	n := NewNormalizer(o, 0, input.Carry{}, func(*Event) {})
	var r input.Record
	for line := range bytes.Lines(log) {
		r.Text, r.Next = bytes.TrimSuffix(line, []byte("\n")), r.Next+1
		n.Add(&r)
	}
	n.Flush()
}

// every has TestLinear try each part of a line under every setting; else each is tried
// under one of them, which takes seconds rather than a minute.
var every = flag.Bool("every", false, "TestLinear: every part of a line under every setting")

// TestLinear: whatever a line repeats, in whatever class of line and under whatever
// setting, a line eight times as long takes about eight times as long.
func TestLinear(t *testing.T) {
	all := modes()
	names := slices.Sorted(maps.Keys(all))
	for at, name := range slices.Sorted(maps.Keys(shapes)) {
		next := at
		for part := range lineartest.Parts {
			next++
			for i, mode := range names {
				if !*every && i != next%len(names) {
					continue
				}
				if lineartest.Grows(func(log []byte) { normalizeAll(all[mode], log) }, shapes[name], part) {
					t.Errorf("%s: %s, %q: takes the square of the line", mode, name, part)
				}
			}
		}
	}
}
