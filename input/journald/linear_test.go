package journald

import (
	"testing"

	"ollama-hec/input/internal/jsonline"
	"ollama-hec/input/lineartest"
)

// TestLinear: no entry takes longer to read than its length says.
func TestLinear(t *testing.T) {
	for name, shape := range map[string]string{
		"message":         `{"__CURSOR":"c","__REALTIME_TIMESTAMP":"1","MESSAGE":"%"}`,
		"bytes":           `{"__CURSOR":"c","MESSAGE":[1,2,%]}`,
		"list":            `{"__CURSOR":"c","MESSAGE":["%","%"]}`,
		"another field":   `{"__CURSOR":"c","%":"%","MESSAGE":"x"}`,
		"not JSON at all": `%`,
		"open":            `{"MESSAGE":"%`,
	} {
		for part := range lineartest.Parts {
			if lineartest.Grows(readEntry, shape, part) {
				t.Errorf("%s, %q: takes the square of the entry", name, part)
			}
		}
	}
}

func readEntry(text []byte) {
	cut := trim{limit: len(text) / 2}
	cut.write(text)
	for _, line := range [][]byte{text, cut.line()} {
		var e entry
		if e.parse(line) {
			jsonline.AppendMessage(nil, e.message)
			e.suppressed("ollama.service")
		}
	}
}
