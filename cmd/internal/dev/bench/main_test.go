package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets the test's own executable be the processes that a benchmark starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && verbs[os.Args[1]] != nil {
		if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// Every part runs to its end with the real shipper, on little. Figures are not judged.
func TestEveryPartMeasures(t *testing.T) {
	var out bytes.Buffer
	path := filepath.Join(t.TempDir(), "figures.json")
	err := run(t.Context(), []string{
		"-lines=2000",
		"-runs=1",
		"-files=5",
		"-files-lines=1000",
		"-latency-seconds=1",
		"-rate-seconds=1",
		"-idle-seconds=1",
		"-connections=200",
		"-capture-seconds=1",
		"-capture-mb=5",
		"-json",
		path,
	}, &out, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	measured := map[string]bool{}
	for _, f := range r.Figures {
		measured[f.Of] = true
		// What only wakes up every few seconds may take nothing in one.
		// What the proxy adds is a difference, which noise can turn around.
		// A busy machine may miss the ends of all streams, and then the figure is true.
		mayBeNone := f.Of == "no connections" || strings.Contains(f.Unit, "streams")
		if f.Unit != addedUnit && (f.Value < 0 || f.Value == 0 && !mayBeNone) {
			t.Errorf("%s: %v %s", f.Of, f.Value, f.Unit)
		}
		if !strings.Contains(out.String(), f.Of) {
			t.Errorf("%s is not in the table", f.Of)
		}
	}
	for _, of := range []string{"reference", "API_EVENTS=off", "API_EVENTS=on", "5 files growing together", "1000 lines/s, BATCH_DELAY=200ms",
		"20 streams × 200 tokens/s through the proxy", "1000 lines/s", "5000 lines/s, GZIP_LEVEL=1"} {
		if !measured[of] {
			t.Errorf("%s was not measured", of)
		}
	}
}

func TestProfilesAreWritten(t *testing.T) {
	dir := t.TempDir()
	cpu, mem := filepath.Join(dir, "cpu"), filepath.Join(dir, "mem")
	if err := run(
		t.Context(),
		[]string{"-lines=2000", "-cpuprofile", cpu, "-memprofile", mem, "-shipper=none"},
		io.Discard,
		t.Output(),
	); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{cpu, mem} {
		if st, err := os.Stat(path); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestWrongFlagsSayWhatIsTaken(t *testing.T) {
	for arg, want := range map[string]string{"-parts=all": "latency", "-runs=0": "above 0", "more": "no arguments"} {
		if err := run(
			t.Context(),
			[]string{arg},
			io.Discard,
			io.Discard,
		); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want something of %q", arg, err, want)
		}
	}
}
