package framing

import (
	"testing"

	"ollama-hec/input/lineartest"
)

// TestLinear: no line takes longer to unwrap than its length says.
func TestLinear(t *testing.T) {
	for name, shape := range map[string]string{
		"docker":            `{"log":"%\n","stream":"stderr","time":"2026-11-21T19:15:41.5Z"}`,
		"docker, open":      `{"log":"%`,
		"docker, first":     `{"attrs":{"a":"%"},"log":"x\n","stream":"stderr","time":"2026-11-21T19:15:41.5Z"}`,
		"docker, last":      `{"log":"x\n","stream":"stderr","time":"2026-11-21T19:15:41.5Z","%":%}`,
		"docker, part":      `{"log":"%","stream":"stderr","time":"2026-11-21T19:15:41.5Z"}`,
		"CRI":               `2026-11-21T19:15:41.5Z stderr F %`,
		"CRI, part":         `2026-11-21T19:15:41.5Z stderr P %`,
		"CRI, before":       `2026-11-21T19:15:41.5%Z stderr F x`,
		"not framed at all": `%`,
	} {
		for part := range lineartest.Parts {
			if lineartest.Grows(unwrapAll, shape, part) {
				t.Errorf("%s, %q: takes the square of the line", name, part)
			}
		}
	}
}

func unwrapAll(line []byte) {
	d := decoder{runtime: detectRuntime(line), MaxLine: 1 << 20}
	d.Unwrap(line, 0)
	d.Flush()
}
