package redact

import (
	"regexp"
	"slices"
	"testing"

	"ollama-hec/sourcetypes/internal/text"
)

func TestPatternsLeaveMasks(t *testing.T) {
	set := Set{Secrets: true, Patterns: []*regexp.Regexp{regexp.MustCompile(`REDACTED|token|\d+`)}}
	const want = `a=[REDACTED:custom] X_TOKEN=[REDACTED:token] [REDACTED:custom]`
	got := redacted(set, `a=12 X_TOKEN=abc token`)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again := redacted(set, got); again != got {
		t.Errorf("a second run changed it to %s", again)
	}
}

// FuzzUnquoteMapped: both ways to unquote agree.
func FuzzUnquoteMapped(f *testing.F) {
	for _, seed := range []string{`a\n\\\"b`, `\u00e9\x4`, `é\U0001f600\`, "\xff\\"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		plain, from := unquoteMapped(b, 7)
		if want := text.AppendUnquoted(nil, b); string(plain) != string(want) {
			t.Fatalf("%q becomes %q, want %q", b, plain, want)
		}
		if len(from) != len(plain)+1 || from[len(plain)] != len(b)+7 || !slices.IsSorted(from) {
			t.Fatalf("%q comes from %v", b, from)
		}
	})
}
