//go:build linux

package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ollama-hec/hec/receiver"
)

// machine is a bench whose shipper is told nothing of where logs are: it has a
// home and a journal of its own. What this machine itself has of Ollama comes, too.
type machine struct {
	*bench
	mu     sync.Mutex
	events map[string]receiver.Event // guarded by mu; by line
	marked bool                      // guarded by mu; one of the lines came that tell what is followed
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{events: map[string]receiver.Event{}}
	m.bench = newBench(t, receiver.Options{Event: m.take})
	delete(m.env, "PATHS")
	bin := filepath.Join(filepath.Dir(m.dir), "bin")
	m.must(os.MkdirAll(bin, 0o755))
	m.must(os.MkdirAll(m.journal(), 0o755))
	// The real journalctl, if there is one, reads another journal than this machine's.
	real, err := exec.LookPath("journalctl")
	if err != nil {
		real = "false"
	}
	script := fmt.Sprintf("#!/bin/sh\nexec %s --directory='%s' \"$@\"\n", real, m.journal())
	m.must(os.WriteFile(filepath.Join(bin, "journalctl"), []byte(script), 0o755))
	m.before = []string{"env", "HOME=" + m.dir, "PATH=" + bin + ":" + os.Getenv("PATH")}
	return m
}

func (m *machine) journal() string { return filepath.Join(filepath.Dir(m.dir), "journal") }

func (m *machine) take(e receiver.Event) {
	var line string
	if json.Unmarshal(e.Event, &line) != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[line] = e
	m.marked = m.marked || strings.HasPrefix(line, mark)
}

const remote = "/lib/systemd/systemd-journal-remote"

// haveJournal: without it no journal can be made here.
func haveJournal(t *testing.T) bool {
	t.Helper()
	_, err := os.Stat(remote)
	_, missing := exec.LookPath("journalctl")
	if err != nil || missing != nil {
		t.Logf("not run, it needs journalctl and %s", remote)
	}
	return err == nil && missing == nil
}

// log has who, a field of the journal, write lines to it.
func (m *machine) log(who, lines string) {
	m.t.Helper()
	var id string // entries of another machine would be passed over
	if raw, err := os.ReadFile("/etc/machine-id"); err == nil {
		id = "_MACHINE_ID=" + strings.TrimSpace(string(raw)) + "\n"
	}
	var export strings.Builder
	for line := range strings.Lines(lines) {
		fmt.Fprintf(
			&export,
			"__REALTIME_TIMESTAMP=1792610141000000\n__MONOTONIC_TIMESTAMP=1000000\n_BOOT_ID=%032d\n%s_HOSTNAME=gpu1\n_TRANSPORT=stdout\n%s\nMESSAGE=%s\n",
			1,
			id,
			who,
			line,
		)
	}
	cmd := exec.Command(remote, "--output="+filepath.Join(m.journal(), "system.journal"), "-")
	cmd.Stdin = strings.NewReader(export.String())
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("systemd-journal-remote: %v\n%s", err, out)
	}
}

const unit, other = "_SYSTEMD_UNIT=ollama.service", "_SYSTEMD_UNIT=ssh.service"

// docker lays out a container in the user's own Docker, without its log.
func (m *machine) docker(n int, name, image string) (log string) {
	m.t.Helper()
	id := fmt.Sprintf("%064x", n)
	dir := ".local/share/docker/containers/" + id
	m.must(os.MkdirAll(m.path(dir), 0o755))
	m.write(dir+"/config.v2.json", fmt.Sprintf(`{"Name":"/%s","Config":{"Image":%q}}`, name, image))
	return dir + "/" + id + "-json.log"
}

func framed(format, lines string) string {
	var b strings.Builder
	for line := range strings.Lines(lines) {
		fmt.Fprintf(&b, format, strings.TrimSuffix(line, "\n"))
	}
	return b.String()
}

