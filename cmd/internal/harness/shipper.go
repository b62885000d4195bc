package harness

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
)

// Command is how a shipper is started.
type Command struct {
	Binary string
	Args   []string
	Env    map[string]string // without the prefix OLLAMA_HEC_; nothing else is inherited
	In     io.Reader
	Before []string             // a command that starts what is appended to it, such as sh -c '…; exec "$@"' sh
	Attr   *syscall.SysProcAttr // nil: as we are
}

// Shipper is a running ollama-hec.
type Shipper struct {
	cmd      *exec.Cmd
	out, log text
	done     chan struct{}
}

// text collects what a process says, for others to read meanwhile.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// Start starts it. The caller ends it.
func (c Command) Start() (*Shipper, error) {
	words := append(append(c.Before[:len(c.Before):len(c.Before)], c.Binary), c.Args...)
	s := &Shipper{cmd: exec.Command(words[0], words[1:]...), done: make(chan struct{})}
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + os.TempDir()}
	for name, value := range c.Env {
		s.cmd.Env = append(s.cmd.Env, "OLLAMA_HEC_"+name+"="+value)
	}
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = c.In, &s.out, &s.log
	s.cmd.SysProcAttr = c.Attr
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Binary, err)
	}
	go func() {
		defer close(s.done)
		// How it ended is asked of ProcessState.
		_ = s.cmd.Wait()
	}()
	return s, nil
}

// Signal sends a signal; to a process that has ended it does nothing.
func (s *Shipper) Signal(sig os.Signal) {
	// The one error there is: it has ended.
	_ = s.cmd.Process.Signal(sig)
}

// Kill ends it as a crash would, and waits until it is gone.
func (s *Shipper) Kill() {
	s.Signal(os.Kill)
	<-s.done
}

// Done is closed once it has ended and all it said is known.
func (s *Shipper) Done() <-chan struct{} { return s.done }

// ExitCode is its exit status, -1 if a signal ended it. Call it after Done.
func (s *Shipper) ExitCode() int { return s.cmd.ProcessState.ExitCode() }

// Pid is its process id.
func (s *Shipper) Pid() int { return s.cmd.Process.Pid }

// Log is what it has said on stderr so far, Out on stdout.
func (s *Shipper) Log() string { return s.log.String() }
func (s *Shipper) Out() string { return s.out.String() }

// Leaks returns what must never be in its output and is: a token, or in its log the stack trace
// of a crash.
func (s *Shipper) Leaks(tokens ...string) (found []string) {
	for _, never := range tokens {
		if strings.Contains(s.Log()+s.Out(), never) {
			found = append(found, never)
		}
	}
	for _, never := range []string{"panic:", "goroutine ", "DATA RACE", "fatal error:"} {
		if strings.Contains(s.Log(), never) {
			found = append(found, never)
		}
	}
	return found
}
