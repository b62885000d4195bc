package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

const casesDir = "../../testdata/cases/logs"

// Times without a zone are of the machine's, here the same on all machines.
func init() { time.Local = time.UTC }

// told shows events as people compare them: sourcetype, time, host and fields where a
// line names them, text.
func told(t *testing.T, events string) string {
	t.Helper()
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for line := range strings.Lines(events) {
		var ev struct {
			Time             json.Number
			Host, Sourcetype string
			Fields           map[string]string
			Event            json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		at, err := ev.Time.Float64()
		if err != nil {
			t.Fatal(err)
		}
		when := time.UnixMilli(int64(at*1000 + 0.5)).UTC()
		stamp := when.Format("2006-01-02T15:04:05.000Z")
		if time.Since(when).Abs() < time.Hour {
			stamp = "now"
		}
		text := string(ev.Event)
		if ev.Sourcetype == "ollama:server" {
			if err := json.Unmarshal(ev.Event, &text); err != nil {
				t.Fatal(err)
			}
		}
		fmt.Fprintf(&b, "%s %s", ev.Sourcetype, stamp)
		if ev.Host != machine {
			fmt.Fprintf(&b, " host=%s", ev.Host)
		}
		var names []string
		for name, value := range ev.Fields {
			names = append(names, name+"="+value)
		}
		slices.Sort(names)
		for _, name := range names {
			fmt.Fprintf(&b, " %s", name)
		}
		fmt.Fprintf(&b, "\n    %s\n", strings.ReplaceAll(text, "\n", "\n    "))
	}
	return b.String()
}

// shipped is what a receiver gets of a run.
func shipped(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	var out output
	r := receiver.New(receiver.Options{Out: &out, Tokens: []receiver.Token{{Value: testToken}}})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	// It has ended before another case sets another zone.
	served := make(chan struct{})
	go func() {
		defer close(served)
		r.Serve(context.Background())
	}()
	defer func() {
		r.Close()
		<-served
	}()
	t.Setenv("OLLAMA_HEC_TOKEN", testToken)
	status, _, errOut := command(
		t,
		stdin,
		slices.Concat([]string{"run", "--once", "--url=" + r.URL(), "--state-dir=" + t.TempDir()}, args)...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	return out.String()
}

// Logs as people have them become the events that stand beside them, whether they are
// followed, piped or previewed.
func TestCases(t *testing.T) {
	hole := filepath.Join(t.TempDir(), "42-nul-hole.log")
	write(
		t,
		hole,
		strings.Repeat(
			"\x00",
			1_200_000,
		)+"time=2026-05-08T20:50:26.091Z level=INFO source=routes.go:15 msg=\"first line after the hole\"\n"+
			`[GIN] 2026/05/08 - 20:50:27 | 200 |            0s |       203.0.113.9 | GET      "/api/tags"`+"\n",
	)
	files, err := filepath.Glob(casesDir + "/*.log")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range append(files, hole) {
		name := strings.TrimSuffix(filepath.Base(file), ".log")
		want := filepath.Join(casesDir, name+".want")
		t.Run(name, func(t *testing.T) {
			prompts := "--prompts=redacted"
			if strings.Contains(name, "prompts-off") || name == "58-sampled-token" {
				prompts = "--prompts=off"
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), filepath.Base(file)) // written to now, which is the time of some lines
			write(t, file, string(text))
			status, out, errOut := command(t, "", "preview", prompts, file)
			if status != 0 {
				t.Fatalf("status %d: %s", status, errOut)
			}
			got := told(t, out)
			if *update {
				write(t, want, got)
			}
			wanted, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(wanted) {
				t.Errorf("got\n%s\nwant\n%s", got, wanted)
			}
			if _, out, _ := command(t, string(text), "preview", prompts, "-"); told(t, out) != got {
				t.Errorf("of a pipe\n%s", told(t, out))
			}
			if sent := told(t, shipped(t, "", prompts, "--paths="+file)); sent != got {
				t.Errorf("run sends\n%s", sent)
			}
			if sent := told(t, shipped(t, string(bytes.TrimSuffix(text, []byte("\n"))), prompts, "--paths=-")); sent != got {
				t.Errorf("run sends of a pipe\n%s", sent)
			}
		})
	}
}
