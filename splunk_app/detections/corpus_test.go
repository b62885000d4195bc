package detections

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/simulate/spl"
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
	return Event{
		Sourcetype: "ollama:server",
		Source:     l.file,
		Host:       "ollama-01",
		Time:       strconv.Itoa(1_800_000_000 + l.number),
		Raw:        l.text,
	}
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

// splunk is a Splunk that detections run on.
type splunk struct {
	name   string
	fields func(Event) spl.Row
	env    spl.Env
}

// splunks are one with the add-on, and one that got nothing but macros and saved
// searches over REST and extracts fields in its own way.
func splunks(t *testing.T) []splunk {
	t.Helper()
	alone := spl.Env{Macros: make(map[string]string)}
	for _, e := range Entities() {
		if e.Collection == "configs/conf-macros" {
			alone.Macros[e.Name] = e.Values.Get("definition")
		}
	}
	return []splunk{withAddOn, {"with searches alone", once(knowledge.Unconfigured), alone}}
}

var withAddOn = splunk{"with the add-on", once(func(e Event) spl.Row { return Fields(e) }), environment()}

// once extracts the fields of an event once for all tests.
func once(fields func(Event) spl.Row) func(Event) spl.Row {
	known := make(map[Event]spl.Row)
	return func(e Event) spl.Row {
		row, ok := known[e]
		if !ok {
			row = fields(e)
			known[e] = row
		}
		return row
	}
}

// on is what the detection finds there.
func (d Detection) on(t *testing.T, s splunk) func(...Event) []Finding {
	t.Helper()
	search, err := spl.Compile(d.Search, s.env)
	if err != nil {
		t.Fatalf("%s %s: %v", d.Name, s.name, err)
	}
	return func(events ...Event) []Finding {
		rows := make([]spl.Row, len(events))
		for i, e := range events {
			rows[i] = s.fields(e)
		}
		return d.findings(search.Run(rows))
	}
}

// lookAlikes are not about the network, and yet detection 1 takes them for it.
var lookAlikes = map[string]bool{
	"app-reconstructed.log:7": true, // failed to get CPU details
	"app-reconstructed.log:8": true, // failed to commit memory for model
}

func TestCorpus(t *testing.T) {
	lines := corpus(t)
	for _, s := range splunks(t) {
		t.Run(s.name, func(t *testing.T) {
			first, second := abnormalConnectivity().on(t, s), networkFailure().on(t, s)
			for _, l := range lines {
				if found, want := len(first(l.event())) > 0, l.first || lookAlikes[l.String()]; found != want {
					t.Errorf("detection 1 on %v: found %v, want %v\n%s", l, found, want, l.text)
				}
				kind := ""
				if found := second(l.event()); len(found) > 0 {
					kind = strings.Join(found[0].Row["kinds"], ",")
				}
				if kind != l.kind {
					t.Errorf("detection 2 on %v: kind %q, want %q\n%s", l, kind, l.kind, l.text)
				}
			}
		})
	}
}

// TestCorpusWithoutPrompts: PROMPTS=off hides nothing of what the detections look at.
func TestCorpusWithoutPrompts(t *testing.T) {
	second := networkFailure().on(t, withAddOn)
	first := abnormalConnectivity().on(t, withAddOn)
	for _, l := range corpus(t) {
		e := l.event()
		e.Raw = withoutPrompts(l.text)
		if found, want := len(first(e)) > 0, l.first || lookAlikes[l.String()]; found != want {
			t.Errorf("detection 1 on %v: found %v, want %v\n%s", l, found, want, e.Raw)
		}
		kind := ""
		if found := second(e); len(found) > 0 {
			kind = strings.Join(found[0].Row["kinds"], ",")
		}
		if kind != l.kind {
			t.Errorf("detection 2 on %v: kind %q, want %q\n%s", l, kind, l.kind, e.Raw)
		}
	}
}

// withoutPrompts is a line as PROMPTS=off ships it.
func withoutPrompts(line string) string {
	shipped := ""
	n := sourcetypes.NewNormalizer(
		&sourcetypes.Options{Prompts: sourcetypes.Off, Zone: time.UTC},
		0,
		input.Carry{},
		func(e *sourcetypes.Event) {
			if e.Sourcetype == sourcetypes.Server {
				shipped = string(e.Body)
			}
		},
	)
	n.Add(&input.Record{Text: []byte(line), Next: 1})
	n.Flush()
	return shipped
}

// TestRunnerText: what a runner says through the server's log is found, though msg
// stands twice in the line.
func TestRunnerText(t *testing.T) {
	text, err := os.ReadFile("../../testdata/cases/logs/50-mlx-runner-msg.log")
	if err != nil {
		t.Fatal(err)
	}
	first, second := abnormalConnectivity().on(t, withAddOn), networkFailure().on(t, withAddOn)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i, l := range lines {
		e := line{file: "x", number: i, text: l}.event()
		if len(first(e)) == 0 {
			t.Errorf("detection 1 misses %s", l)
		}
		if want := i == 1; len(second(e)) > 0 != want {
			t.Errorf("detection 2: found %v, want %v: %s", !want, want, l)
		}
	}
}
