package detections

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// score is how a detection did: incidents that it found and missed, and results that are none.
type score struct{ found, missed, false, tried int }

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

func (s *score) add(other score) {
	s.found += other.found
	s.missed += other.missed
	s.false += other.false
	s.tried += other.tried
}

// ledger has the scores by what was judged, in order, and by detection.
type ledger struct {
	order  []string
	scores map[string]map[string]*score
}

func (l *ledger) of(where, detection string) *score {
	if l.scores[where] == nil {
		if l.scores == nil {
			l.scores = make(map[string]map[string]*score)
		}
		l.order = append(l.order, where)
		l.scores[where] = make(map[string]*score)
	}
	if l.scores[where][detection] == nil {
		l.scores[where][detection] = new(score)
	}
	return l.scores[where][detection]
}

// total is the sum of a detection's scores.
func (l *ledger) total(detection string) (sum score) {
	for _, where := range l.order {
		if s := l.scores[where][detection]; s != nil {
			sum.add(*s)
		}
	}
	return sum
}

// wanted is what is to be found in logs and in labelled lines: by log, detection and object.
func wanted(t *testing.T) map[string]map[string]map[string]bool {
	t.Helper()
	want := make(map[string]map[string]map[string]bool)
	for _, row := range tsv(t, casesDir+"incidents.tsv") {
		log, detection := row["log"], row["detection"]
		if want[log] == nil {
			want[log] = make(map[string]map[string]bool)
		}
		if want[log][detection] == nil {
			want[log][detection] = make(map[string]bool)
		}
		want[log][detection][row["object"]] = true
	}
	return want
}

// object is what a result is about: its source or target, else the host.
func (f Finding) object() string {
	for _, column := range []string{"client", "src", "registry", "target_host"} {
		if v := spl.Row(f.Row).First(column); v != "" {
			return v
		}
	}
	return "host"
}

// apart are lines that have nothing to do with one another, as events hours apart.
func apart(lines []line) (events []Event) {
	for i, l := range lines {
		e := l.event()
		e.Host, e.Time = "gpu-1", strconv.Itoa(1_800_000_000+7200*i)
		events = append(events, e)
	}
	return events
}

// onLines scores detections 1 and 2, of which every line is an incident of its own.
func onLines(t *testing.T, l *ledger) {
	t.Helper()
	lines := corpus(t)
	for i := range lines {
		lines[i].file = "corpus/" + lines[i].file
	}
	lines = append(lines, cases(t)...)
	for _, line := range labelled(t) {
		if line.kind == "amb" {
			continue
		}
		if line.kind != "net" {
			line.kind = ""
		}
		lines = append(lines, line)
	}
	for _, d := range All()[:2] {
		find := d.on(t, withAddOn)
		for _, line := range lines {
			l.of(line.file, d.Name).count(len(find(line.event())) > 0, line.kind != "")
		}
	}
}

// onLogs scores the others on what logs become, and on labelled lines.
func onLogs(t *testing.T, l *ledger) {
	t.Helper()
	want := wanted(t)
	logs := delivered(t)
	logs["network.tsv"], logs["lines.tsv"] = apart(cases(t)), apart(labelled(t))
	slugs := make(map[string]bool)
	for _, log := range slices.Sorted(maps.Keys(logs)) {
		for _, d := range All()[2:] {
			slugs[d.slug()] = true
			real, s := want[log][d.slug()], new(score)
			for _, f := range d.on(t, watched(t))(logs[log]...) {
				s.count(true, real[f.object()])
			}
			s.missed = len(real) - s.found
			if *s != (score{}) {
				l.of(folderOf(log)+log, d.Name).add(*s)
			}
		}
	}
	for log, of := range want {
		if logs[log] == nil {
			t.Errorf("incidents.tsv names %s, which is not there", log)
		}
		for slug := range of {
			if !slugs[slug] {
				t.Errorf("incidents.tsv names the detection %s, which is not there", slug)
			}
		}
	}
}

// folderOf is where a log stands in testdata, for people.
func folderOf(log string) string {
	if strings.HasSuffix(log, ".tsv") {
		return ""
	}
	if _, err := os.Stat(corpusDir + log); err == nil {
		return "corpus/"
	}
	return "cases/"
}

