package detections

import (
	"os"
	"strings"
	"testing"
)

// labelled are lines of many versions by label: net reports a network failure,
// net5xx that a registry answered with a failure of its own, which is none of the
// network; amb may be seen either way; no reports none.
func labelled(t *testing.T) (lines []line) {
	t.Helper()
	text, err := os.ReadFile(casesDir + "lines.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		label, raw, ok := strings.Cut(row, "\t")
		if !ok {
			t.Fatalf("lines.tsv:%d has no label", i+1)
		}
		lines = append(lines, line{file: "lines.tsv", number: i + 1, text: raw, kind: label})
	}
	return lines
}

// Detection 2 finds every line that is labelled so, and none of the others.
func TestLabelledLines(t *testing.T) {
	for _, s := range splunks(t) {
		second := networkFailure().on(t, s)
		for _, l := range labelled(t) {
			if l.kind == "amb" {
				continue
			}
			found := second(l.event())
			if want := l.kind == "net"; want != (len(found) > 0) {
				t.Errorf("%s: %v (%s): found %v\n%s", s.name, l, l.kind, len(found) > 0, l.text)
			}
		}
	}
}
