package detections

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

var update = flag.Bool("update", false, "write the golden files anew")

// score is how a detection did on labelled lines.
type score struct{ found, missed, false int }

func (s *score) count(reported, real bool) {
	switch {
	case reported && real:
		s.found++
	case real:
		s.missed++
	case reported:
		s.false++
	}
}

// RESULTS.md says how detections 1 and 2 do, and is what they do.
func TestResults(t *testing.T) {
	const set = "lines written after other versions (testdata/detections/network.tsv)"
	lines := corpus(t)
	var order []string
	scores := make(map[string]*[2]score)
	lengths := make(map[string]int)
	finders := []func(...Event) []Finding{abnormalConnectivity().on(t, withAddOn), networkFailure().on(t, withAddOn)}
	tally := func(name string, l line) {
		if scores[name] == nil {
			order, scores[name] = append(order, name), new([2]score)
		}
		lengths[name]++
		for i, find := range finders {
			scores[name][i].count(len(find(l.event())) > 0, l.kind != "")
		}
	}
	for _, l := range lines {
		tally("corpus/"+l.file, l)
	}
	for _, l := range cases(t) {
		tally(set, l)
	}
	var table strings.Builder
	table.WriteString("| log | lines | failures | 1 found | 1 missed | 1 false | 2 found | 2 missed | 2 false |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, name := range order {
		one, two := scores[name][0], scores[name][1]
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %d | %d | %d | %d | %d |\n", name, lengths[name],
			one.found+one.missed, one.found, one.missed, one.false, two.found, two.missed, two.false)
		if two.missed+two.false > 0 {
			t.Errorf("%s: Ollama Network Failure missed %d lines, and %d are false", name, two.missed, two.false)
		}
	}
	golden(t, "RESULTS.md", "# What the detections find\n\n"+
		"Written by `go test ./splunk_app/detections -run TestResults -update`; the test fails when it is not what the\n"+
		"shipped search text does on the fields of the shipped extractions. Found: lines that report a network failure and\n"+
		"are reported. Missed: those that are not. False: reported, but not about the network.\n\n"+table.String()+
		"\n1: "+abnormalConnectivity().Name+". 2: "+networkFailure().Name+
		". app-reconstructed.log is written after the source, not taken from a desktop app.\n")
	goldenPart(
		t,
		"../README.md",
		"<!-- results: written by go test ./splunk_app/detections -run TestResults -update -->\n",
		table.String(),
		"<!-- end of results -->",
	)
}

// goldenPart is golden for what stands between two marks.
func goldenPart(t *testing.T, path, begin, got, end string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no part between %q and %q", path, begin, end)
	}
	golden(t, path, before+begin+got+end+after)
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf(
			"%s is not what it should be; run the tests with -update and read the difference\n%s",
			path,
			firstDifference(got, string(want)),
		)
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d\ngot  %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

// All lines at once: one result a host, with every incident in it.
func TestNetworkFailureOfHosts(t *testing.T) {
	var events []Event
	want := make(map[string]int)
	for _, l := range corpus(t) {
		e := l.event()
		e.Host = l.file
		events = append(events, e)
		if l.kind != "" {
			want[l.file]++
		}
	}
	found := networkFailure().Run(events)
	if len(found) != len(want) {
		t.Errorf("%d results, want one for each of %d hosts", len(found), len(want))
	}
	for _, f := range found {
		host := spl.Row(f.Row).First("host")
		if got := spl.Row(f.Row).First("incidents"); got != fmt.Sprint(want[host]) {
			t.Errorf("%s: %s incidents, want %d", host, got, want[host])
		}
		if columns := strings.Join(
			f.Columns,
			" ",
		); columns != "last_incident host incidents src warning_messages error_messages remote_hosts kinds severity attack_type count" {
			t.Errorf("columns %s", columns)
		}
	}
}
