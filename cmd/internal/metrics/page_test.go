package metrics

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/settings"
)

var update = flag.Bool("update", false, "write the page of the metrics anew")

const page = "../../ollama-hec/METRICS.md"

// The page of the metrics has each that METRICS_ADDR prints, and no other. Here a file, a journal and
// a spool are followed, an endpoint acknowledges, and somebody captures who counts all there is.
func TestPageIsWhatIsPrinted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("journals are Linux's")
	}
	bin := t.TempDir()
	journalctl := []byte("#!/bin/sh\nexec sleep 600\n")
	if err := os.WriteFile(filepath.Join(bin, "journalctl"), journalctl, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	_, url := runningWith(t, []string{"o.log"}, func(s *settings.Settings, d *Deps) {
		s.JournalUnit = "ollama"
		if err := os.MkdirAll(filepath.Join(s.StateDir, "capture"), 0o700); err != nil {
			t.Fatal(err)
		}
		d.Itself = func() map[string]int64 {
			counts := map[string]int64{}
			for _, c := range captureCounts {
				counts[c.count] = 1
			}
			return counts
		}
	})
	var text string
	eventually(t, "an event is acknowledged and the spool was looked at", func() bool {
		_, text = get(t, url+"/metrics")
		return strings.Contains(text, "\nollama_hec_ack_seconds_count 1") && strings.Contains(text, "\nollama_hec_spool_bytes ") &&
			strings.Contains(text, "\nollama_hec_file_lag_bytes")
	})
	table := tableOf(t, text)
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- metrics: from the code -->\n", "<!-- end of metrics -->"
	before, rest, found := strings.Cut(string(old), begin)
	_, after, ends := strings.Cut(rest, end)
	if !found || !ends {
		t.Fatalf("%s has no place for the metrics", page)
	}
	want := before + begin + table + end + after
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(old) != want {
		t.Errorf("%s is behind the code: go test ./cmd/internal/metrics -run Page -update", page)
	}
}

var (
	described = regexp.MustCompile(`^# HELP (ollama_hec_\w+) (.*)$`) // and not those of every process
	typed     = regexp.MustCompile(`^# TYPE (\w+) (\w+)$`)
	labelled  = regexp.MustCompile(`(\w+)="`)
)

// tableOf is the program's own metrics in what was printed, as a table.
func tableOf(t *testing.T, printed string) string {
	t.Helper()
	lines := strings.Split(printed, "\n")
	var rows []string
	for i, line := range lines {
		help := described.FindStringSubmatch(line)
		if help == nil || i+2 >= len(lines) {
			continue
		}
		kind := typed.FindStringSubmatch(lines[i+1])
		if kind == nil || kind[1] != help[1] {
			t.Fatalf("%s has no type", help[1])
		}
		var labels []string
		for _, l := range labelled.FindAllStringSubmatch(lines[i+2], -1) {
			if l[1] != "le" { // of every histogram
				labels = append(labels, "`"+l[1]+"`")
			}
		}
		rows = append(rows, fmt.Sprintf("| `%s` | %s | %s | %s |\n", help[1], kind[2], strings.Join(labels, ", "), help[2]))
	}
	slices.Sort(rows)
	return "| metric | is a | labels | meaning |\n|---|---|---|---|\n" + strings.Join(rows, "")
}
