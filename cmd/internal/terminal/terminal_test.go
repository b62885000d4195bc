package terminal

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"/var/log/ollama-é-日本.log":    "/var/log/ollama-é-日本.log",
		`C:\Users\o "x".log`:          `C:\Users\o "x".log`,
		"a\x1b[31mred\x1b]0;t\a":      `a\x1b[31mred\x1b]0;t\a`,
		"a\nerror: forged\r\tb":       `a\nerror: forged\r\tb`,
		"caf\xe9 \xff":                `caf\xe9 \xff`,
		"\u009b31m \u202egnp \u2028x": `\u009b31m \u202egnp \u2028x`,
		"a\ufffdb\x7f":                `a�b\x7f`,
	} {
		if got := Text(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if got := Lines("a\nb\x1b"); got != "a\nb\\x1b" {
		t.Errorf("got %q", got)
	}
}

func FuzzText(f *testing.F) {
	f.Add("plain\x1b\xff\u202e")
	f.Fuzz(func(t *testing.T, s string) {
		got := Text(s)
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q became %q", s, got)
		}
		if strconv.Quote(s) == `"`+s+`"` && got != s {
			t.Errorf("%q was changed to %q", s, got)
		}
	})
}

// FuzzJSON: the value stays the same, and no character is left that a terminal obeys.
func FuzzJSON(f *testing.F) {
	f.Add("a\x1b\x7f\u009b\u061c\u202e\u2028\u2029é日")
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		var text, out bytes.Buffer
		enc := json.NewEncoder(&text)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(map[string]string{"a": s}); err != nil {
			t.Fatal(err)
		}
		if n, err := NewJSON(&out).Write(text.Bytes()); n != text.Len() || err != nil {
			t.Fatalf("%d of %d bytes, %v", n, text.Len(), err)
		}
		var back map[string]string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back["a"] != s {
			t.Fatalf("%q became %s: %v", s, out.Bytes(), err)
		}
		for _, r := range strings.TrimSuffix(out.String(), "\n") {
			if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
				t.Fatalf("%q: %U is left", s, r)
			}
		}
	})
}
