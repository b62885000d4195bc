package exchange

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What becomes of each talk stands in testdata/events.txt.
func TestEvents(t *testing.T) {
	var all strings.Builder
	for _, talk := range talks() {
		all.WriteString("-- " + talk.name + " --\n")
		for _, r := range talk.records() {
			event := r[strings.IndexByte(r, '{'):]
			if !json.Valid([]byte(event)) {
				t.Errorf("%s: no JSON: %s", talk.name, event)
			}
			all.WriteString(r + "\n")
		}
	}
	const golden = "testdata/events.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(all.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := strings.Split(all.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(wanted)) {
		g, w := at(got, i), at(wanted, i)
		if g != w {
			t.Fatalf("line %d of %s\ngot  %s\nwant %s", i+1, golden, g, w)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}
