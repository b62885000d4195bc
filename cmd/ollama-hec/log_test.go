package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// What happens to each of many events is one line in the log, and one that says
// how often it happened, at the latest when the program ends.
func TestRepeatsInTheLogAreCounted(t *testing.T) {
	r, _ := collect(t)
	r.SetFault(receiver.Always(receiver.Fault{Code: 6, Invalid: new(int)}))
	file := filepath.Join(t.TempDir(), "o.log")
	if err := os.WriteFile(
		file,
		[]byte(strings.Repeat("time=2026-01-01T00:00:00.000Z level=INFO msg=one\n", 50)),
		0o600,
	); err != nil {
		t.Fatal(err)
	}
	for format, want := range map[string]string{"text": "repeated=49\n", "json": `"repeated":49}` + "\n"} {
		status, _, errOut := command(
			t,
			"",
			"run",
			"--once",
			"--paths="+file,
			"--state-dir="+t.TempDir(),
			"--log-format="+format,
		)
		if status != 0 || strings.Count(errOut, "kept as a dead letter") != 2 || strings.Count(errOut, want) != 1 {
			t.Errorf("status %d, log\n%s", status, errOut)
		}
	}
}
