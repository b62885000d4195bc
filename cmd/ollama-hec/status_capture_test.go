package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/spool"
)

// What is captured shows in status and check, as long as its process runs and after that.
func TestStatusAndCheckShowWhatIsCaptured(t *testing.T) {
	collect(t)
	dir := t.TempDir()
	log, state := filepath.Join(dir, "o.log"), filepath.Join(dir, "state")
	write(t, log, "time=2026-01-01T00:00:00.000Z level=INFO msg=one\n")
	flags := []string{"--paths=" + log, "--state-dir=" + state}
	if status, _, errOut := command(t, "", append([]string{"run", "--once"}, flags...)...); status != 0 {
		t.Fatal(errOut)
	}
	says := func(want string, args ...string) {
		t.Helper()
		if _, out, errOut := command(t, "", append(args, flags...)...); !regexp.MustCompile("(?m)" + want).MatchString(out) {
			t.Errorf("%q: %q is missing in\n%s%s", args, want, out, errOut)
		}
	}
	says(`^ok +connections: `, "check")
	if _, out, _ := command(t, "", append([]string{"status"}, flags...)...); strings.Contains(out, "spool") {
		t.Errorf("there is no spool:\n%s", out)
	}

	w, err := spool.Open(spool.Options{State: state, Writer: "capture", Bytes: 1 << 30, Log: slog.New(slog.DiscardHandler),
		Started: spool.Record{Time: time.Now(), Sourcetype: spool.HealthSourcetype, Event: []byte(`{}`)}})
	if err != nil {
		t.Fatal(err)
	}
	tell := func(problem string, counts map[string]int64) {
		t.Helper()
		if err := w.WriteStatus(spool.Status{
			Started: time.Now(), At: time.Now(), Captures: []string{"requests"}, Prompts: "redacted", Ports: []int{11434, 11500},
			Counts: counts, Problem: problem,
		}); err != nil {
			t.Fatal(err)
		}
	}
	tell("", map[string]int64{"requests": 17, "lost_bytes": 5, "spool_lost_full": 2, "spool_lost_disk": 1})
	says(`^capture +running +17 +- +5 +3 +11434 11500$`, "status")
	says(`^spool +[1-9].* on disk$`, "status")
	says(`^ok +capture: runs, of ports 11434, 11500: 17 requests`, "check")
	tell("the spool holds 7 bytes", map[string]int64{"dropped_packets": 3})
	says(`^warn +capture: the spool holds 7 bytes`, "check")
	says(`^ +the spool holds 7 bytes`, "status")
	tell("", map[string]int64{"dropped_packets": 3})
	says(`^warn +capture: has missed 3 packets`, "check")

	_, out, _ := command(t, "", append([]string{"status", "--json"}, flags...)...)
	var st shipperState
	if err := json.Unmarshal([]byte(out), &st); err != nil || st.Spool == nil || !st.Spool.Writers["capture"].Running ||
		st.Spool.Writers["capture"].Counts["dropped_packets"] != 3 || st.Spool.Segments != 1 {
		t.Errorf("%v: %s", err, out)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	says(`^capture +ended, seen`, "status")
	says(`^warn +capture: does not run, and was not told to stop`, "check")
}

// A process that was told to stop is nothing to warn of; one that failed says why. A state that
// only it used is shown.
func TestCaptureThatEnded(t *testing.T) {
	for _, test := range []struct {
		left          spool.Status
		status, check string
	}{
		{
			spool.Status{Stopped: true},
			`^proxy +stopped 3 hours ago`, `^ok +proxy: does not run; it was stopped 3 hours ago`,
		},
		{
			spool.Status{Problem: "the port is gone"},
			`^proxy +ended, seen 3 hours ago`, `^warn +proxy: does not run: it ended 3 hours ago, the port is gone`,
		},
	} {
		collect(t)
		state := t.TempDir()
		w, err := spool.Open(spool.Options{State: state, Writer: "proxy", Bytes: 1 << 30, Log: slog.New(slog.DiscardHandler),
			Started: spool.Record{Time: time.Now(), Sourcetype: spool.HealthSourcetype, Event: []byte(`{}`)}})
		if err != nil {
			t.Fatal(err)
		}
		test.left.At, test.left.Captures = time.Now().Add(-210*time.Minute), []string{"requests"}
		if err := errors.Join(w.WriteStatus(test.left), w.Close()); err != nil {
			t.Fatal(err)
		}
		code, out, errOut := command(t, "", "status", "--state-dir="+state)
		if code != 0 || !regexp.MustCompile("(?m)"+test.status).MatchString(out) || !strings.Contains(out, "has never run here") {
			t.Errorf("status %d\n%s%s", code, out, errOut)
		}
		if _, out, _ := command(t, "", "check", "--state-dir="+state); !regexp.MustCompile("(?m)" + test.check).MatchString(out) {
			t.Errorf("%q is missing in\n%s", test.check, out)
		}
	}
	if code, _, errOut := command(t, "", "status", "--state-dir="+t.TempDir()); code != exitUsage ||
		!strings.Contains(errOut, "no shipper has used") {
		t.Errorf("status %d: %s", code, errOut)
	}
}

// With SPOOL=off a pipe, which ends, and capturing, which does not, exclude each other.
func TestCapturingItselfTakesNoPipe(t *testing.T) {
	collect(t)
	status, _, errOut := command(t, "", "run", "--spool=off", "--paths=-", "--state-dir="+t.TempDir())
	if status != exitUsage || !strings.Contains(errOut, "--spool") && !strings.Contains(errOut, "SPOOL") {
		t.Errorf("status %d: %s", status, errOut)
	}
	status, _, errOut = command(t, "", "capture", "--spool=off", "--state-dir="+t.TempDir())
	if status != exitUsage || !strings.Contains(errOut, "run") {
		t.Errorf("status %d: %s", status, errOut)
	}
}
