package detections

import (
	"os"
	"slices"
	"strings"
	"testing"
)

const casesDir = "../../testdata/detections/"

// The search of detection 1 is given, letter for letter.
func TestGivenSearch(t *testing.T) {
	given, err := os.ReadFile(casesDir + "given-1.spl")
	if err != nil {
		t.Fatal(err)
	}
	if got := abnormalConnectivity().Search + "\n"; got != string(given) {
		t.Errorf("got  %s\nwant %s", got, given)
	}
}

// Lines of many versions, written after what Ollama's source and public issues
// show: attack and benign, server and desktop app, Linux, macOS, Windows.
func cases(t *testing.T) []line {
	t.Helper()
	var lines []line
	for i, row := range tsv(t, casesDir+"network.tsv") {
		l := line{file: "network.tsv", number: i + 2, text: row["line"], kind: row["kind"]}
		if l.kind == "-" {
			l.kind = ""
		}
		lines = append(lines, l)
	}
	return lines
}

func TestNetworkFailureCases(t *testing.T) {
	labels := tsv(t, casesDir+"network.tsv")
	for _, s := range splunks(t) {
		failures := networkFailure().on(t, s)
		for i, l := range cases(t) {
			kind, hosts := "", "-"
			if found := failures(l.event()); len(found) > 0 {
				kind = strings.Join(found[0].Row["kinds"], ",")
				if h := found[0].Row["remote_hosts"]; h != nil {
					hosts = strings.Join(h, ",")
				}
			}
			want := strings.Split(labels[i]["remote_hosts"], ",")
			slices.Sort(want)
			if kind != l.kind || hosts != strings.Join(want, ",") {
				t.Errorf(
					"%s: %v (%s): kind %q at %s, want %q at %s\n%s",
					s.name,
					l,
					labels[i]["why"],
					kind,
					hosts,
					l.kind,
					want,
					l.text,
				)
			}
		}
	}
}
