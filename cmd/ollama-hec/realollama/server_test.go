//go:build linux

package realollama

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience is how long a condition may take to come true on a busy machine.
const patience = time.Minute

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	settle(t, what, func() error {
		if holds() {
			return nil
		}
		return errNotYet
	})
}

var errNotYet = errors.New("not yet")

// settle polls until nothing is wrong any more, and says what is if that stays.
func settle(t *testing.T, what string, wrong func() error) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		err := wrong()
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it does not come about that %s: %v", what, err)
		}
	}
}

// server is a running Ollama that appends all it says to one file, as systemd
// has it do with StandardOutput=append:.
type server struct {
	t    *testing.T
	url  string
	log  string // the file
	cmd  *exec.Cmd
	done chan struct{}
}

// eastward is the server's zone, not the shipper's: [GIN] stamps are local time
// without one.
const eastward = 5*time.Hour + 30*time.Minute

// zoneFile writes a zone that Go takes by its path: half a header, the numbers
// of what follows, and one offset with its name (RFC 8536).
func zoneFile(t *testing.T, offset time.Duration) (path string) {
	t.Helper()
	b := append([]byte("TZif"), make([]byte, 16)...)
	for _, n := range []uint32{0, 0, 0, 0, 1, 4} { // one type, four letters
		b = binary.BigEndian.AppendUint32(b, n)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(offset/time.Second))
	b = append(b, "\x00\x00OUR\x00"...)
	path = filepath.Join(t.TempDir(), "zone")
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// startServer starts a server on a free port of loopback. It has nothing of our
// environment, so no proxy, and asks no resolver that is not in Go.
func startServer(t *testing.T, path, log string) *server {
	t.Helper()
	f, err := os.OpenFile(log, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	home := t.TempDir()
	s := &server{t: t, log: log, cmd: exec.Command(path, "serve"), done: make(chan struct{})}
	s.cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "TMPDIR=" + t.TempDir(),
		"OLLAMA_HOST=127.0.0.1:0", "OLLAMA_MODELS=" + filepath.Join(home, "models"), "OLLAMA_DEBUG=1",
		"GODEBUG=netdns=go", "TZ=" + zoneFile(t, eastward),
	}
	s.cmd.Stdout, s.cmd.Stderr = f, f
	// A group of its own: its runner is a child that must not stay behind, not
	// even when a test that takes too long is cut.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.done)
		_ = s.cmd.Wait() // how it ended is asked of ProcessState
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // the one error there is: nobody is left
		<-s.done
	})
	s.url = "http://" + s.address()
	return s
}

var listening = regexp.MustCompile(`msg="Listening on (127\.0\.0\.1:\d+) `)

// address waits until the server says where it listens.
func (s *server) address() (address string) {
	s.t.Helper()
	eventually(s.t, "the server listens", func() bool {
		select {
		case <-s.done:
			s.t.Fatalf("the server ended:\n%s", read(s.t, s.log))
		default:
		}
		if found := listening.FindStringSubmatch(read(s.t, s.log)); found != nil {
			address = found[1]
		}
		return address != ""
	})
	return address
}

// stop ends the server as systemd does, its runner with it.
func (s *server) stop() {
	s.t.Helper()
	s.signal(syscall.SIGTERM)
	select {
	case <-s.done:
	case <-time.After(patience):
		s.t.Fatal("the server does not end")
	}
}

func (s *server) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// rotate copies the log and truncates it, as logrotate does with copytruncate.
// The server stands still meanwhile: what logrotate itself loses between the
// two is not what is tested here.
func (s *server) rotate() (rotated string) {
	s.t.Helper()
	s.signal(syscall.SIGSTOP)
	defer s.signal(syscall.SIGCONT)
	eventually(s.t, "the server stands still", s.still)
	rotated = s.log + ".1"
	if err := copyFile(rotated, s.log); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Truncate(s.log, 0); err != nil {
		s.t.Fatal(err)
	}
	return rotated
}

// crash has the runner end as it does when llama.cpp aborts, with all its
// stacks in the log, and waits until they are there.
func (s *server) crash() {
	s.t.Helper()
	before := s.pipes()
	if err := syscall.Kill(s.runner(), syscall.SIGABRT); err != nil {
		s.t.Fatal(err)
	}
	eventually(s.t, "the server has read all that its runner said", func() bool { return s.pipes() < before })
}

// runner is the server's only child.
func (s *server) runner() (pid int) {
	s.t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		number, _, _ := strings.Cut(string(text), " ")
		_, rest, _ := strings.Cut(string(text), ") ") // state, parent, …
		if f := strings.Fields(rest); len(f) > 1 && f[1] == strconv.Itoa(s.cmd.Process.Pid) {
			if pid, err = strconv.Atoi(number); err != nil {
				s.t.Fatal(err)
			}
			return pid
		}
	}
	s.t.Fatal("the server has no runner")
	return 0
}

// pipes is how many the server has open: one that its runner speaks on.
func (s *server) pipes() (n int) {
	s.t.Helper()
	fds, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "pipe:") {
			n++
		}
	}
	return n
}

// still: no thread of the server runs. What the runner says goes through the server.
func (s *server) still() bool {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", s.cmd.Process.Pid))
	if err != nil || len(stats) == 0 {
		s.t.Fatal("no threads ", err)
	}
	for _, path := range stats {
		_, state, _ := strings.Cut(read(s.t, path), ") ")
		if !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

func copyFile(to, from string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(dst, src); err != nil {
		dst.Close()
		return err
	}
	return dst.Close()
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
