package main

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
)

func TestStatusShowsHowFarItGot(t *testing.T) {
	collect(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "o.log")
	if err := os.WriteFile(log, []byte("time=2026-01-01T00:00:00.000Z level=INFO msg=one\nhalf"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := "--state-dir=" + filepath.Join(dir, "state")
	if status, _, errOut := command(
		t,
		"",
		"status",
		state,
	); status != exitUsage ||
		!strings.Contains(errOut, "there is no such directory") {
		t.Errorf("status %d: %s", status, errOut)
	}
	if status, _, errOut := command(t, "", "run", "--once", "--paths="+log, state); status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	shows := func(want ...string) {
		t.Helper()
		status, out, _ := command(t, "", "status", state)
		for _, want := range want {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("status %d: %q is missing in\n%s", status, want, out)
			}
		}
	}
	// A line without end does not wait for delivery but for Ollama.
	shows(
		"stopped",
		"checkpoints +written (now|.* ago)",
		"last delivery +(now|.* ago)",
		"dead letters   0",
		regexp.QuoteMeta(log)+" +53 B +49 B +4 B +- ",
	)

	// What was written since waits since its first line says.
	waits := func(line string) {
		t.Helper()
		if err := os.WriteFile(log, []byte("time=2026-01-01T00:00:00.000Z level=INFO msg=one\n"+line), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	hour, second := time.Now().Add(-3*time.Hour-time.Second).UTC(), time.Now().UTC()
	waits(
		"time=" + hour.Format(
			time.RFC3339Nano,
		) + " level=INFO msg=two\ntime=" + second.Format(
			time.RFC3339Nano,
		) + " level=INFO msg=three\n",
	)
	shows(regexp.QuoteMeta(log) + ".* B +3 hours ago ")
	waits(
		`{"log":"time=` + hour.Format(
			time.RFC3339Nano,
		) + ` level=INFO msg=two\n","stream":"stderr","time":"` + hour.Format(
			time.RFC3339Nano,
		) + "\"}\n",
	)
	shows(regexp.QuoteMeta(log) + ".* B +3 hours ago ")
}

// Of a journal there is how far it was delivered.
func TestStatusShowsJournals(t *testing.T) {
	dir := t.TempDir()
	store, err := checkpoint.Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	at := struct {
		Carry input.Carry `json:"carry"`
	}{input.Carry{Time: time.Now().Add(-2*time.Hour - time.Second).UnixNano()}}
	store.Set("journald", "ollama\n\ngpu1", func() any { return at })
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, out, errOut := command(
		t,
		"",
		"status",
		"--state-dir="+dir,
	); !regexp.MustCompile(
		`(?m)^journald ollama gpu1 +2 hours ago$`,
	).MatchString(
		out,
	) {
		t.Errorf("got\n%s%s", out, errOut)
	}
}

// A start writes checkpoints, too, and delivers nothing by it.
func TestStatusTellsWritingFromDelivery(t *testing.T) {
	r, _ := collect(t)
	dir := t.TempDir()
	log, state := filepath.Join(dir, "o.log"), filepath.Join(dir, "state")
	write(t, log, "no stamp\n")
	is := func(want string) {
		t.Helper()
		status, out, errOut := command(t, "", "status", "--state-dir="+state)
		if status != 0 || !regexp.MustCompile("(?m)"+want).MatchString(out) {
			t.Errorf("status %d: %q is missing in\n%s%s", status, want, out, errOut)
		}
	}
	ship := func() {
		t.Helper()
		if status, _, errOut := command(t, "", "run", "--once", "--paths="+log, "--state-dir="+state); status != 0 {
			t.Fatalf("status %d: %s", status, errOut)
		}
	}
	stopOnceSaid(
		t,
		"does not take events",
		"run",
		"--url=http://127.0.0.1:1",
		"--paths="+log,
		"--state-dir="+state,
		"--drain-timeout=1ms",
	)
	is(`^checkpoints +written`)
	is(`^last delivery +never$`)
	is(regexp.QuoteMeta(log) + " .* never$")

	ship()
	is(`^last delivery +(now|.* ago)$`)
	is(regexp.QuoteMeta(log) + " .* -$") // a line was delivered, and none has a stamp

	// From then on the time of the last delivery stays, whatever is written.
	mark, before := filepath.Join(state, deliveredMark), time.Now().Add(-3*time.Hour-time.Second)
	if err := os.Chtimes(mark, before, before); err != nil {
		t.Fatal(err)
	}
	ship()
	is(`^last delivery +3 hours ago$`)

	// A modular input leaves no mark.
	if err := os.Remove(mark); err != nil {
		t.Fatal(err)
	}
	is(`^last delivery +not known$`)
	if n := r.Stats().Taken(); n != 1 {
		t.Errorf("%d events", n)
	}
}

// What watches a host reads the state as one object, and whether a shipper runs as the
// exit status.
func TestStatusAsJSON(t *testing.T) {
	collect(t)
	log, dir := filepath.Join(t.TempDir(), "o.log"), t.TempDir()
	write(t, log, "time=2026-01-01T00:00:00.000Z level=INFO msg=one\nhalf")
	if status, _, errOut := command(t, "", "run", "--once", "--paths="+log, "--state-dir="+dir); status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	status, out, errOut := command(t, "", "status", "--json", "--state-dir="+dir)
	var st shipperState
	if err := json.Unmarshal([]byte(out), &st); err != nil || status != exitFailed || !strings.Contains(errOut, "no shipper runs") {
		t.Fatalf("status %d, %v: %s%s", status, err, out, errOut)
	}
	if st.Running || st.State != dir || st.DeadLetters != 0 || !st.Delivery.Known || st.Delivery.At.IsZero() ||
		len(st.Files) != 1 || st.Files[0].Path != log || st.Files[0].Delivered != 49 || st.Files[0].Lag != 4 {
		t.Errorf("got %+v", st)
	}
	store, err := checkpoint.Open(dir, slog.New(slog.DiscardHandler)) // as a shipper does
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if status, out, _ := command(t, "", "status", "--json", "--state-dir="+dir); status != 0 || !strings.Contains(out, `"running": true`) {
		t.Errorf("while one runs: status %d\n%s", status, out)
	}
}
