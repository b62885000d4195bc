package sourcetypes

import (
	"strings"
	"testing"
)

// The error of a request is treated as that of a log line: with PROMPTS=off nothing is left
// of what it quotes, and what Ollama says itself stays.
func TestErrorsOfRequests(t *testing.T) {
	const quoting = `error parsing tool call: raw='{"q": "Begin Patch of the merger"}', err=unexpected end of JSON input`
	for _, tt := range []struct {
		prompts PromptMode
		text    string
		keeps   string
		loses   string
	}{
		{Off, quoting, "error parsing tool call", "merger"},
		{Off, "model not found", "model not found", ""},
		{Off, "dial tcp 127.0.0.1:9: connect: connection refused", "connection refused", ""},
		{Redacted, quoting, "merger", ""},
		{Full, quoting, "merger", ""},
		{Off, "", "", ""},
	} {
		f := NewFields(&Options{Prompts: tt.prompts})
		for range 2 { // the second time it is remembered
			got := string(f.Error([]byte(tt.text)))
			if !strings.Contains(got, tt.keeps) || tt.loses != "" && strings.Contains(got, tt.loses) {
				t.Errorf("PROMPTS %d: %q became %q", tt.prompts, tt.text, got)
			}
		}
	}
}
