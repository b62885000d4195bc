package exchange

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/sourcetypes"
)

// An event says which of its texts are not whole, and says nothing where they are.
func TestTruncated(t *testing.T) {
	for _, c := range []struct{ prompt, response, wantPrompt, wantResponse int }{
		{100, 100, 100, 100},
		{1000, 1000, 1000, 1000},
		{1001, 100, 1000, 100},
		{100, 1001, 100, 1000},
		{1000 + slack, 999, 1000, 999},
		{2000 + slack, 9999, 1000, 1000},
	} {
		o := defaults()
		o.Prompts, o.Responses, o.MaxPrompt = sourcetypes.Full, FullResponses, 1000
		s := talkTo(o)
		s.client(post("/api/generate", `{"model":"m","prompt":"`+strings.Repeat("word ", c.prompt/5+1)[:c.prompt]+`"}`))
		s.server(answer200(jsonUTF8, `{"response":"`+strings.Repeat("okay ", c.response/5+1)[:c.response]+`","done":true}`))
		if len(s.records) != 2 {
			t.Fatalf("%q", s.records)
		}
		event := s.records[1]
		for _, text := range []struct {
			name       string
			said, told int
		}{{"prompt", c.prompt, c.wantPrompt}, {"response", c.response, c.wantResponse}} {
			if got := strings.Contains(event, fmt.Sprintf(`"%s_truncated":true,"%s":"`, text.name, text.name)); got != (text.told < text.said) {
				t.Errorf("%s of %d bytes: %.300s", text.name, text.said, event)
			}
			_, told, _ := strings.Cut(event, `"`+text.name+`":"`)
			told, _, _ = strings.Cut(told, `"`)
			if len(told) != text.told {
				t.Errorf("%s of %d bytes: %d are told, want %d", text.name, text.said, len(told), text.told)
			}
		}
	}
}
