package modinputtest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait; only a test that fails comes near it.
const patience = 10 * time.Minute

// Process is a running input.
type Process struct {
	t      testing.TB
	runner *exec.Cmd // the process started: the executable, or the runner above it
	self   *os.Process
	stdin  io.Closer
	stdout io.Reader
	output []io.Closer

	mu      sync.Mutex
	changed *sync.Cond // on each event, each log line and at the end
	events  []Event
	log     []string
	err     error // what was wrong with the stream
	torn    bool
	paused  bool
	left    bool
	ended   bool
}

// Start runs the executable for one stanza. Its standard input stays open after the
// definition, as that of splunkd may. It is killed when the test ends.
func (s *Splunkd) Start(t testing.TB, stanza Stanza) *Process {
	t.Helper()
	p := &Process{t: t, runner: s.command()}
	p.changed = sync.NewCond(&p.mu)
	var id io.Reader
	if s.Runner {
		id = p.below()
	}
	stdin, err1 := p.runner.StdinPipe()
	stdout, err2 := p.runner.StdoutPipe()
	stderr, err3 := p.runner.StderrPipe()
	if err := errors.Join(err1, err2, err3, p.runner.Start()); err != nil {
		t.Fatal(err)
	}
	p.stdin, p.stdout, p.output = stdin, stdout, []io.Closer{stdout, stderr}
	p.self = p.runner.Process
	var reading sync.WaitGroup
	reading.Go(func() { p.readEvents(stdout) })
	reading.Go(func() { p.readLog(stderr) })
	go func() {
		reading.Wait()
		p.runner.Wait()
		p.update(func() { p.ended = true })
	}()
	if id != nil {
		p.findBelow(id)
	}
	t.Cleanup(p.Kill)
	// An input that has ended by now says itself why.
	if _, err := stdin.Write(s.definition(t, "input", stanza)); err != nil && !errors.Is(err, syscall.EPIPE) {
		t.Fatalf("send the definition: %v; log:\n%s", err, strings.Join(p.Log(), "\n"))
	}
	return p
}

// below puts a shell above the executable. It reports the executable's id.
func (p *Process) below() io.Reader {
	r, w, err := os.Pipe()
	if err != nil {
		p.t.Fatal(err)
	}
	direct := p.runner
	const script = `exec 4<&0; "$0" "$@" <&4 3>&- 4<&- & echo $! >&3; exec 3>&- 4<&- </dev/null >/dev/null 2>&1; wait $!`
	p.runner = exec.Command("/bin/sh", append([]string{"-c", script}, direct.Args...)...)
	p.runner.Env = direct.Env
	p.runner.ExtraFiles = []*os.File{w}
	p.t.Cleanup(func() { r.Close() })
	return &closing{r, w}
}

// closing closes our end of the pipe, so that reading sees the end of the others'.
type closing struct {
	io.Reader
	w io.Closer
}

func (c *closing) Read(b []byte) (int, error) {
	c.w.Close()
	return c.Reader.Read(b)
}

func (p *Process) findBelow(r io.Reader) {
	var pid int
	if _, err := fmt.Fscan(r, &pid); err != nil {
		p.t.Fatalf("the runner did not say what it started: %v", err)
	}
	self, err := os.FindProcess(pid)
	if err != nil {
		p.t.Fatal(err)
	}
	p.self = self
}

// Pause stops reading events, so that the pipe fills up. A read under way still ends.
func (p *Process) Pause() { p.update(func() { p.paused = true }) }

// Resume reads on.
func (p *Process) Resume() { p.update(func() { p.paused = false }) }

// Terminate asks the input to end, as splunkd does when it stops. Wait waits for it.
func (p *Process) Terminate() {
	p.t.Helper()
	if err := p.self.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("terminate: %v", err)
	}
}

// Stop is Terminate and Wait.
func (p *Process) Stop() int {
	p.t.Helper()
	p.Terminate()
	return p.Wait()
}

// Kill ends the input without warning and waits for it. It may have ended before.
func (p *Process) Kill() {
	p.t.Helper()
	p.self.Kill()
	p.Resume()
	p.Wait()
	p.stdin.Close()
}

// KillRunner kills the process between: splunkd is gone, and the pipes stay open.
func (p *Process) KillRunner() {
	p.t.Helper()
	if p.self == p.runner.Process {
		p.t.Fatal("there is no runner: set Splunkd.Runner")
	}
	p.runner.Process.Kill()
}

// Vanish closes all pipes, as the end of splunkd does. What comes after it counts
// as neither torn nor wrong.
func (p *Process) Vanish() {
	p.update(func() { p.left = true })
	p.stdin.Close()
	for _, pipe := range p.output {
		pipe.Close()
	}
}

// Wait waits until the input has ended by itself and returns its exit status, or
// -1 after a signal, or below a runner that was killed.
func (p *Process) Wait() int {
	p.t.Helper()
	p.await("end", func() bool { return p.ended })
	return p.runner.ProcessState.ExitCode()
}

// Await waits until the events so far satisfy done, and returns them. It fails
// the test when the input ends first.
func (p *Process) Await(what string, done func([]Event) bool) []Event {
	p.t.Helper()
	p.await(what, func() bool { return done(p.events) })
	return p.Events()
}

// AwaitLog waits for a line of the log that contains text.
func (p *Process) AwaitLog(text string) {
	p.t.Helper()
	p.await("log line with "+text, func() bool {
		return slices.ContainsFunc(p.log, func(line string) bool { return strings.Contains(line, text) })
	})
}

// Events returns the whole events read so far.
func (p *Process) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events)
}

// Log returns the lines of standard error so far.
func (p *Process) Log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.log)
}

// Torn reports whether the stream ended before it was closed. Meaningful after Wait.
func (p *Process) Torn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.torn
}

// Err is what was wrong with the stream or the log, other than being torn.
func (p *Process) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// wrong records what the test is to see, unless splunkd has left.
func (p *Process) wrong(where string, err error) {
	p.update(func() {
		switch {
		case p.left:
		case torn(err):
			p.torn = true
		default:
			p.err = errors.Join(p.err, fmt.Errorf("%s: %w", where, err))
		}
	})
}

func (p *Process) update(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	p.changed.Broadcast()
}

// await waits until done says so, for as long as something comes: it gives up where nothing
// has for a while. done is called with p.mu held, some times a second.
func (p *Process) await(what string, done func() bool) {
	p.t.Helper()
	const look = 10 * time.Millisecond
	came, last := -1, time.Now()
	for {
		p.mu.Lock()
		now, over := len(p.events)+len(p.log), p.ended
		ok := (now != came || over) && done()
		events, log := len(p.events), p.log
		p.mu.Unlock()
		if ok {
			return
		}
		if now != came {
			came, last = now, time.Now()
		}
		if over || time.Since(last) > patience {
			p.t.Fatalf("no %s: %d events, log:\n%s", what, events, strings.Join(log, "\n"))
		}
		time.Sleep(look)
	}
}
