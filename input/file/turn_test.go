package file

import "testing"

func TestNamesOfRotation(t *testing.T) {
	for _, tt := range []struct{ base, name string }{
		{"a.log", "a.log.1"},
		{"a.log", "a.log.old"},
		{"a.log", "a.log-20261121"},
		{"server.log", "server-1.log"},
		{"app.log", "app-2026-11-21T10-11-12.000.log"},
		{"0.log", "0.log.20261121-101112"},
		{"0a1b-json.log", "0a1b-json.log.12"},
	} {
		if !rotatedName(tt.base, tt.name) {
			t.Errorf("%s is not taken for %s, rotated", tt.name, tt.base)
		}
		if got := unrotated(tt.name); got != tt.base {
			t.Errorf("%s was %s, not %s", tt.name, tt.base, got)
		}
	}
	for _, other := range []string{"a.log", "b.log.1", "a.log.1.gz", "a.log.tmp", "aa.log.1"} {
		if rotatedName("a.log", other) {
			t.Errorf("%s is taken for a.log, rotated", other)
		}
	}
}

func TestTurns(t *testing.T) {
	for _, tt := range []struct {
		older, younger string
		known          bool
	}{
		{"a.log.2", "a.log.1", true},
		{"a.log.10.gz", "a.log.9", true},
		{"a.log-20261120.gz", "a.log-20261121", true},
		{"a.log.20261121-090807.gz", "a.log.20261121-101112.gz", true},
		{"a.log-20261120", "a.log-20261121", false}, // their times tell
		{"a.log-20261120.gz", "a.log.1", false},
		{"a.log.old", "a.log", false},
	} {
		c, ok := turnOf("a.log", tt.older).compare(turnOf("a.log", tt.younger))
		back, _ := turnOf("a.log", tt.younger).compare(turnOf("a.log", tt.older))
		if ok != tt.known || ok && (c >= 0 || back <= 0) {
			t.Errorf("%s and %s: %d and %d, known: %v", tt.older, tt.younger, c, back, ok)
		}
	}
}
