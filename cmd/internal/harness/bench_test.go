//go:build linux

package harness

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// patience is how long what is sure to come may take, however busy the machine is.
const patience = 15 * time.Minute

// unhurried are settings for a machine so busy that a receiver in a test is slow, too: no request is
// sent again, and no stop cut short, because of that. Small batches have it answer sooner.
var unhurried = map[string]string{"REPLY_TIMEOUT": "1h", "DRAIN_TIMEOUT": "1h", "BATCH_BYTES": "64KiB"}

// bench is a directory of logs, a shipper that follows it, a receiver, and the
// account of what was written and what came.
type bench struct {
	t      *testing.T
	dir    string
	state  string
	ledger *Ledger
	server *Server           // nil where another one is given by URL
	env    map[string]string // settings
	before []string          // as in Command
	attr   *syscall.SysProcAttr

	shipper *Shipper
	life    int
	settled int // markers written
}

// newBench serves on loopback. The shipper follows *.log until env says otherwise.
func newBench(t *testing.T, o receiver.Options) *bench {
	t.Helper()
	b := bare(t)
	b.serve(place(t).Addr(), o)
	b.env["URL"] = b.server.URL()
	return b
}

// serve starts a receiver, in the place of the one before.
func (b *bench) serve(addr string, o receiver.Options) {
	b.t.Helper()
	server, err := Serve(b.ledger, addr, o)
	b.must(err)
	b.t.Cleanup(func() { server.Close() })
	b.server = server
}

// addr is where the receiver listens, or has listened.
func (b *bench) addr() string { return strings.TrimPrefix(b.server.URL(), "http://") }

// bare is a bench without a receiver.
func bare(t *testing.T) *bench {
	t.Helper()
	root := t.TempDir()
	b := &bench{t: t, dir: filepath.Join(root, "logs"), state: filepath.Join(root, "state"), ledger: NewLedger()}
	for _, dir := range []string{b.dir, b.marks()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b.env = map[string]string{"STATE_DIR": b.state, "HOST": "bench", "BATCH_DELAY": "50ms"}
	maps.Copy(b.env, unhurried)
	b.follow("*.log")
	t.Cleanup(b.end)
	return b
}

// marks is where the files go by which settle knows that a listing is over.
func (b *bench) marks() string { return filepath.Join(filepath.Dir(b.dir), "marks") }

// follow sets the globs, relative to the directory of logs.
func (b *bench) follow(globs ...string) {
	paths := []string{filepath.Join(b.marks(), "*")}
	for _, g := range globs {
		paths = append(paths, b.path(g))
	}
	b.env["PATHS"] = strings.Join(paths, ",")
}

// end makes sure that no shipper is left and that none said what it must not.
func (b *bench) end() {
	if b.shipper != nil {
		b.shipper.Kill()
		b.check(b.shipper)
		if b.t.Failed() {
			b.t.Logf("log of the last shipper:\n%s", tail(b.shipper.Log(), 40))
		}
	}
	if b.server == nil {
		return
	}
	if s := b.server.Stats(); s.UnknownKey+s.FieldsOnly+s.InvalidUTF8 > 0 {
		b.t.Errorf("the receiver lost objects without a word or got bad ones: %+v", s)
	}
}

func (b *bench) check(s *Shipper) {
	if found := s.Leaks(tokenPrefix); found != nil {
		b.t.Errorf("its output holds %q:\n%s", found, tail(s.Log(), 40))
	}
}

func tail(s string, n int) string {
	lines := strings.SplitAfter(s, "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// command is how the shipper of this life is started.
func (b *bench) command(args ...string) Command {
	env := maps.Clone(b.env)
	if env["TOKEN_FILE"] == "" && env["TOKEN"] == "" {
		env["TOKEN"] = Token(b.life)
	}
	return Command{Binary: binary, Args: args, Env: env, Before: b.before, Attr: b.attr}
}

// launch starts another shipper; the bench does not end it.
func (b *bench) launch(args ...string) *Shipper {
	b.t.Helper()
	s, err := b.command(args...).Start()
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) start() {
	b.t.Helper()
	b.shipper = b.launch("run")
}

// kill is a crash, and stop a clean end: what is on its way is delivered.
func (b *bench) kill() {
	b.shipper.Kill()
	b.check(b.shipper)
	b.life++
}

func (b *bench) stop() {
	b.t.Helper()
	b.shipper.Signal(syscall.SIGTERM)
	b.wantExit(b.shipper, 0)
}

// wantExit waits for a shipper to end with a status.
func (b *bench) wantExit(s *Shipper, code int) {
	b.t.Helper()
	select {
	case <-s.Done():
	case <-time.After(patience):
		s.Kill()
		b.t.Fatalf("it does not end:\n%s", tail(s.Log(), 40))
	}
	if got := s.ExitCode(); got != code {
		b.t.Fatalf("exit status %d, want %d:\n%s", got, code, tail(s.Log(), 40))
	}
	b.check(s)
}

// eventually polls until a condition holds.
func (b *bench) eventually(what string, holds func() bool) {
	b.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			b.t.Fatalf("it does not come about: %s; %+v", what, b.ledger.Tally())
		}
	}
}

// pass lets time pass, where that is the case: a write that comes late.
func (b *bench) pass(d time.Duration) { <-time.After(d) }

// arrived waits until every line written has come, as long as any comes.
func (b *bench) arrived() {
	b.t.Helper()
	if missing := b.ledger.Wait(patience); missing > 0 {
		b.t.Fatalf("%d lines do not come: %+v", missing, b.ledger.Tally())
	}
}

// answered waits until the shipper knows the replies to all of these files that has arrived: no
// submission is open and it goes on to ask for acknowledgments, or has them all.
func (b *bench) answered(files ...string) {
	b.t.Helper()
	b.eventually("questions for acknowledgments, or all of them", func() bool {
		done := b.checkpoint()
		open := func(name string) bool { return !bytes.Contains(done, b.offset(name)) }
		return b.server.Asked() > 1 || !slices.ContainsFunc(files, open)
	})
}

// listed waits until the shipper has looked for files n times more.
func (b *bench) listed(n int) {
	b.t.Helper()
	for range n {
		name := b.mark()
		b.eventually("a listing", func() bool { return b.ledger.Times(Line(name, 0)) > 0 })
	}
}

// opened does, too, where nothing is delivered: what the shipper finds it has open.
func (b *bench) opened(n int) {
	b.t.Helper()
	for range n {
		path := filepath.Join(b.marks(), b.mark())
		b.eventually("a listing", func() bool { return slices.Contains(b.shipper.open(), path) })
	}
}

// mark writes a file that is looked for.
func (b *bench) mark() (name string) {
	b.t.Helper()
	b.settled++
	name = fmt.Sprintf("mark-%d", b.settled)
	b.must(os.WriteFile(filepath.Join(b.marks(), name), []byte(b.ledger.Write(name, 0, 1)), 0o644))
	return name
}

// exactly demands that all lines written come, each once and in order, and none
// again later: not when the shipper has looked around, nor after it was
// started anew.
func (b *bench) exactly() {
	b.t.Helper()
	b.finish()
	b.exactlyNow()
}

// exactlyNow demands it of what has come, and looks no further.
func (b *bench) exactlyNow() {
	b.t.Helper()
	t := b.ledger.Tally()
	if t.Lost+t.AfterAmbiguous+t.AfterCrash+t.Unexcused+t.Foreign+t.Disordered > 0 {
		b.t.Errorf("want each line once and in order, got %+v", t)
	}
}

// excused demands that all lines written come in order, and that those that came
// again were unacknowledged at a crash or had an ambiguous reply.
func (b *bench) excused() {
	b.t.Helper()
	b.finish()
	t := b.ledger.Tally()
	if t.Lost+t.Unexcused+t.Foreign+t.Disordered > 0 {
		b.t.Errorf("want each line in order, again only with an excuse, got %+v", t)
	}
}

// story is one case: it writes and breaks things. All lines written must come
// exactly once and in order, also after a restart.
type story struct {
	name string
	tell func(b *bench)
}

func exactly(t *testing.T, stories []story) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, receiver.Options{})
			s.tell(b)
			b.exactly()
		})
	}
}

