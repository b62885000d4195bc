package journald

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a journalctl that runs.
type process struct {
	out     *os.File
	cmd     *exec.Cmd
	remarks *remarks
	release func()
}

// start runs journalctl; it ends with ctx, by a signal, and with this process.
func (q query) start(ctx context.Context, log *slog.Logger, args ...string) (*process, error) {
	ctx, cancel := context.WithCancel(ctx)
	args = append(append(args, "--no-pager"), q.where...)
	cmd := exec.CommandContext(ctx, "journalctl", append(args, q.matches...)...)
	cmd.Env = append(environment(os.Environ()),
		"LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_LOG_LEVEL=info", "SYSTEMD_LOG_TARGET=console")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 2 * time.Second
	p := &process{cmd: cmd, remarks: &remarks{log: log, stop: cancel}}
	cmd.Stderr = p.remarks
	out, in, err := os.Pipe()
	if err != nil {
		cancel()
		return nil, fmt.Errorf("start journalctl: %w", err)
	}
	cmd.Stdout = in
	p.out = out
	ended, err := startBound(cmd)
	in.Close()
	if err != nil {
		cancel()
		out.Close()
		if errors.Is(err, exec.ErrNotFound) {
			return nil, errMissing
		}
		return nil, fmt.Errorf("start journalctl: %w", err)
	}
	p.release = func() { cancel(); ended() }
	return p, nil
}

// environment returns the variables that journalctl needs: no token, no proxy's password, and
// not splunkd's library path, because its libraries differ.
func environment(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return !slices.Contains([]string{"PATH", "HOME", "TMPDIR"}, name) && !strings.HasPrefix(name, "SYSTEMD_")
	})
}

// wait waits for the end and returns what went wrong, in journalctl's words if it printed any.
func (p *process) wait() error {
	p.out.Close() // a journalctl that still writes must not wait for us
	err := p.cmd.Wait()
	p.release()
	if denied := p.remarks.denied(); denied != nil {
		return denied
	}
	if p.remarks.has("with --merge is not supported") {
		return errNoMerge
	}
	if last := p.remarks.last(); err != nil && last != "" {
		return fmt.Errorf("journalctl: %s", last)
	}
	if err != nil {
		return fmt.Errorf("journalctl: %w", err)
	}
	return nil
}

// remarks collects what journalctl writes to stderr. Only there it says that files are damaged,
// too new for it, or not readable by this user.
type remarks struct {
	log  *slog.Logger
	stop func()

	mu    sync.Mutex
	rest  []byte   // guarded by mu
	lines []string // guarded by mu; the last few
}

const maxRemarks = 16

func (r *remarks) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = append(r.rest, b...)
	for {
		line, rest, whole := bytes.Cut(r.rest, []byte{'\n'})
		if !whole {
			break
		}
		r.rest = rest
		r.add(string(line))
	}
	if len(r.rest) > 4096 {
		r.rest = nil
	}
	return len(b), nil
}

func (r *remarks) add(line string) {
	if slices.Contains(r.lines, line) {
		return
	}
	if len(r.lines) == maxRemarks {
		r.lines = r.lines[1:]
	}
	r.lines = append(r.lines, line)
	if closedToUs(line) {
		r.stop()
		return
	}
	r.log.Warn("journalctl says", "text", line, "hint", "run journalctl by hand as this user to see more")
}

// closedToUs reports whether journalctl says that this user may not read the system's
// journal. It leaves that journal out then, and does not fail.
func closedToUs(line string) bool {
	return strings.Contains(line, "insufficient permissions") ||
		strings.Contains(line, "not seeing messages from other users")
}

func (r *remarks) denied() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.lines, closedToUs) {
		return errDenied
	}
	return nil
}

func (r *remarks) has(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.lines, func(line string) bool { return strings.Contains(line, text) })
}

func (r *remarks) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 {
		return ""
	}
	return r.lines[len(r.lines)-1]
}
