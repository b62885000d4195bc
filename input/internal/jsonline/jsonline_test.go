package jsonline

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestAppendTextReadsWhatJSONWrites(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"plain", `GET "/"`, `GET "/"`},
		{"quotes and backslashes", `msg=\"a\\b\" \/`, `msg="a\b" /`},
		{"controls", `\b\f\n\r\t\u001b[31m`, "\b\f\n\r\t\x1b[31m"},
		{"runtimes escape these", `\u003ca\u003e \u0026 \u2028`, "<a> & \u2028"},
		{"surrogate pair", `\ud83d\ude00!`, "😀!"},
		{"half a pair", `\ud83d x`, "\ufffd x"},
		{"low half first", `\ude00\ud83d`, "\ufffd\ufffd"},
		{"half a pair, then a character", `\ud83dA`, "\ufffdA"},
		{"unknown escapes stay", `C:\Users\x \uZZZZ`, `C:\Users\x \uZZZZ`},
		{"cut inside an escape", `abc\`, `abc\`},
		{"cut inside hex digits", `abc\u00`, `abc\u00`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := AppendText(nil, []byte(tt.in)); string(got) != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			inPlace := []byte(tt.in)
			if got := AppendText(inPlace[:0], inPlace); string(got) != tt.want {
				t.Errorf("in place: got %q, want %q", got, tt.want)
			}
		})
	}
}

// FuzzMembers holds the walk against encoding/json: what that accepts is found
// here with the same keys and, for strings, the same text.
func FuzzMembers(f *testing.F) {
	f.Add([]byte(`{"log":"a\n","stream":"stderr","attrs":{"a":["}"]},"time":"2026-11-21T19:15:41Z"}`))
	f.Add([]byte(` { "MESSAGE" : [ 27 , 91 ] , "x":null,"y":"\ud83d\ude00"} `))
	f.Add([]byte(`{}`))
	f.Add([]byte(`{"a":"\\","b":"\\\""}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		got := map[string]string{}
		whole := Members(line, func(key, value []byte) bool {
			got[string(AppendText(nil, key))] = string(value)
			return true
		})
		var want map[string]json.RawMessage
		if json.Unmarshal(line, &want) != nil || want == nil || !utf8.Valid(line) {
			return
		}
		if !whole || len(got) != len(want) {
			t.Fatalf("found %q in an object with %d members, whole: %v", got, len(want), whole)
		}
		for key, raw := range want {
			value, ok := got[key]
			if !ok || value != string(raw) {
				t.Fatalf("member %q: got %q, want %q", key, value, raw)
			}
			var text string
			if raw[0] != '"' || json.Unmarshal(raw, &text) != nil {
				continue
			}
			content := bytes.Clone(raw[1 : len(raw)-1])
			if got := AppendText(content[:0], content); string(got) != text {
				t.Fatalf("text of %s: got %q, want %q", raw, got, text)
			}
		}
	})
}