// finish waits for all lines, ends the shipper and lets a second one look for more.
func (b *bench) finish() {
	b.t.Helper()
	b.arrived()
	b.listed(3)
	b.stop()
	b.wantExit(b.launch("run", "--once"), 0)
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// must fails the test for what the test itself cannot do.
func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// write replaces a file's content, append adds to it.
func (b *bench) write(name, text string) {
	b.t.Helper()
	b.must(os.WriteFile(b.path(name), []byte(text), 0o644))
}

func (b *bench) append(name, text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.path(name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	b.must(err)
	_, err = io.WriteString(f, text)
	b.must(err)
	b.must(f.Close())
}

func (b *bench) rename(from, to string) {
	b.t.Helper()
	b.must(os.Rename(b.path(from), b.path(to)))
}

func (b *bench) remove(name string) {
	b.t.Helper()
	b.must(os.Remove(b.path(name)))
}

// lines are to come: those of writer in this case, from number from on.
func (b *bench) lines(writer string, from, n int) string {
	return b.ledger.Write(b.writer(writer), from, n)
}

func (b *bench) writer(name string) string {
	_, story, found := strings.Cut(b.t.Name(), "/")
	if !found {
		story = b.t.Name()
	}
	return story + "-" + name
}

// name is the text of one of those lines.
func (b *bench) name(writer string, seq int) string { return Line(b.writer(writer), seq) }

// hang keeps every request waiting, unread, until the returned function is called.
func (b *bench) hang() (release func()) {
	released := make(chan struct{})
	b.server.SetFault(func(req *receiver.Request) receiver.Fault {
		select {
		case <-released:
		case <-req.HTTP.Context().Done():
		}
		return receiver.Fault{}
	})
	b.t.Cleanup(func() { closeOnce(released) })
	return func() {
		b.server.SetFault(nil)
		closeOnce(released)
	}
}

func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}
