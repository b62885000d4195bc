package imports

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "ollama-hec"

// Every import between packages of this module is one the table allows, and
// every row of the table is one that is needed.
func TestImportsRunOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		by := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, path := range p.Imports {
			what, ours := strings.CutPrefix(path, module+"/")
			if !ours {
				continue
			}
			seen++
			if !Allowed(by, what) {
				t.Errorf("%s imports %s: imports.go has no row for it", by, what)
			}
			for _, a := range allowed {
				if within(by, a.by) && within(what, a.what) && layer(by) == layer(what) {
					used[a.by+" "+a.what] = true
				}
			}
		}
	}
	if seen == 0 {
		t.Fatal("no imports seen")
	}
	for _, a := range allowed {
		if !used[a.by+" "+a.what] {
			t.Errorf("nothing needs the row that lets %s import %s", a.by, a.what)
		}
	}
}

func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		by, what string
		want     bool
	}{
		{"sourcetypes", "input", true},
		{"input", "sourcetypes", false},
		{"input/file", "hec", false},
		{"cmd/internal/pipeline", "hec", true},
		{"hec", "cmd/internal/pipeline", false},
		{"splunk_app/modinput", "sourcetypes/batch", true},
		{"hec", "splunk_app/modinput", false},
		{"input/journald", "input/file", false},
		{"input/file", "input/internal/jsonline", true},
		{"hec", "testdata/corpus", true},
		{"testdata/corpus", "hec", false},
	} {
		if got := Allowed(c.by, c.what); got != c.want {
			t.Errorf("Allowed(%s, %s) = %v", c.by, c.what, got)
		}
	}
}