// onEpisodes scores each detection on its own episodes, as they arrive from ollama-hec.
func onEpisodes(t *testing.T, l *ledger) {
	t.Helper()
	byName := make(map[string]Detection)
	for _, d := range All() {
		byName[d.Name] = d
	}
	for _, e := range episodes(t) {
		d := byName[e.detection]
		where := "benign"
		if e.attack {
			where = "attacks"
		}
		l.of(where, d.Name).tried++
		l.of(where, d.Name).count(len(d.on(t, e.in(t, withAddOn))(e.as(false)...)) > 0, e.attack)
	}
}

// reads says how many of a log's events the first part of a search takes from disk.
func (d Detection) reads(t *testing.T, rows []spl.Row) int {
	t.Helper()
	base, _, _ := strings.Cut(d.Search, "\n")
	s, err := spl.Compile(base, environment())
	if err != nil {
		t.Fatal(err)
	}
	return len(s.Run(rows).Rows)
}

// RESULTS.md says how each detection does, by log and by case file, and is what they do.
func TestResults(t *testing.T) {
	var logs, attempts ledger
	onLines(t, &logs)
	onLogs(t, &logs)
	onEpisodes(t, &attempts)
	const usual = "v0.13.5-info.log"
	var rows []spl.Row
	for _, e := range delivered(t)[usual] {
		rows = append(rows, Fields(e))
	}
	var summary, detail strings.Builder
	summary.WriteString(
		"| detection | found | missed | false | attacks found | benign reported | reads | runs |\n|---|--:|--:|--:|--:|--:|--:|--:|\n",
	)
	detail.WriteString("| log or case file | detection | found | missed | false |\n|---|---|--:|--:|--:|\n")
	for _, d := range All() {
		s, attacks, benign, tried := logs.total(
			d.Name,
		), attempts.of(
			"attacks",
			d.Name,
		), attempts.of(
			"benign",
			d.Name,
		), "– | –"
		if attacks.tried > 0 {
			tried = fmt.Sprintf("%d of %d | %d of %d", attacks.found, attacks.tried, benign.false, benign.tried)
		}
		fmt.Fprintf(&summary, "| %s | %d | %d | %d | %s | %d | %d |\n", d.Name, s.found, s.missed, s.false, tried,
			d.reads(t, rows), d.runs(t))
		for _, where := range logs.order {
			if s := logs.scores[where][d.Name]; s != nil {
				fmt.Fprintf(&detail, "| %s | %s | %d | %d | %d |\n", where, d.Name, s.found, s.missed, s.false)
			}
		}
		if d.Name != abnormalConnectivity().Name && (s.false > 0 || benign.false > 0 || attacks.missed > 0) {
			t.Errorf("%s: false %d; of the episodes missed %d, false %d", d.Name, s.false, attacks.missed, benign.false)
		}
	}
	legend := "Found, missed, false: incidents in the corpus and in labelled lines, and results that are none. Attacks and benign: episodes that\n" +
		"were written for each detection, with what looks like an attack and is none. Reads: how many of the " +
		strconv.Itoa(len(rows)) + " events of a run at the\n" +
		"default log level the search takes from disk, and runs: how many runs look at each event; the product is the load on the indexers.\n\n"
	golden(t, "RESULTS.md", "# What the detections find\n\n"+
		"**These are results of our own model of Splunk (simulate), not of a Splunk.** Written by\n"+
		"`go test ./splunk_app/detections -run TestResults -update`; the test fails when they are not what the shipped search text\n"+
		"does on the fields of the shipped extractions.\n\n"+legend+summary.String()+
		"\nWhat is an incident was decided by hand: testdata/corpus/labels.tsv, testdata/detections/network.tsv, lines.tsv (without the lines\n"+
		"that may be seen either way) and incidents.tsv, where each has its reason. Of the first two detections each line is an incident of its own.\n"+
		"The searches were written with these lines at hand: how they do on others stands in no table.\n"+
		"Detections without a row of a log had nothing to find there, and found nothing. app-reconstructed.log is written after the source,\n"+
		"not taken from a desktop app, and those in cases after what other versions log.\n\n"+detail.String())
	goldenPart(
		t,
		"../README.md",
		"<!-- results: written by go test ./splunk_app/detections -run TestResults -update -->\n",
		legend+summary.String(),
		"<!-- end of results -->",
	)
}
