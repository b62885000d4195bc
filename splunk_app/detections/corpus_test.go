package detections

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ollama-hec/splunk_app/detections/spl"
	"ollama-hec/splunk_app/knowledge"
)

const corpusDir = "../../testdata/corpus/"

// line is one line of a labelled log.
type line struct {
	file   string
	number int
	text   string
	kind   string // of the network failure it reports; "" for none
	first  bool   // detection 1 is to find it
}

func (l line) String() string { return fmt.Sprintf("%s:%d", l.file, l.number) }

func (l line) event() Event {
	return Event{Sourcetype: "ollama:server", Source: l.file, Host: "ollama-01", Time: strconv.Itoa(1_800_000_000 + l.number), Raw: l.text}
}

// corpus is every line of the real logs, labelled.
func corpus(t *testing.T) []line {
	t.Helper()
	type label struct {
		kind  string
		first bool
	}
	labels := make(map[string]label)
	for _, row := range tsv(t, corpusDir+"labels.tsv") {
		labels[row["file"]+":"+row["line"]] = label{row["kind"], row["detection_1"] == "yes"}
	}
	files, err := filepath.Glob(corpusDir + "*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var lines []line
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
			l := line{file: filepath.Base(path), number: i + 1, text: s}
			of := labels[l.String()]
			l.kind, l.first = of.kind, of.first
			lines = append(lines, l)
			delete(labels, l.String())
		}
	}
	if len(labels) > 0 {
		t.Fatalf("labels of lines that are not there: %v", labels)
	}
	return lines
}

// tsv reads a table with a header.
func tsv(t *testing.T, path string) []map[string]string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	names := strings.Split(rows[0], "\t")
	var list []map[string]string
	for _, row := range rows[1:] {
		cells := strings.Split(row, "\t")
		if len(cells) != len(names) {
			t.Fatalf("%s: %d cells in %q", path, len(cells), row)
		}
		m := make(map[string]string)
		for i, n := range names {
			m[n] = cells[i]
		}
		list = append(list, m)
	}
	return list
}

// A Splunk that got nothing but the saved searches extracts fields in its own way.
var splunks = map[string]func(Event) spl.Row{
	"add-on":   func(e Event) spl.Row { return Fields(e) },
	"searches": knowledge.Without,
}

// lookAlikes are not about the network, and yet detection 1 takes them for it.
var lookAlikes = map[string]bool{
	"app-reconstructed.log:7": true, // failed to get CPU details
	"app-reconstructed.log:8": true, // failed to commit memory for model
}

func TestCorpus(t *testing.T) {
	lines := corpus(t)
	for splunk, fields := range splunks {
		t.Run(splunk, func(t *testing.T) {
			for _, l := range lines {
				first := abnormalConnectivity().find([]spl.Row{fields(l.event())})
				if found, want := len(first) > 0, l.first || lookAlikes[l.String()]; found != want {
					t.Errorf("detection 1 on %v: found %v, want %v\n%s", l, found, want, l.text)
				}
				second := networkFailure().find([]spl.Row{fields(l.event())})
				kind := ""
				if len(second) > 0 {
					kind = strings.Join(second[0].Row["kinds"], ",")
				}
				if kind != l.kind {
					t.Errorf("detection 2 on %v: kind %q, want %q\n%s", l, kind, l.kind, l.text)
				}
			}
		})
	}
}
