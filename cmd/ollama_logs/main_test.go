package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/modinput/modinputtest"
)

// called makes the input of this test's own executable.
const called = "CALLED_AS_OLLAMA_LOGS=1"

func TestMain(m *testing.M) {
	if os.Getenv("CALLED_AS_OLLAMA_LOGS") != "" {
		main()
	}
	flag.Parse()
	// The stories wait more than they work.
	if f := flag.Lookup("test.parallel"); f.Value.String() == f.DefValue {
		_ = f.Value.Set("16")
	}
	os.Exit(m.Run())
}

func splunk(t *testing.T) *modinputtest.Splunkd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &modinputtest.Splunkd{
		Command:       []string{exe},
		ServerURI:     "https://127.0.0.1:1",
		SessionKey:    "session",
		CheckpointDir: t.TempDir(),
		Env:           []string{called, "GORACE=atexit_sleep_ms=0"}, // or each takes a second to end
	}
}

// stanza is an input as splunkd hands it over, with further params.
func stanza(name string, params ...string) modinputtest.Stanza {
	s := modinputtest.Stanza{Name: "ollama_logs://" + name, App: "search", Params: map[string]string{
		"host": "$decideOnStartup", "index": "default", "interval": "0", "disabled": "0", "start_by_shell": "false",
		"journal_unit": "off",
	}}
	for i := 0; i < len(params); i += 2 {
		s.Params[params[i]] = params[i+1]
	}
	return s
}

// growing is a log file of numbered lines.
type growing struct {
	t    *testing.T
	path string
	n    int
}

func newLog(t *testing.T) *growing {
	return &growing{t: t, path: filepath.Join(t.TempDir(), "server & co.log")}
}

func line(n int) string {
	return fmt.Sprintf(`time=2026-11-21T19:00:00.000Z level=INFO source=server.go:1 msg="<line> & %d"`, n)
}

func (g *growing) grow(lines int) {
	g.t.Helper()
	var text strings.Builder
	for range lines {
		text.WriteString(line(g.n) + "\n")
		g.n++
	}
	appendTo(g.t, g.path, text.String())
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

// came waits for the last line so far.
func (g *growing) came(p *modinputtest.Process) []modinputtest.Event {
	g.t.Helper()
	return p.Await("last line", arrived(line(g.n-1)))
}

// arrived is true once each of lines is an event.
func arrived(lines ...string) func([]modinputtest.Event) bool {
	missing := slices.Clone(lines)
	next := 0
	return func(events []modinputtest.Event) bool {
		for ; next < len(events); next++ {
			if i := slices.Index(missing, events[next].Data); i >= 0 {
				missing = slices.Delete(missing, i, i+1)
			}
		}
		return len(missing) == 0
	}
}

func atLeast(n int) func([]modinputtest.Event) bool {
	return func(events []modinputtest.Event) bool { return len(events) >= n }
}

// inOrder checks that events are lines from first on, each once.
func inOrder(t *testing.T, events []modinputtest.Event, first int) {
	t.Helper()
	for i, ev := range events {
		if ev.Data != line(first+i) {
			t.Fatalf("event %d is %.100q, want line %d", i, ev.Data, first+i)
		}
	}
}

// endedWell checks that a process that was told to stop did.
func endedWell(t *testing.T, p *modinputtest.Process) {
	t.Helper()
	if exit := p.Stop(); exit != modinput.ExitDone || p.Torn() || p.Err() != nil {
		t.Errorf("exit %d, torn %v, %v, log:\n%s", exit, p.Torn(), p.Err(), strings.Join(p.Log(), "\n"))
	}
}

func TestScheme(t *testing.T) {
	want, err := os.ReadFile("../../splunk_app/modinput/testdata/scheme.xml")
	if err != nil {
		t.Fatal(err)
	}
	if got := splunk(t).Scheme(t); got != (modinputtest.Reply{Stdout: string(want)}) {
		t.Errorf("got %+v", got)
	}
}
