package content

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/splunk_app/detections"
)

var update = flag.Bool("update", false, "write the files anew")

// The committed files are what the statement of the detections yields, no more and no less.
func TestFiles(t *testing.T) {
	for dir, files := range map[string]Files{"escu": ESCU(), "sigma": Sigma()} {
		if *update {
			if err := write(dir, files); err != nil {
				t.Fatal(err)
			}
		}
		found := 0
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			found++
			name, err := filepath.Rel(dir, path)
			if err != nil {
				return err
			}
			want, known := files[filepath.ToSlash(name)]
			if !known {
				t.Errorf("%s is there, and nothing yields it; run the test with -update", path)
				return nil
			}
			got, err := os.ReadFile(path)
			if err == nil && string(got) != want {
				t.Errorf("%s is not what the statement yields; run the test with -update", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if found < len(files) {
			t.Errorf("%d files in %s, want %d; run the test with -update", found, dir, len(files))
		}
	}
}

func write(dir string, files Files) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// contentctl makes each filter macro itself, from the name of its detection: the one that the
// search ends in, which the add-on has too.
func TestFilterMacros(t *testing.T) {
	for _, d := range detections.All() {
		if got := fileName(packName(d.Name)) + "_filter"; got != d.Filter {
			t.Errorf("%s: contentctl makes %s, want %s", d.Name, got, d.Filter)
		}
	}
}

// Each detection of the pack is tested with all the events of its evidence.
func TestAttackData(t *testing.T) {
	files := ESCU()
	for _, d := range detections.All() {
		held := 0
		for _, data := range detectionOf(d, Files{}).Tests[0].Data {
			for _, e := range d.Evidence {
				if e.Sourcetype == data.Sourcetype && strings.Contains(files[data.Data], e.Raw+"\n") {
					held++
				}
			}
		}
		if held == 0 || held != len(d.Evidence) {
			t.Errorf("%s: %d of %d events are in its test", d.Name, held, len(d.Evidence))
		}
	}
}

func TestHours(t *testing.T) {
	for period, want := range map[string]string{"7d": "168h", "1d": "24h", "4h": "4h", "90s": "90s"} {
		if got := hours(period); got != want {
			t.Errorf("%s is %s, want %s", period, got, want)
		}
	}
}

// Each detection has rules for Sigma, or a reason why it has none; a new one needs either.
func TestSigmaOfEach(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := make(map[string]int)
	for _, c := range sigmaConditions {
		rules[c.detection]++
	}
	for _, d := range detections.All() {
		if said := rules[d.Name] > 0; said == (notInSigma[d.Name] != "") {
			t.Errorf("%s: said in Sigma %v, reason why not %q", d.Name, said, notInSigma[d.Name])
		}
		delete(rules, d.Name)
		if why := notInSigma[d.Name]; why != "" && !strings.Contains(string(readme), "\n| "+d.Name+" | "+why+" |\n") {
			t.Errorf("README.md does not say why %s is not in Sigma", d.Name)
		}
	}
	for name := range rules {
		t.Errorf("%s is no detection", name)
	}
}
