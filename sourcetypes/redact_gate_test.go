package sourcetypes

import (
	"bytes"
	"testing"
)

// find does, with the gates, what it would do without.
func FuzzFind(f *testing.F) {
	for _, s := range []string{
		"", "=", ":", "-", "--", "a@b.co", "=x", "token=abcdefgh", "xtoken: abcdefgh", `{"password":"x1"}`, "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
		"sk-abcdefghijklmnopqrstuvwx", "-----BEGIN PRIVATE KEY-----\nMII=\n-----END PRIVATE KEY-----", "--api-key abc", "AKIAABCDEFGHIJKLMNOP",
		"Bearer abcdefghijkl", "Authorization: Splunk 12345678-1234", "https://u:p@h/?q=a%40b.co", "\xc2\xadtoken=x", "print_info: BOS token        = 1 '<s>'",
		`time=2026-11-21T19:28:47.420Z level=INFO msg="x" OLLAMA_KEY=abc HF_TOKEN=def`, "kéy=1 tokén=2",
	} {
		f.Add([]byte(s), 0)
		f.Add([]byte("1234567"+s), 5)
	}
	for line := range bytes.Lines(benchLog(f)[:20_000]) {
		f.Add(line, 0)
	}
	r := &redactor{Redact: DefaultRedact(), hits: new([kinds]int64)}
	f.Fuzz(func(t *testing.T, text []byte, from int) {
		from = min(max(from, 0), len(text))
		for floor := 0; ; {
			r.quotes = quotes{}
			h, next, ok := r.find(text, from, floor)
			r.quotes = quotes{}
			wantHit, wantNext, want := r.findPlain(text, from, floor)
			if ok != want || next != wantNext || ok && h != wantHit {
				t.Fatalf("%q from %d: %+v, %d, %v, want %+v, %d, %v", text, from, h, next, ok, wantHit, wantNext, want)
			}
			if !ok {
				return
			}
			from, floor = max(next, h.to), h.to
		}
	})
}

// findPlain is find without the gates.
func (r *redactor) findPlain(text []byte, from, floor int) (h hit, next int, ok bool) {
	before := byte(0)
	if from > 0 {
		before = text[from-1]
	}
	for i := from; i < len(text); i++ {
		if rule := triggers[pairOf(before, text[i])]; rule != ruleNone && rule.likely(text, i) {
			if h, ok = r.try(rule, text, i); ok && h.to > floor {
				h.from = max(h.from, floor)
				return h, i + 1, true
			}
		}
		before = text[i]
	}
	return h, len(text), false
}
