package dashboard

import (
	"os"
	"strings"
	"testing"
)

// The table of panels in the documentation is theirs.
func TestHelp(t *testing.T) {
	const begin, end = "-update -->\n", "<!-- end of panels -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("README.md has no place for the table")
	}
	want := before + begin + Help() + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want {
		t.Error("README.md does not have the panels as they are; run the test with -update")
	}
	rows := 0
	for _, v := range Views() {
		rows += len(v.Panels())
	}
	if n := strings.Count(Help(), "\n"); n != rows+2 {
		t.Errorf("%d lines for %d panels", n, rows)
	}
}
