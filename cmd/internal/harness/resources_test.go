//go:build linux

package harness

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ollama-hec/hec/receiver"
)

func TestDirectories(t *testing.T) {
	exactly(t, []story{
		{"a fifo and a socket in the glob", func(b *bench) {
			b.must(unix.Mkfifo(b.path("fifo.log"), 0o644))
			l, err := net.Listen("unix", shortSocket(b))
			b.must(err)
			defer l.Close()
			b.must(os.Mkdir(b.path("dir.log"), 0o755))
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.append("a.log", b.lines("a", 100, 100))
			b.arrived()
		}},
		{"unreadable for a while", func(b *bench) {
			b.attr = nobody()
			b.openToAll()
			b.write("a.log", b.lines("a", 0, 100))
			b.write("b.log", b.lines("b", 0, 100))
			b.must(os.Chmod(b.path("b.log"), 0))
			b.start()
			b.eventually("the other", func() bool { return b.ledger.Times(b.name("a", 99)) == 1 })
			b.must(os.Chmod(b.path("a.log"), 0))
			b.append("a.log", b.lines("a", 100, 100))
			b.append("b.log", b.lines("b", 100, 100))
			b.pass(3 * time.Second)
			b.must(os.Chmod(b.path("a.log"), 0o644))
			b.must(os.Chmod(b.path("b.log"), 0o644))
		}},
		{"a directory unreadable for a while", func(b *bench) {
			b.attr = nobody()
			b.openToAll()
			b.follow("sub/*.log")
			b.must(os.Mkdir(b.path("sub"), 0o755))
			b.write("sub/a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.must(os.Chmod(b.path("sub"), 0))
			b.append("sub/a.log", b.lines("a", 100, 100))
			b.pass(3 * time.Second)
			b.must(os.Chmod(b.path("sub"), 0o755))
			b.append("sub/a.log", b.lines("a", 200, 100))
		}},
	})
}

// openToAll lets a shipper of another user get at the bench.
func (b *bench) openToAll() {
	b.t.Helper()
	for _, dir := range []string{b.dir + "/../..", b.dir + "/.."} {
		b.must(os.Chmod(dir, 0o755))
	}
	b.must(os.Mkdir(b.state, 0o700))
	if b.attr != nil {
		b.must(os.Chown(b.state, int(b.attr.Credential.Uid), int(b.attr.Credential.Gid)))
	}
}

// shortSocket is a name for a socket in the glob, which may not be long: a
// relative one is not wanted, so a symlink leads there.
func shortSocket(b *bench) string {
	dir, err := os.MkdirTemp("", "s")
	b.must(err)
	b.t.Cleanup(func() { os.RemoveAll(dir) })
	b.must(os.Symlink(dir+"/s", b.path("socket.log")))
	return dir + "/s"
}

// Without inotify polling finds everything.
func TestNoInotify(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.attr = user(uint32(20_000 + os.Getpid()%40_000)) // nobody's, also not that of these tests in another checkout
	b.openToAll()
	self, err := os.Executable()
	b.must(err)
	text, err := os.ReadFile(self)
	b.must(err)
	self = filepath.Join(filepath.Dir(binary), "self") // where another user gets at it
	b.must(os.WriteFile(self, text, 0o755))
	b.before = []string{"env", helperEnv + "=exhaust-inotify", self}
	b.write("a.log", b.lines("a", 0, 100))
	b.start()
	b.arrived()
	b.eventually("a word on it", func() bool { return strings.Contains(b.shipper.Log(), "found by polling") })
	b.append("a.log", b.lines("a", 100, 100))
	b.arrived()
	b.rename("a.log", "a.log.1")
	b.append("a.log.1", b.lines("late", 0, 1))
	b.write("a.log", b.lines("a", 200, 100))
	b.exactly()
}

// 500 files with 64 descriptors.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.before = []string{"sh", "-c", `ulimit -n 64; exec "$@"`, "sh"}
	name := func(n int) string { return fmt.Sprintf("f%d", n) }
	for round := range 3 {
		for n := range 500 {
			b.append(name(n)+".log", b.lines(name(n), 20*round, 20))
		}
		if round == 0 {
			b.start()
		}
		b.arrived()
	}
	for n := range 50 {
		b.rename(name(n)+".log", name(n)+".log.1")
		b.write(name(n)+".log", b.lines(name(n), 60, 20))
	}
	b.exactly()
}

