package file

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file/stories"
)

// bench is a directory of logs, a state directory and a shipper over both that
// can be stopped, killed and started again.
type bench struct {
	t       testing.TB
	dir     string // of the logs
	state   string
	options Options
	lane    *lane
	log     *logged
	run     *running // nil: stopped
	missing string   // lines, for messages
}

// running is one life of the shipper.
type running struct {
	source *Source
	store  *checkpoint.Store
	stop   context.CancelFunc
	done   chan error
}

func newBench(t testing.TB, globs ...string) *bench {
	b := &bench{t: t, dir: t.TempDir(), state: t.TempDir(), log: new(logged)}
	if len(globs) == 0 {
		globs = []string{"*.log"}
	}
	b.options = Options{
		Pace: Pace{
			Poll: 2 * time.Millisecond, Rescan: 10 * time.Millisecond, RotateWait: 100 * time.Millisecond,
		},
		MaxLine: 1 << 16,
	}
	for _, g := range globs {
		b.options.Patterns = append(b.options.Patterns, filepath.Join(b.dir, g))
	}
	b.lane = newLane()
	t.Cleanup(func() {
		if b.run != nil {
			b.stop()
		}
	})
	return b
}

// start begins a life with a lane that remembers what the ones before got.
func (b *bench) start() {
	b.t.Helper()
	store, err := checkpoint.Open(b.state, slog.New(b.log))
	if err != nil {
		b.t.Fatal(err)
	}
	o := b.options
	o.Store, o.Log = store, slog.New(b.log)
	source, err := New(o)
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{source: source, store: store, stop: cancel, done: make(chan error, 1)}
	b.run = r
	lane := b.lane
	lane.wg.Go(func() { lane.read(ctx) })
	go func() { r.done <- source.Run(ctx, lane.ready) }()
}

// stop ends a life in order.
func (b *bench) stop() {
	b.t.Helper()
	b.end()
	if err := b.run.source.Close(); err != nil {
		b.t.Error(err)
	}
	if err := b.run.store.Close(); err != nil {
		b.t.Error(err)
	}
	b.run = nil
	b.lane = b.lane.next()
}

// kill ends a life with nothing written but what was written before: the state
// directory is put back to what it was last flushed to.
func (b *bench) kill() {
	b.t.Helper()
	saved := b.noted()
	b.stop()
	b.restore(saved)
}

// noted is what the state directory holds.
func (b *bench) noted() (files map[string][]byte) {
	b.t.Helper()
	b.eventually("a state directory at rest", func() bool {
		files = map[string][]byte{}
		entries, err := os.ReadDir(b.state)
		for _, e := range entries {
			if err == nil {
				files[e.Name()], err = os.ReadFile(filepath.Join(b.state, e.Name()))
			}
		}
		return err == nil
	})
	return files
}

// restore has the state directory hold what it held.
func (b *bench) restore(files map[string][]byte) {
	b.t.Helper()
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(b.state, name), data, 0o600); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) end() {
	b.run.stop()
	if err := <-b.run.done; err != nil {
		b.t.Error(err)
	}
	b.lane.wg.Wait()
}

// once is a whole life with Once.
func (b *bench) once() {
	b.t.Helper()
	b.options.Once = true
	b.start()
	select {
	case err := <-b.run.done:
		b.run.done <- err
	case <-time.After(patience):
		b.t.Fatal("a run with Once did not end")
	}
	b.stop()
	b.options.Once = false
}

func (b *bench) store() *checkpoint.Store {
	b.t.Helper()
	store, err := checkpoint.Open(b.state, slog.New(b.log))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { store.Close() })
	return store
}

func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) append(name, text string) {
	b.t.Helper()
	f, err := os.OpenFile(b.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		b.t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) rename(from, to string) {
	b.t.Helper()
	if err := os.Rename(b.path(from), b.path(to)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) remove(name string) {
	b.t.Helper()
	if err := os.Remove(b.path(name)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) copyTo(from, to string) {
	b.t.Helper()
	data, err := os.ReadFile(b.path(from))
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(to, string(data))
}

func (b *bench) truncate(name string, size int64) {
	b.t.Helper()
	if err := os.Truncate(b.path(name), size); err != nil {
		b.t.Fatal(err)
	}
}

// lines are n lines of a writer, numbered from first.
func lines(writer string, first, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s-%06d\n", writer, first+i)
	}
	return b.String()
}

// patience is how long nothing may happen on a busy machine.
const patience = 10 * time.Minute

// eventually waits for a condition that depends on nothing but time to pass.
func (b *bench) eventually(what string, ok func() bool) {
	b.t.Helper()
	seen, deadline := "", time.Now()
	for !ok() {
		if time.Now().After(deadline) {
			now := b.describe()
			if now == seen {
				b.t.Fatalf("never: %s\n%s", what, now)
			}
			seen, deadline = now, time.Now().Add(patience)
		}
		<-time.After(time.Millisecond)
	}
}

func (b *bench) describe() string {
	var s strings.Builder
	s.WriteString(b.missing + "\n")
	for _, line := range tail(b.lane.lines(), 20) {
		fmt.Fprintf(&s, "got  %.80q\n", line)
	}
	if b.run != nil {
		for _, f := range b.run.source.Files() {
			fmt.Fprintf(&s, "file %+v\n", f)
		}
	}
	s.WriteString(b.log.String())
	return s.String()
}

func tail[T any](s []T, n int) []T { return s[max(0, len(s)-n):] }

// wants waits until exactly these lines were read, in whatever order the files
// are read in, and then for everything to come to rest without another one.
func (b *bench) wants(texts ...string) {
	b.t.Helper()
	var want []string
	for line := range strings.Lines(strings.Join(texts, "")) {
		want = append(want, strings.TrimSuffix(line, "\n"))
	}
	slices.Sort(want)
	b.eventually(fmt.Sprintf("%d lines read", len(want)), func() bool { return len(b.lane.lines()) >= len(want) })
	b.rest()
	got := slices.Sorted(slices.Values(b.lane.lines()))
	if !slices.Equal(got, want) {
		b.t.Fatalf("lines differ: %s\n%s", stories.Difference(want, got), b.describe())
	}
}

// inOrder checks that one source's lines came in the order they are numbered in.
func (b *bench) inOrder(source string) {
	b.t.Helper()
	if got := b.lane.of(b.path(source)); !slices.IsSorted(got) {
		b.t.Errorf("lines of %s came out of order: %q", source, got)
	}
}

// rest waits until the shipper has looked at everything several times and found
// nothing to do.
func (b *bench) rest() {
	b.t.Helper()
	if b.run == nil {
		return
	}
	var since uint64
	var at time.Time
	quiet := -1
	b.eventually("rest", func() bool {
		now := b.lane.activity()
		if now != since || quiet < 0 {
			since, quiet, at = now, int(b.run.source.scans.Load()), time.Now()
		}
		if time.Since(at) < (scansHeld+1)*b.options.Rescan {
			return false
		}
		return int(b.run.source.scans.Load()) >= quiet+3
	})
}
