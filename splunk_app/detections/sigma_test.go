package detections

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// converted are the rules for Sigma as pySigma's backend for Splunk says them, by detection.
func converted(t *testing.T) map[string][]*spl.Search {
	t.Helper()
	files, err := filepath.Glob("../content/converted/*.spl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversions: %v", err)
	}
	derived := regexp.MustCompile(`(?m)^  - id: (\S+)\n    type: derived$`)
	rules := make(map[string][]*spl.Search)
	for _, path := range files {
		query, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rule, err := os.ReadFile("../content/sigma/" + strings.TrimSuffix(filepath.Base(path), ".spl") + ".yml")
		if err != nil {
			t.Fatal(err)
		}
		search, err := spl.Compile(strings.TrimSpace(string(query)), environment())
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		of := slices.IndexFunc(All(), func(d Detection) bool { return d.ID == derived.FindStringSubmatch(string(rule))[1] })
		rules[All()[of].Name] = append(rules[All()[of].Name], search)
	}
	return rules
}

// incidents names the results by host, and by source where the detection names one.
func incidents(d Detection, rows []spl.Row) map[string]bool {
	names := make(map[string]bool)
	for _, r := range rows {
		name := r.First("host")
		if slices.Contains(d.Throttle, "src") {
			name += " " + strings.ToLower(r.First("src"))
		}
		names[name] = true
	}
	return names
}

// logs are what the rules are compared on: the labelled lines each alone, the episodes and
// evidence, and the events of whole logs.
func logs(t *testing.T, d Detection) (logs [][]Event) {
	t.Helper()
	if d.Name == abnormalConnectivity().Name || d.Name == networkFailure().Name {
		for _, l := range slices.Concat(cases(t), labelled(t)) {
			logs = append(logs, []Event{l.event()})
		}
	}
	for _, e := range episodes(t) {
		if e.detection == d.Name {
			logs = append(logs, e.as(false))
		}
	}
	evidence := episode{}
	for _, e := range d.Evidence {
		if e.Sourcetype == "ollama:server" {
			evidence.lines = append(evidence.lines, hostLine{"gpu-1", e.Raw})
		} else {
			evidence.events = append(evidence.events, e)
		}
	}
	logs = append(logs, evidence.as(false))
	whole := delivered(t)
	for _, name := range slices.Sorted(maps.Keys(whole)) {
		logs = append(logs, whole[name])
	}
	return logs
}

// SIGMA.md says how the rules for Sigma do beside the searches, and is what they do. Each finds
// something that its detection finds.
func TestSigma(t *testing.T) {
	rules := converted(t)
	var table strings.Builder
	table.WriteString(
		"| detection | rules | logs | found by both | by the search alone | by the rules alone |\n|---|--:|--:|--:|--:|--:|\n",
	)
	for _, d := range All() {
		if rules[d.Name] == nil {
			continue
		}
		var both, search, sigma int
		all := logs(t, d)
		for _, events := range all {
			var rows []spl.Row
			for _, e := range events {
				rows = append(rows, Fields(e))
			}
			var found []spl.Row
			for _, f := range d.Run(events) {
				found = append(found, f.Row)
			}
			want, got := incidents(d, found), make(map[string]bool)
			for _, rule := range rules[d.Name] {
				maps.Copy(got, incidents(d, rule.Run(rows).Rows))
			}
			for name := range want {
				if got[name] {
					both++
				} else {
					search++
				}
			}
			for name := range got {
				if !want[name] {
					sigma++
				}
			}
		}
		fmt.Fprintf(&table, "| %s | %d | %d | %d | %d | %d |\n", d.Name, len(rules[d.Name]), len(all), both, search, sigma)
		if both == 0 {
			t.Errorf("%s: the rules find nothing of what the search finds", d.Name)
		}
	}
	golden(t, "../content/SIGMA.md", "# The rules for Sigma beside the searches\n\n"+
		"Written by `go test ./splunk_app/detections -run TestSigma -update`; the test fails when it is not what the searches that\n"+
		"pySigma makes of the rules do, in our own model of Splunk, on the labelled lines, the episodes, the evidence and whole logs.\n"+
		"An incident is a host, with a source where the detection names one, in one of these logs.\n\n"+table.String())
}
