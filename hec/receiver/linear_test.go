package receiver

import (
	"testing"

	"ollama-hec/input/lineartest"
)

// TestLinear: no body takes the receiver longer than its length says.
func TestLinear(t *testing.T) {
	for name, shape := range map[string]string{
		"bare":     "%",
		"event":    `{"event":"%"}`,
		"open":     `{"event":"%`,
		"object":   `{"event":{"a":%}}`,
		"list":     `{"event":[%]}`,
		"fields":   `{"event":"x","fields":{"%":"y"}}`,
		"many":     `{"event":"x"}%`,
		"before":   `%{"event":"x"}`,
		"the time": `{"time":"%","event":"x"}`,
	} {
		for part := range lineartest.Parts {
			if lineartest.Grows(receive, shape, part) {
				t.Errorf("%s, %q: takes the square of the body", name, part)
			}
		}
	}
}

func receive(body []byte) { parse(body, Token{}) }
