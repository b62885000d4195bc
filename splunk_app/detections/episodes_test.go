package detections

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/splunk_app/simulate/spl"
)

// episode is an attack, or something that looks like one and is none.
//
// The files in testdata/detections/episodes, one for each detection, hold them: a heading
// "attack: what" or "benign: what", then a line for each line of a log ("log HOST text"), event
// of another source ("ollama:api HOST TIME json"), row of the table of known sources ("known
// HOST SRC FIRST_SEEN"), and value that the result has ("want COLUMN VALUE"). "needs api" says that
// a forwarder that only ships the log lines does not suffice, "needs tables" that the add-on's
// files are needed.
type episode struct {
	detection string
	attack    bool
	what      string
	lines     []hostLine
	events    []Event
	known     []string // rows of the table
	want      map[string]string
	needs     map[string]bool
}

type hostLine struct{ host, text string }

const episodesDir = casesDir + "episodes/"

// slug is the name of a detection in file names.
func (d Detection) slug() string { return strings.TrimSuffix(d.Filter, "_filter") }

// episodes of all detections, in order.
func episodes(t *testing.T) (list []episode) {
	t.Helper()
	files, err := filepath.Glob(episodesDir + "*.txt")
	if err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, d := range All() {
		text, err := os.ReadFile(episodesDir + d.slug() + ".txt")
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			t.Fatal(err)
		}
		read++
		for _, line := range strings.Split(string(text), "\n") {
			if line == "" || line[0] == '#' {
				continue
			}
			kind, rest, _ := strings.Cut(line, " ")
			if kind == "attack:" || kind == "benign:" {
				list = append(list, episode{detection: d.Name, attack: kind == "attack:", what: rest,
					want: map[string]string{}, needs: map[string]bool{}})
				continue
			}
			if err := list[len(list)-1].add(kind, rest); err != nil {
				t.Fatalf("%s: %q: %v", d.slug(), line, err)
			}
		}
	}
	if read != len(files) {
		t.Errorf("%d of %d files are of no detection", len(files)-read, len(files))
	}
	return list
}

func (e *episode) add(kind, rest string) error {
	first, rest, _ := strings.Cut(rest, " ")
	switch kind {
	case "log":
		e.lines = append(e.lines, hostLine{first, rest})
	case "known":
		e.known = append(e.known, first+","+strings.ReplaceAll(rest, " ", ","))
	case "want":
		e.want[first] = rest
	case "needs":
		e.needs[first] = true
	default:
		at, raw, ok := strings.Cut(rest, " ")
		if !strings.HasPrefix(kind, "ollama:") || !ok {
			return fmt.Errorf("not understood")
		}
		e.events = append(e.events, Event{Sourcetype: kind, Host: first, Time: at, Source: "episode", Raw: raw})
	}
	return nil
}

// normalized are the lines as ollama-hec delivers them, by host.
func normalized(lines []hostLine) (events []Event) {
	normalizers := make(map[string]*sourcetypes.Normalizer)
	var hosts []string
	for i, l := range lines {
		n := normalizers[l.host]
		if n == nil {
			now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
			options := sourcetypes.Options{Zone: time.UTC, APIEvents: true, Now: func() time.Time { return now }}
			n = sourcetypes.NewNormalizer(&options, 0, input.Carry{}, func(e *sourcetypes.Event) {
				events = append(events, Event{Sourcetype: e.Sourcetype.String(), Host: l.host, Source: "server.log",
					Time: string(e.Time.Append(nil)), Raw: string(e.Body)})
			})
			normalizers[l.host] = n
			hosts = append(hosts, l.host)
		}
		n.Add(&input.Record{Text: []byte(l.text), Next: input.Position(i + 1)})
	}
	for _, h := range hosts {
		normalizers[h].Flush()
	}
	return events
}

// derived reports whether only ollama-hec makes such an event of a log.
func derived(e Event) bool { return e.Source == "server.log" && e.Sourcetype != "ollama:server" }

// as returns the events of the episode with, and without, what only ollama-hec makes of the log.
func (e *episode) as(onlyLog bool) (events []Event) {
	for _, event := range normalized(e.lines) {
		if !onlyLog || !derived(event) {
			events = append(events, event)
		}
	}
	return append(events, e.events...)
}

// in returns the Splunk with the episode's own table of known sources.
func (e *episode) in(t *testing.T, s splunk) splunk {
	t.Helper()
	if s.env.Lookups == nil || e.known == nil {
		return s
	}
	table, err := spl.ReadLookup(strings.NewReader(strings.Join(KnownSources.Columns, ",")+"\n"+
		strings.Join(e.known, ",0\n")+",0\n"), KnownSources.Matching)
	if err != nil {
		t.Fatal(err)
	}
	s.env.Lookups = map[string]*spl.Lookup{}
	for _, l := range Lookups() {
		s.env.Lookups[l.Name] = environment().Lookups[l.Name]
	}
	s.env.Lookups[KnownSources.Name] = table
	return s
}

// Each detection finds its attacks and none of what looks like them, in whatever form the
// events arrive.
func TestEpisodes(t *testing.T) {
	all := make(map[string]Detection)
	for _, d := range All() {
		all[d.Name] = d
	}
	for _, e := range episodes(t) {
		for _, s := range splunks(t) {
			for _, onlyLog := range []bool{false, true} {
				if e.needs["api"] && onlyLog || e.needs["tables"] && s.env.Lookups == nil {
					continue
				}
				d := all[e.detection]
				found := d.on(t, e.in(t, s))(e.as(onlyLog)...)
				name := fmt.Sprintf("%s, %s, only log %v: %q", d.Name, s.name, onlyLog, e.what)
				if len(found) > 0 != e.attack {
					t.Errorf("%s: %d results", name, len(found))
				}
				for _, f := range found {
					for column, v := range e.want {
						if got := strings.Join(f.Row[column], "|"); got != v {
							t.Errorf("%s: %s is %q, want %q", name, column, got, v)
						}
					}
				}
			}
		}
	}
}

// Every detection of ours has attacks and benign episodes.
func TestEpisodesOfEach(t *testing.T) {
	attacks, benign := make(map[string]int), make(map[string]int)
	for _, e := range episodes(t) {
		if e.attack {
			attacks[e.detection]++
		} else {
			benign[e.detection]++
		}
	}
	for _, d := range All()[1:] { // the first is given, and known to miss
		if attacks[d.Name] < 2 || benign[d.Name] < 2 {
			t.Errorf("%s: %d attacks, %d benign", d.Name, attacks[d.Name], benign[d.Name])
		}
	}
}