// What waits for a receiver that is down waits in the files, not in memory.
func TestMemoryWhileTheReceiverIsDown(t *testing.T) {
	t.Parallel()
	b := bare(t)
	addr := place(t).Addr()
	b.env["URL"] = "http://" + addr
	delete(b.env, "BATCH_BYTES") // it is about what it takes by default
	for n := range 8 {
		name := fmt.Sprintf("f%d", n)
		b.write(name+".log", b.lines(name, 0, 20_000))
	}
	filler := strings.Repeat(strings.Repeat("x", 199)+"\n", 50_000)
	for n := range 8 {
		b.write(fmt.Sprintf("filler%d.log", n), filler)
	}
	b.ledger.Due(filler[:199])
	b.ledger.Expect(filler[:199], 8*50_000)
	b.start()
	down := 5 * time.Second
	if long {
		down = 10 * time.Minute
	}
	b.pass(down)
	if peak := b.peakMemory(); peak > 128<<20 {
		t.Errorf("it took %d MiB", peak>>20)
	}
	b.serve(addr, receiver.Options{})
	b.exactly()
	if got := b.ledger.Times(filler[:199]); got != 8*50_000 {
		t.Errorf("%d filling lines came, want %d", got, 8*50_000)
	}
}

// A hundred slow files do not wait for the whole of a busy one.
func TestABusyFileDoesNotStarveSlowOnes(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	const backlog = 200_000
	b.write("busy.log", b.lines("busy", 0, backlog))
	slow := func(n int) string { return fmt.Sprintf("slow%d", n) }
	for n := range 100 {
		b.write(slow(n)+".log", b.lines(slow(n), 0, 1))
	}
	b.start()
	for n := range 100 {
		b.eventually("a slow line", func() bool { return b.ledger.Times(b.name(slow(n), 0)) == 1 })
	}
	if b.ledger.Times(b.name("busy", backlog-1)) > 0 {
		t.Error("the slow files waited for the busy one")
	}
	b.exactly()
}

// When the clock is set back, files are younger than they were.
func TestFilesFromThePast(t *testing.T) {
	exactly(t, []story{{"an hour back", func(b *bench) {
		past := time.Now().Add(-time.Hour)
		age := func(name string) {
			b.must(os.Chtimes(b.path(name), past, past))
			past = past.Add(time.Second)
		}
		b.write("a.log", b.lines("a", 0, 100))
		b.start()
		b.arrived()
		b.append("a.log", b.lines("a", 100, 100))
		age("a.log")
		b.arrived()
		b.rename("a.log", "a.log.1")
		age("a.log.1")
		b.write("a.log", b.lines("a", 200, 100))
		age("a.log")
		b.arrived()
		b.stop()
		b.append("a.log", b.lines("a", 300, 100))
		age("a.log")
		b.start()
	}}})
}

// A pipe is read to its end, a last line without end included.
func TestStdin(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.env["PATHS"] = "-"
	c := b.command("run")
	c.In = strings.NewReader(b.lines("a", 0, 10_000) + strings.TrimSuffix(b.lines("a", 10_000, 1), "\n"))
	s, err := c.Start()
	b.must(err)
	b.wantExit(s, 0)
	if tally := b.ledger.Tally(); tally.Lost+tally.Unexcused+tally.Foreign+tally.Disordered > 0 {
		t.Errorf("got %+v", tally)
	}
}

// A stop is the end of the pipe: the line that had begun is not lost.
func TestStopOfAPipe(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.env["PATHS"] = "-"
	r, w, err := os.Pipe()
	b.must(err)
	defer r.Close()
	defer w.Close()
	c := b.command("run")
	c.In = r
	s, err := c.Start()
	b.must(err)
	_, err = w.WriteString(b.lines("a", 0, 10) + strings.TrimSuffix(b.lines("a", 10, 1), "\n"))
	b.must(err)
	b.eventually("the first lines", func() bool { return b.ledger.Times(b.name("a", 8)) == 1 })
	s.Signal(syscall.SIGTERM)
	b.wantExit(s, 0)
	if tally := b.ledger.Tally(); tally.Lost+tally.Unexcused+tally.Foreign+tally.Disordered > 0 {
		t.Errorf("got %+v", tally)
	}
}
