//go:build linux

package harness

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ollama-hec/hec/receiver"
)

// A directory that is closed to the shipper's user is named with that user and with what opens it, by
// run and by check, be it on the way to a file, to a glob or to where Docker logs. It is looked at again.
func TestWhatIsClosedIsNamed(t *testing.T) {
	t.Parallel()
	const user = "nobody"
	if nobody() == nil {
		t.Skip("only root can become a user whose name is known here")
	}
	for name, tt := range map[string]struct {
		closed, log string // below the directory of logs
		paths       string // "": the usual places
		hint        string
	}{
		"a file in it": {"shut", "shut/a.log", "shut/a.log", "setfacl -m u:nobody:rx "},
		"a glob":       {"shut", "shut/sub/a.log", "shut/*/*.log", "setfacl -m u:nobody:rx "},
		"a glob above": {"some/shut", "some/shut/a.log", "some/**/*.log", "setfacl -m u:nobody:rx "},
		"Docker's": {
			".local/share/docker", ".local/share/docker/containers/" + strings.Repeat("a", 64) + "/x-json.log", "",
			"as root, or with the capability CAP_DAC_READ_SEARCH",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.attr = nobody()
			m.openToAll()
			closed, log := m.path(tt.closed), m.path(tt.log)
			m.must(os.MkdirAll(filepath.Dir(log), 0o755))
			m.must(os.WriteFile(log, []byte(m.lines("a", 0, 10)), 0o644))
			m.must(os.Chmod(closed, 0o700))
			if tt.paths != "" {
				m.env["PATHS"] = m.path(tt.paths)
			}
			m.env["JOURNAL_UNIT"] = "off"
			says := closed + " is closed to the user " + user
			s := m.launch("run")
			m.eventually("run names it", func() bool {
				return strings.Contains(s.Log(), says) && strings.Contains(s.Log(), tt.hint)
			})
			for _, never := range []string{"open .", "no file matches", "inotify"} {
				if strings.Contains(s.Log(), never) {
					t.Errorf("run says %q:\n%s", never, s.Log())
				}
			}
			check := m.launch("check")
			<-check.Done()
			said := says
			if tt.paths != "" {
				said = "fail  directory " + closed + ": closed to the user " + user
			}
			if out := check.Out(); !strings.Contains(out, said) || !strings.Contains(out, tt.hint) || strings.Contains(out, "no such file") {
				t.Errorf("check says\n%s", out)
			}
			if tt.paths != "" {
				m.must(os.Chmod(closed, 0o755))
				m.eventually("it is read once it is open", func() bool { return m.ledger.Times(m.name("a", 9)) == 1 })
				m.eventually("that is said", func() bool { return strings.Contains(s.Log(), "looked for in the directory again") })
			}
			s.Signal(syscall.SIGTERM)
			m.wantExit(s, 0)
		})
	}
}

// Whoever may look into no directory on the way to PATHS has missed something at the end.
func TestOnceFailsForAClosedDirectory(t *testing.T) {
	t.Parallel()
	if nobody() == nil {
		t.Skip("only root can become a user whose name is known here")
	}
	b := newBench(t, receiver.Options{})
	b.attr = nobody()
	b.openToAll()
	b.must(os.Mkdir(b.path("shut"), 0o700))
	b.env["PATHS"] = b.path("shut/*.log")
	s := b.launch("run", "--once")
	b.wantExit(s, 1)
	if !strings.Contains(s.Log(), b.path("shut")+" is closed to the user nobody") {
		t.Errorf("it says\n%s", s.Log())
	}
}
