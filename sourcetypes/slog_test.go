package sourcetypes

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// slogText is the line that Ollama's handler writes.
func slogText(t testing.TB, l level, msg string, args ...any) string {
	t.Helper()
	levels := map[level]slog.Level{levelTrace: -8, levelDebug: slog.LevelDebug, levelInfo: slog.LevelInfo}
	var buf bytes.Buffer
	h := slog.NewTextHandler(&buf, &slog.HandlerOptions{
		Level: slog.Level(-8),
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if a.Key == slog.LevelKey && a.Value.Any() == slog.Level(-8) && len(groups) == 0 {
				return slog.String("level", "TRACE")
			}
			return a
		},
	})
	r := slog.NewRecord(time.Unix(1795288541, 541e6).UTC(), levels[l], msg, 0)
	r.Add(append([]any{}, args...)...)
	if err := h.WithAttrs(nil).Handle(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(buf.String(), "\n")
}

func TestFields(t *testing.T) {
	for _, test := range []struct {
		line string
		want string
	}{
		{`msg="loading model" "model layers"=3 requested=-1`, `msg=loading model;model layers=3;requested=-1;`},
		{`msg="" nilerr=<nil> !BADKEY=odd runner.name=a/b:c`, `msg=;nilerr=<nil>;!BADKEY=odd;runner.name=a/b:c;`},
		{`p=C:\Users\x q="C:\\Program Files" r=é`, `p=C:\Users\x;q=C:\Program Files;r=é;`},
		{`a= b=1`, `a=;b=1;`},
		{`a="x\ty\u00e9\xff\U0001f600\""`, "a=x\ty\u00e9\xff\U0001f600\";"},
		{`a=1 free text b=2`, `a=1;`},
		{`a="cut`, `a=cut;`},
		{`a=b=c d`, `a=b=c;`},
	} {
		if got := fields(test.line); got != test.want {
			t.Errorf("%s: got %q, want %q", test.line, got, test.want)
		}
	}
}

func fields(line string) string {
	var all strings.Builder
	b := []byte(line)
	for i := 0; ; {
		f, next, ok := nextField(b, i)
		if !ok {
			return all.String()
		}
		i = next
		key := f.key.of(b)
		if f.quotedKey {
			key = appendUnquoted(nil, key)
		}
		fmt.Fprintf(&all, "%s=%s;", key, f.appendValue(nil, b))
	}
}

// FuzzSlog: what slog's own handler wrote is read back, whatever it is.
func FuzzSlog(f *testing.F) {
	f.Add("completion request", "prompt", "hello \"secret\" prompt\nline2 = <é>", "images", "0")
	f.Add("x", "model layers", "3", "!BADKEY", "")
	f.Add("", "a", `C:\Users\x`, "b", "\x00\xff\u2028")
	f.Fuzz(func(t *testing.T, msg, key1, value1, key2, value2 string) {
		line := slogText(t, levelDebug, msg, key1, value1, key2, value2)
		if key1 == "" || key2 == "" {
			return // slog leaves it out
		}
		b := []byte(line)
		want := []string{"time", "2026-11-21T19:15:41.541Z", "level", "DEBUG", "msg", msg, key1, value1, key2, value2}
		i := 0
		for n := 0; n < len(want); n += 2 {
			f, next, ok := nextField(b, i)
			if !ok {
				t.Fatalf("%q: no field behind %d", line, i)
			}
			i = next
			key := f.key.of(b)
			if f.quotedKey {
				key = appendUnquoted(nil, key)
			}
			value := f.appendValue(nil, b)
			if !utf8.ValidString(want[n+1]) && !f.quoted {
				t.Fatalf("%q: %q stands without quotes", line, want[n+1])
			}
			if string(key) != want[n] || string(value) != want[n+1] {
				t.Fatalf("%q: read %q=%q, want %q=%q", line, key, value, want[n], want[n+1])
			}
		}
		if i != len(b) {
			t.Fatalf("%q: %q is left", line, b[i:])
		}
	})
}
