package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const followed = "../../../../input/file"

var (
	designRow = regexp.MustCompile(`(?m)^\| \w+ \| ([\w, ]+) \| [^|]+ \|$`)
	system    = regexp.MustCompile(`_(unix|windows)$`)
)

// The table of layers in DESIGN.md names every file once, and no call runs within a row or up.
func TestDesignHasTheLayersOfTheCode(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(followed, "DESIGN.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Layers\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := make(map[string]int)
	for i, row := range designRow.FindAllStringSubmatch(section, -1) {
		for name := range strings.SplitSeq(row[1], ", ") {
			if rows[name] > 0 {
				t.Errorf("%s stands twice", name)
			}
			rows[name] = i + 1
		}
	}
	if !found || len(rows) < 10 {
		t.Fatalf("%d files in the table", len(rows))
	}
	delete(rows, "files") // of the head
	p, err := load(followed)
	if err != nil {
		t.Fatal(err)
	}
	checkRows(t, rows, p.calls())
}

func checkRows(t *testing.T, rows map[string]int, calls graph) {
	t.Helper()
	met := make(map[string]bool)
	for file, callees := range calls {
		from := inDesign(file)
		met[from] = true
		if rows[from] == 0 {
			t.Errorf("%s is in no row", from)
		}
		for callee, where := range callees {
			if to := inDesign(callee); rows[to] <= rows[from] {
				t.Errorf("%s calls %s: %s", from, to, where[0])
			}
		}
	}
	for name := range rows {
		if !met[name] {
			t.Errorf("there is no file %s", name)
		}
	}
}

// inDesign is a file's name as the table has it.
func inDesign(file string) string {
	return system.ReplaceAllString(strings.TrimSuffix(file, ".go"), "")
}
