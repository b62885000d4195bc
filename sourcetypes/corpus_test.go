package sourcetypes

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ollama-hec/input"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	corpusDir = "../testdata/corpus"
	casesDir  = "../testdata/cases"
	goldenDir = "../testdata/golden"
)

// defaults are the settings nobody changed, with a clock that stands still.
func defaults() *Options {
	return &Options{
		Zone:      time.UTC,
		APIEvents: true,
		Redact:    DefaultRedact(),
		Now:       func() time.Time { return time.Unix(1798761600, 0) },
	}
}

// kept is an event that outlives the call it was passed to.
type kept struct {
	Sourcetype Sourcetype
	Time       string
	Body       string
}

// records makes one record of each line.
func records(text []byte) []input.Record {
	var rs []input.Record
	for line := range bytes.Lines(text) {
		at := input.Position(0)
		if len(rs) > 0 {
			at = rs[len(rs)-1].Next
		}
		rs = append(rs, input.Record{Text: bytes.TrimSuffix(line, []byte("\n")), Next: at + input.Position(len(line))})
	}
	return rs
}

// normalize returns all events of a log.
func normalize(t testing.TB, o *Options, log string) []kept {
	t.Helper()
	events, _ := normalizeRecords(t, o, records([]byte(log)))
	return events
}

func normalizeRecords(t testing.TB, o *Options, rs []input.Record) ([]kept, *Normalizer) {
	t.Helper()
	var events []kept
	n := NewNormalizer(o, 0, input.Carry{}, keep(&events))
	if taken := n.AddAll(rs, nil); taken != len(rs) {
		t.Fatalf("took %d of %d records", taken, len(rs))
	}
	n.Flush()
	if n.Held() != 0 {
		t.Fatal("something is held after Flush")
	}
	return events, n
}

func keep(events *[]kept) func(*Event) {
	return func(e *Event) {
		*events = append(*events, kept{e.Sourcetype, string(e.Time.Append(nil)), string(e.Body)})
	}
}

// of returns the bodies of one sourcetype.
func of(s Sourcetype, events []kept) []string {
	var bodies []string
	for _, e := range events {
		if e.Sourcetype == s {
			bodies = append(bodies, e.Body)
		}
	}
	return bodies
}

func logFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(corpusDir + "/*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus in %s: %v", corpusDir, err)
	}
	cases, _ := filepath.Glob(casesDir + "/*.log")
	return append(files, cases...)
}

// TestGolden: what each sample log becomes, one event a line, to be read.
func TestGolden(t *testing.T) {
	for _, file := range logFiles(t) {
		name := strings.TrimSuffix(filepath.Base(file), ".log")
		t.Run(name, func(t *testing.T) {
			log, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			enc := json.NewEncoder(&got)
			enc.SetEscapeHTML(false)
			for _, e := range normalize(t, defaults(), string(log)) {
				var body any = e.Body
				if e.Sourcetype != Server {
					body = json.RawMessage(e.Body)
				}
				if err := enc.Encode([]any{e.Sourcetype.String(), e.Time, body}); err != nil {
					t.Fatalf("event %q: %v", e.Body, err)
				}
			}
			golden := filepath.Join(goldenDir, name+".jsonl")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if line := firstDifference(got.Bytes(), want); line > 0 {
				t.Errorf("differs from %s from line %d on; go test -run TestGolden -update writes it anew", golden, line)
			}
		})
	}
}

// firstDifference is the number of the first line that differs; 0 if none does.
func firstDifference(got, want []byte) int {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || !bytes.Equal(g[i], w[i]) {
			return i + 1
		}
	}
	return 0
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkBody reports whether an event's body is what an Event promises.
func checkBody(t testing.TB, e kept) {
	t.Helper()
	switch {
	case e.Body == "":
		t.Errorf("an empty event of %v", e.Sourcetype)
	case !utf8.ValidString(e.Body):
		t.Errorf("not UTF-8: %q", e.Body)
	case e.Sourcetype != Server && (!json.Valid([]byte(e.Body)) || e.Body[0] != '{'):
		t.Errorf("not one JSON object: %s", e.Body)
	}
}
