//go:build linux

package harness

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// contained is text as Docker logs it: one part for each of parts, which end a
// line where they end in a line feed.
func contained(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "{\"log\":%q,\"stream\":\"stderr\",\"time\":\"2026-11-21T19:15:41.5Z\"}\n", p)
	}
	return b.String()
}

// A line that Docker wrote in parts comes as one, also where rotation came
// between them.
func TestLinesInPartsAcrossRotation(t *testing.T) {
	exactly(t, []story{
		{"while it is followed", func(b *bench) {
			line := b.lines("a", 0, 1)
			b.write("a.log", contained(line, b.lines("a", 1, 1)[:3]))
			b.start()
			b.eventually("the first line", func() bool { return b.ledger.Times(b.name("a", 0)) > 0 })
			b.rename("a.log", "a.log.1")
			b.write("a.log", contained(b.lines("a", 1, 1)[3:], b.lines("a", 2, 1)))
		}},
		{"while down", func(b *bench) {
			b.write("a.log", contained(b.lines("a", 0, 1), b.lines("a", 1, 1)[:3]))
			b.start()
			b.eventually("the first line", func() bool { return b.ledger.Times(b.name("a", 0)) > 0 })
			b.stop()
			b.rename("a.log", "a.log.1")
			b.compress("a.log.1")
			b.write("a.log", contained(b.lines("a", 1, 1)[3:], b.lines("a", 2, 1)))
			b.start()
		}},
	})
}

// A crash between the parts loses none, and splits no line.
func TestCrashAmidLinesInParts(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.write("a.log", contained(b.lines("a", 0, 1)))
	for i := 1; i < 30; i++ {
		line := b.lines("a", i, 1)
		b.append("a.log", contained(line[:len(line)/2]))
		b.start()
		b.eventually("the line before", func() bool { return b.ledger.Times(b.name("a", i-1)) > 0 })
		b.kill()
		b.rename("a.log", fmt.Sprintf("a.log-%08d", 20260000+i))
		b.write("a.log", contained(line[len(line)/2:]))
	}
	b.start()
	b.excused()
}