const (
	dockerFrame = `{"log":"%s\n","stream":"stderr","time":"2026-11-21T19:15:41.5Z"}` + "\n"
	podmanFrame = "2026-11-21T19:15:41.500000000+00:00 stderr F %s\n"
)

// all demands that what was written came once and in order, and does not come
// again after the shipper was started anew.
func (m *machine) all() {
	m.t.Helper()
	m.arrived()
	m.stop()
	m.wantExit(m.launch("run", "--once"), 0)
	t := m.ledger.Tally()
	if t.Lost+t.AfterAmbiguous+t.AfterCrash+t.Unexcused+t.Disordered+t.Overtaking > 0 {
		m.t.Errorf("want each line once and in order, got %+v", t)
	}
}

// followed waits until what is written to a container's log comes.
func (m *machine) followed(log string) {
	m.t.Helper()
	n := 0
	m.eventually("a file followed", func() bool {
		m.append(log, fmt.Sprintf(dockerFrame, Line(mark, n)))
		n++
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.marked
	})
}

const mark = "mark"

// says is to be asked once it has ended.
func (m *machine) says(text string, times int) {
	m.t.Helper()
	if got := strings.Count(m.shipper.Log(), text); got != times {
		m.t.Errorf("it says %q %d times, want %d:\n%s", text, got, times, m.shipper.Log())
	}
}

func TestAJournalThatFillsLater(t *testing.T) {
	t.Parallel()
	if !haveJournal(t) {
		return
	}
	for name, start := range map[string]string{"from the beginning": "beginning", "also where files are read from their end": "end"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t)
			m.env["START"] = start
			m.log(other, "not Ollama's\n")
			log := m.docker(1, "ollama", "ollama/ollama")
			m.write(log, "")
			m.start()
			m.followed(log)
			m.append(log, framed(dockerFrame, m.lines("docker", 0, 10)))
			m.arrived()
			m.log(unit, m.lines("unit", 0, 50))
			m.arrived()
			m.log(unit, m.lines("unit", 50, 50))
			m.append(log, framed(dockerFrame, m.lines("docker", 10, 10)))
			m.arrived()
			m.all()
			m.says("it holds nothing of a unit or container named ollama", 1)
			m.says("followed from now on", 1)
		})
	}
}

func TestAJournalBesideALogFileIsNotRead(t *testing.T) {
	t.Parallel()
	if !haveJournal(t) {
		return
	}
	m := newMachine(t)
	m.must(os.MkdirAll(m.path(".ollama/logs"), 0o755))
	twice := m.lines("same", 0, 50)
	m.write(".ollama/logs/server.log", twice)
	m.log(unit, twice)
	m.start()
	m.arrived()
	m.all()
	m.says("not read: there is a log file", 1)
}

func TestAJournalThatFillsBesideALogFileIsNotRead(t *testing.T) {
	t.Parallel()
	if !haveJournal(t) {
		return
	}
	m := newMachine(t)
	m.write(m.docker(1, "ollama", "ollama/ollama"), framed(dockerFrame, m.lines("docker", 0, 10)))
	m.must(os.MkdirAll(m.path(".ollama/logs"), 0o755))
	m.start()
	m.arrived()
	twice := m.lines("same", 0, 50)
	m.write(".ollama/logs/server.log", twice)
	m.log(unit, twice)
	m.eventually(
		"the journal left alone",
		func() bool { return strings.Contains(m.shipper.Log(), "journal is not looked at any more") },
	)
	m.all()
	m.says("followed from now on", 0)
}

