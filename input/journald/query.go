package journald

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

var (
	errMissing = errors.New("journalctl is not in PATH: it comes with systemd; set JOURNAL_UNIT=off if Ollama logs elsewhere")
	errDenied  = errors.New("the journal is not readable by this user: add it to group systemd-journal (usermod -aG systemd-journal USER) or adm and start again")
	errNoMerge = errors.New("journalctl cannot follow merged journals")
)

// final tells an error that trying again will not mend.
func final(err error) bool { return errors.Is(err, errMissing) || errors.Is(err, errDenied) }

// Probe reports whether the journal holds anything of the unit; dir is empty
// for this machine's. The error names the way out.
func Probe(ctx context.Context, unit, dir string) (bool, error) {
	j, err := New(Config{Unit: unit, Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return false, err
	}
	if err := j.prepare(ctx); err != nil {
		return false, err
	}
	cursor, err := j.query("").first(ctx, "--lines=1")
	return cursor != "", err
}

// prepare finds out what this journalctl can do.
func (j *Journal) prepare(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "journalctl", "--version").Output()
	if errors.Is(err, exec.ErrNotFound) {
		return errMissing
	}
	if err != nil {
		return fmt.Errorf("journalctl --version: %w", err)
	}
	var version int
	fmt.Sscanf(string(out), "systemd %d", &version)
	j.selects = version >= 236 // when --output-fields came
	j.merge.Store(true)
	return nil
}

// query is what of the journal is meant.
type query struct {
	where, matches []string
}

// query selects what the unit's processes wrote and, besides, what journald
// suppressed of it.
func (j *Journal) query(host string) query {
	var q query
	var everywhere []string
	// Without --merge, --follow shows one boot only, from systemd 250 on.
	if j.merge.Load() {
		q.where = append(q.where, "--merge")
	} else {
		q.where = append(q.where, "--boot=all")
	}
	if j.Dir != "" {
		q.where = append(q.where, "--directory="+j.Dir)
	} else if id, err := os.ReadFile("/etc/machine-id"); err == nil && len(bytes.TrimSpace(id)) > 0 {
		// merged, other machines' journals on this one would be shown too
		everywhere = append(everywhere, "_MACHINE_ID="+string(bytes.TrimSpace(id)))
	}
	if host != "" {
		everywhere = append(everywhere, "_HOSTNAME="+host)
	}
	q.matches = append(q.matches, "_SYSTEMD_UNIT="+j.unit)
	q.matches = append(q.matches, everywhere...)
	q.matches = append(q.matches, "+", "_TRANSPORT=driver", "MESSAGE_ID="+suppressedID)
	q.matches = append(q.matches, everywhere...)
	return q
}

// hosts are the hosts a journal from elsewhere has entries of.
func (j *Journal) hosts(ctx context.Context) ([]string, error) {
	q := query{where: []string{"--directory=" + j.Dir}}
	p, err := q.start(ctx, j.Log, "--field=_HOSTNAME")
	if err != nil {
		return nil, err
	}
	out, readErr := io.ReadAll(p.out)
	return strings.Fields(string(out)), errors.Join(readErr, p.wait())
}

// first is the cursor of the first entry journalctl shows; "" if it shows none.
func (q query) first(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, err := q.start(ctx, slog.New(slog.DiscardHandler), append(args, "--output=export")...)
	if err != nil {
		return "", err
	}
	line, _ := bufio.NewReader(p.out).ReadString('\n')
	if cursor, found := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "__CURSOR="); found {
		cancel()
		_ = p.wait() // we ended it
		return cursor, nil
	}
	return "", p.wait()
}

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
	cmd.Env = append(os.Environ(), "LC_ALL=C", "SYSTEMD_COLORS=0", "SYSTEMD_LOG_LEVEL=info", "SYSTEMD_LOG_TARGET=console")
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

// wait waits for the end and says what went wrong, in journalctl's words if it
// had any.
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

// remarks are what journalctl writes to stderr. It says there, and there only,
// that files are damaged, too new for it or closed to this user.
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
	for _, seen := range r.lines {
		if seen == line {
			return
		}
	}
	if len(r.lines) == maxRemarks {
		r.lines = r.lines[1:]
	}
	r.lines = append(r.lines, line)
	if closedToUs(line) {
		r.stop()
		return
	}
	r.log.Warn("journalctl says", "text", line)
}

// closedToUs: without the right to read it, the system's journal is left out
// of what is shown, which is no error to journalctl.
func closedToUs(line string) bool {
	return strings.Contains(line, "insufficient permissions") ||
		strings.Contains(line, "not seeing messages from other users")
}

func (r *remarks) denied() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if closedToUs(line) {
			return errDenied
		}
	}
	return nil
}

func (r *remarks) has(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if strings.Contains(line, text) {
			return true
		}
	}
	return false
}

func (r *remarks) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.lines) == 0 {
		return ""
	}
	return r.lines[len(r.lines)-1]
}
