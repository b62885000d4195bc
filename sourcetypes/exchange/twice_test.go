package exchange

import (
	"strings"
	"testing"
)

// A prompt is not hidden by a name that stands twice, which Ollama reads over what it has.
func TestNamesTwice(t *testing.T) {
	const evil = `{"role":"user","content":"EVIL"}`
	for _, c := range []struct {
		name, path, body string
		partial          bool
	}{
		{"null behind it", "/api/chat", `{"messages":[{"role":"user","content":"EVIL","content":null}]}`, false},
		{"no text in the second list", "/v1/chat/completions", `{"messages":[` + evil + `],"messages":[{"role":"user"}]}`, true},
		{"not in the second list", "/v1/chat/completions", `{"messages":[{},` + evil + `],"messages":[{"role":"user","content":"x"},{}]}`, true},
		{"nothing in the second list", "/v1/messages", `{"messages":[` + evil + `],"messages":[{}]}`, true},
	} {
		s := talkTo(defaults())
		s.client(post(c.path, c.body))
		s.server(answered1("404 Not Found", jsonUTF8, missing))
		if len(s.records) != 2 || !strings.Contains(s.records[1], "EVIL") ||
			strings.Contains(s.records[1], `"partial":true`) != c.partial {
			t.Errorf("%s: %s", c.name, s.records)
		}
	}
	s := talkTo(defaults())
	s.client(post("/api/chat", `{"messages":[`+evil+`],"messages":[{"role":"user","content":"x"}]}`))
	s.server(answered1("404 Not Found", jsonUTF8, missing))
	if !strings.HasSuffix(s.records[1], `"prompt":"x"}`) {
		t.Errorf("%s", s.records[1])
	}
}