func TestLogsThatAppearLater(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.must(os.MkdirAll(m.path(".ollama/logs"), 0o755))
	m.write(".ollama/logs/server.log", m.lines("server", 0, 10))
	m.start()
	m.arrived()

	m.write(".ollama/logs/app.log", m.lines("app", 0, 10))
	m.write(m.docker(1, "db", "postgres"), framed(dockerFrame, "not Ollama's-1\n"))
	m.write(m.docker(2, "llm", "ollama/ollama:0.13.5"), framed(dockerFrame, m.lines("docker", 0, 10)))
	m.arrived()

	store, id := ".local/share/containers/storage/overlay-containers/", strings.Repeat("ab", 32)
	m.must(os.MkdirAll(m.path(store+id+"/userdata"), 0o755))
	m.write(store+id+"/userdata/ctr.log", framed(podmanFrame, m.lines("podman", 0, 10)))
	about, err := json.Marshal(
		`{"image-name":"docker.io/ollama/ollama:latest","image-id":"sha","name":"gpu","created-at":1792610141}`,
	)
	m.must(err)
	m.write(
		store+"containers.json",
		fmt.Sprintf(`[{"id":"%s","names":["gpu"],"image":"sha","layer":"l","metadata":%s}]`, id, about),
	)
	m.arrived()
	m.all()

	m.mu.Lock()
	defer m.mu.Unlock()
	if _, came := m.events["not Ollama's-1"]; came {
		t.Error("the log of another container came")
	}
	for line, want := range map[string]map[string]string{
		m.name("docker", 9): {"container": "llm", "image": "ollama/ollama:0.13.5", "container_id": fmt.Sprintf("%064x", 2)},
		m.name("podman", 9): {"container": "gpu", "image": "docker.io/ollama/ollama:latest", "container_id": id},
	} {
		var got map[string]any
		m.must(json.Unmarshal(m.events[line].Fields, &got))
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s: field %s is %v, want %s", line, name, got[name], value)
			}
		}
	}
}

func TestNothingFoundSaysWhereItLooked(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	m.attr = nobody() // who sees least of what this machine may have
	m.openToAll()
	waiting := m.launch("run")
	m.eventually("nothing to read, waited for", func() bool {
		return strings.Contains(waiting.Log(), "nothing to read yet, waiting")
	})
	waiting.Signal(syscall.SIGTERM)
	m.wantExit(waiting, 0)
	once := m.launch("run", "--once")
	m.wantExit(once, 2)
	for command, s := range map[string]*Shipper{"run": waiting, "run --once": once} {
		for _, text := range []string{"no log of Ollama found", m.dir + "/.ollama/logs/*.log", "/var/lib/containers/storage/", "the journal:", "PATHS to the log files"} {
			if !strings.Contains(s.Log(), text) {
				t.Errorf("%s: it does not say %q:\n%s", command, text, s.Log())
			}
		}
	}
}

// What is asked for by name and cannot be read makes a run of --once a failure, once
// everything else is delivered.
func TestOnceFailsForWhatItCouldNotRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.write("here.log", b.lines("here", 0, 10))
	b.write("closed.log", b.lines("closed", 0, 1))
	b.attr = nobody()
	b.openToAll()
	b.must(os.Chmod(b.path("closed.log"), 0))
	b.must(os.Mkdir(b.path("folder"), 0o755))
	b.write("a.log.xz", "\xfd7zXZ\x00 and so on")
	paths := []string{
		b.path("here.log"), b.path("gone.log"), b.path("*ed.log"), b.path("none-*.log"), b.path("folder"), b.path("a.log.xz"),
	}
	b.env["PATHS"] = strings.Join(paths, ",")
	s := b.launch("run", "--once")
	b.wantExit(s, 1)
	unread := []string{b.path("a.log.xz"), b.path("closed.log"), b.path("folder"), b.path("gone.log")}
	if text := strings.Join(unread, ", ") + "; everything else is delivered"; !strings.Contains(s.Log(), text) {
		t.Errorf("it does not say %q:\n%s", text, s.Log())
	}
	b.must(os.Chmod(b.path("closed.log"), 0o644))
	b.env["PATHS"] = b.path("*.log")
	b.wantExit(b.launch("run", "--once"), 0)
	b.exactlyNow()
}
