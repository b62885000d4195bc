package sourcetypes

import (
	"os"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
)

// TestResumeCarries: begun again anywhere, the rest of a log gives the events
// it gave at first, or repeats some, with the same times.
func TestResumeCarries(t *testing.T) {
	log, err := os.ReadFile(corpusDir + "/v0.13.5-trace.log")
	if err != nil {
		t.Fatal(err)
	}
	o := defaults()
	o.Zone = nil
	rs := records(log)
	var all []kept
	n := NewNormalizer(o, 0, input.Carry{}, keep(&all))
	for i := range rs {
		n.Add(&rs[i])
		if i%37 != 0 {
			continue
		}
		done := len(all)
		at, carry := n.Resume()
		var rest []kept
		again := NewNormalizer(o, at, carry, keep(&rest))
		for j := range rs {
			if rs[j].Next > at {
				again.Add(&rs[j])
			}
		}
		again.Flush()
		var whole []kept
		once := NewNormalizer(o, 0, input.Carry{}, keep(&whole))
		once.AddAll(rs, nil)
		once.Flush()
		if want := whole[done:]; !slices.Equal(rest, want) {
			t.Fatalf("begun again behind record %d: %d events, want %d", i, len(rest), len(want))
		}
	}
}

// FuzzJoin: whatever the lines, outputs and chunks, what comes out is what
// went in, line by line and in order for each output, and chunks do not matter.
func FuzzJoin(f *testing.F) {
	for _, seed := range []string{
		"a\nb\n\tc\n" + slogLine + "\n\n" + ginLine, panicBlock + "\n" + slogLine, abortBlock + "\n" + cudaBlock,
		"\x1b[31m" + recoveryBlock + "\n\x1b[0m\n" + recoveryBlock, "Couldn't find 'x'. Generating new private key.\nYour new public key is: \n\nssh-ed25519 A",
		"-----BEGIN PRIVATE KEY-----\nabc\n-----END", "..time=2026-11-21T19:15:41.541Z level=INFO msg=x", `{"timestamp":1}` + "\n \n", "\xff\x1b[m\r\n\r",
	} {
		f.Add(seed, uint64(0x9e3779b97f4a7c15), uint64(0))
		f.Add(seed, uint64(1), uint64(0x123456789abcdef))
	}
	f.Fuzz(func(t *testing.T, log string, chunks, outputs uint64) {
		rs := records([]byte(log))
		for i := range rs {
			rs[i].Output = input.Output(outputs >> (uint(i) * 2 % 64) & 3)
		}
		o := defaults()
		o.Redact, o.Prompts, o.APIEvents = Redact{}, Full, false
		var at1, atChunks []kept
		one := NewNormalizer(o, 0, input.Carry{}, keep(&at1))
		for i := range rs {
			one.Add(&rs[i])
		}
		one.Flush()
		many := NewNormalizer(o, 0, input.Carry{}, keep(&atChunks))
		for i := 0; i < len(rs); {
			size := 1 + int(chunks>>(uint(i)%60)&7)
			chunk := rs[i:min(i+size, len(rs))]
			buf := []byte{}
			for j := range chunk { // in a buffer of its own, overwritten afterwards
				buf = append(buf, chunk[j].Text...)
			}
			own, from := slices.Clone(chunk), 0
			for j := range own {
				own[j].Text = buf[from : from+len(own[j].Text)]
				from += len(own[j].Text)
			}
			many.AddAll(own, nil)
			for j := range buf {
				buf[j] = 'X'
			}
			i += len(chunk)
		}
		many.Flush()
		if !slices.Equal(at1, atChunks) {
			t.Fatalf("chunks matter: %q, one by one %q", atChunks, at1)
		}
		if p, _ := many.Resume(); len(rs) > 0 && p != rs[len(rs)-1].Next {
			t.Fatalf("resumes at %d, want the end", p)
		}
		checkLines(t, rs, of(Server, at1))
	})
}

// checkLines reports whether the events hold every line that is not blank, once.
func checkLines(t *testing.T, rs []input.Record, events []string) {
	t.Helper()
	count := map[string]int{}
	var c cleaner
	for _, r := range rs {
		text, _ := c.line(r.Text)
		if strings.Trim(string(text), " \t") != "" {
			count[string(text)]++
		}
	}
	for _, e := range events {
		for line := range strings.SplitSeq(e, "\n") {
			if strings.Trim(line, " \t") != "" {
				count[line]--
			}
		}
	}
	for line, n := range count {
		if n != 0 {
			t.Errorf("line %q: %+d", line, -n)
		}
	}
}
