package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A command that only looks at a state directory takes none that is not there or that nobody has
// used, names the setting by which it got it, and makes nothing there.
func TestStateThatNobodyHasUsedIsNoState(t *testing.T) {
	collect(t)
	base := t.TempDir()
	empty, missing := filepath.Join(base, "empty"), filepath.Join(base, "missing")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, called := range []string{"dead-letter list", "dead-letter drop", "dead-letter replay", "status", "status --json"} {
		for _, tt := range []struct{ flag, env, want string }{
			{missing, empty, `--state-dir: got "` + missing + `": there is no such directory; name that of the shipper`},
			{"", missing, `OLLAMA_HEC_STATE_DIR: got "` + missing + `": there is no such directory`},
			{empty, "", `--state-dir: got "` + empty + `": no shipper has used this directory`},
			{"", empty, `OLLAMA_HEC_STATE_DIR: got "` + empty + `": no shipper has used this directory`},
		} {
			t.Setenv("OLLAMA_HEC_STATE_DIR", tt.env)
			args := strings.Fields(called)
			if tt.flag != "" {
				args = append(args, "--state-dir="+tt.flag)
			}
			status, out, errOut := command(t, "", args...)
			if status != exitUsage || out != "" || !strings.Contains(errOut, tt.want) {
				t.Errorf("%s, %+v: status %d\n%s%s", called, tt, status, out, errOut)
			}
		}
	}
	left, err := filepath.Glob(base + "/*/*")
	if _, there := os.Stat(missing); err != nil || len(left) > 0 || there == nil {
		t.Errorf("left is %q, %v, %v", left, err, there)
	}
	t.Setenv("OLLAMA_HEC_STATE_DIR", "")
	home := t.TempDir()
	t.Setenv("HOME", home)
	if os.Geteuid() == 0 { // whose usual place another shipper may have used
		return
	}
	if status, _, errOut := command(t, "", "status"); status != exitUsage ||
		!strings.Contains(errOut, "OLLAMA_HEC_STATE_DIR: not set, and without it ") {
		t.Errorf("without the setting: status %d: %s", status, errOut)
	}
}

// A shipper that was never rejected anything has no dead letters, which is no mistake.
func TestStateWithoutDeadLetters(t *testing.T) {
	collect(t)
	log, state := filepath.Join(t.TempDir(), "o.log"), "--state-dir="+filepath.Join(t.TempDir(), "state")
	write(t, log, "a line\n")
	if status, out, errOut := command(t, "", "check", "--paths="+log, state); status != 0 ||
		!strings.Contains(out, "is not there yet, and can be made") {
		t.Errorf("status %d: %s%s", status, out, errOut)
	}
	if status, _, errOut := command(t, "", "run", "--once", "--paths="+log, state); status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	if status, out, errOut := command(t, "", "dead-letter", "list", state); status != 0 || out != "" {
		t.Errorf("status %d: %s%s", status, out, errOut)
	}
}
