//go:build linux

package harness

import (
	"compress/gzip"
	"fmt"
	"os"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

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

func TestRotation(t *testing.T) {
	exactly(t, []story{
		{"renamed within the glob", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.rename("a.log", "a-1.log")
			b.write("a.log", b.lines("a", 100, 100))
		}},
		{"renamed out of the glob", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("a", 100, 100))
		}},
		{"5 late writes", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			old, err := os.OpenFile(b.path("a.log"), os.O_WRONLY|os.O_APPEND, 0)
			b.must(err)
			defer old.Close()
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("new", 0, 100))
			for n := range 5 {
				_, err := old.WriteString(b.lines("late", n, 1))
				b.must(err)
				b.arrived()
			}
		}},
		{"a write 3 s late", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("new", 0, 100))
			b.arrived()
			b.pass(3 * time.Second)
			b.append("a.log.1", b.lines("late", 0, 5))
		}},
		{"twice and the oldest deleted unread", func(b *bench) {
			release := b.hang()
			b.write("a.log", b.lines("a", 0, 50_000))
			b.start()
			b.eventually("opened", func() bool { return b.opened("a.log") })
			for n, to := range []string{"a.log.1", "a.log.2"} {
				b.rename("a.log", to)
				b.write("a.log", b.lines("a", 50_000*(n+1), 50_000))
				b.eventually("opened", func() bool { return b.opened("a.log") })
			}
			b.remove("a.log.1")
			release()
		}},
		{"twice while down", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.stop()
			b.append("a.log", b.lines("a", 100, 100))
			b.rename("a.log", "a.log.2")
			b.write("a.log", b.lines("a", 200, 100))
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("a", 300, 100))
			b.start()
		}},
		{"along a chain", func(b *bench) {
			b.follow("*.log*")
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			for n := 1; n < 8; n++ {
				b.arrived()
				for _, move := range [][2]string{{"a.log.2", "a.log.3"}, {"a.log.1", "a.log.2"}, {"a.log", "a.log.1"}} {
					if _, err := os.Stat(b.path(move[0])); err == nil {
						b.rename(move[0], move[1])
					}
				}
				b.write("a.log", b.lines("a", 100*n, 100))
			}
		}},
		{"along a chain faster than anybody looks", func(b *bench) {
			b.follow("*.log*")
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("never seen as a.log", 0, 100))
			b.rename("a.log.1", "a.log.2")
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("a", 100, 100))
		}},
		{"and compressed", func(b *bench) {
			b.follow("*.log*")
			b.write("a.log", b.lines("a", 0, 2000))
			b.start()
			b.arrived()
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("a", 2000, 100))
			b.arrived()
			b.compress("a.log.1")
		}},
	})
}

// compress does what gzip does: FILE becomes FILE.gz.
func (b *bench) compress(name string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	b.must(err)
	f, err := os.Create(b.path(name + ".gz"))
	b.must(err)
	z := gzip.NewWriter(f)
	_, err = z.Write(text)
	b.must(err)
	b.must(z.Close())
	b.must(f.Close())
	b.remove(name)
}

func TestRotationWhileTheReceiverHangs(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	release := b.hang()
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.eventually("opened", func() bool { return b.opened("a.log") })
	for n, to := range []string{"a.log.1", "a.log.2", "a.log.3"} {
		b.append("a.log", b.lines("a", 2000*n+1000, 1000))
		b.rename("a.log", to)
		b.write("a.log", b.lines("a", 2000*n+2000, 1000))
		b.eventually("opened", func() bool { return b.opened("a.log") })
	}
	release()
	b.excused()
}

func TestTruncation(t *testing.T) {
	exactly(t, []story{
		{"copied and truncated all read", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.copy("a.log", "a-1.log")
			b.truncate("a.log")
			b.append("a.log", b.lines("a", 100, 50))
		}},
		{"copied and truncated with an unread tail", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			release := b.hang()
			b.append("a.log", b.lines("a", 100, 150_000))
			b.copy("a.log", "a-1.log")
			b.truncate("a.log")
			b.append("a.log", b.lines("a", 150_100, 50))
			release()
		}},
		{"regrown past the old offset", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.write("a.log", b.lines("b", 0, 500))
		}},
		{"to nothing", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.truncate("a.log")
		}},
		{"while down", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.stop()
			b.write("a.log", b.lines("b", 0, 50))
			b.start()
		}},
		{"while down and regrown", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			b.stop()
			b.write("a.log", b.lines("b", 0, 500))
			b.start()
		}},
		{"rewritten in place", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.start()
			b.arrived()
			f, err := os.OpenFile(b.path("a.log"), os.O_WRONLY, 0)
			b.must(err)
			defer f.Close()
			_, err = f.WriteString(b.lines("b", 0, 100))
			b.must(err)
		}},
		{"and written on at the old offset", func(b *bench) {
			f, err := os.Create(b.path("a.log"))
			b.must(err)
			defer f.Close()
			_, err = f.WriteString(b.lines("a", 0, 10_000))
			b.must(err)
			b.start()
			b.arrived()
			b.truncate("a.log")
			_, err = f.WriteString(b.lines("b", 0, 100))
			b.must(err)
		}},
	})
}

// Twice, while a receiver hangs that was to take what came before.
func TestCopiedAndTruncatedBeforeAnyOfItWasRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	release := b.hang()
	b.write("a.log", b.lines("a", 0, 100_000))
	b.start()
	b.eventually("opened", func() bool { return b.opened("a.log") })
	b.rename("a.log", "a.log-20260101")
	b.write("a.log", "")
	b.eventually("opened", func() bool { return b.opened("a.log") })
	for n := range 2 {
		b.append("a.log", b.lines("a", 100_000+1000*n, 1000))
		b.pass(2 * time.Second) // to be seen, not read
		b.copy("a.log", fmt.Sprintf("a.log-2026010%d", 2+n))
		b.truncate("a.log")
	}
	b.append("a.log", b.lines("a", 102_000, 100))
	release()
	b.exactly()
}
