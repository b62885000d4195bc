//go:build linux

package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"ollama-hec/hec/receiver"
)

func TestIdentity(t *testing.T) {
	exactly(t, []story{
		{"deleted and recreated until the inode repeats", func(b *bench) {
			b.start()
			seen := map[uint64]bool{}
			for n, again := 0, false; !again || n < 10; n++ {
				if n == 200 {
					b.t.Fatal("this file system does not give an inode twice")
				}
				b.write("a.log", b.lines(fmt.Sprintf("a%d", n), 0, 20))
				ino := b.inode("a.log")
				again = again || seen[ino]
				seen[ino] = true
				b.arrived()
				b.remove("a.log")
			}
		}},
		{"50 files with one header of 4 KiB", func(b *bench) {
			const line = "# the same in all"
			const times = 4096 / (len(line) + 1)
			header := strings.Repeat(line+"\n", times)
			b.ledger.Due(line)
			b.ledger.Expect(line, 50*times)
			for n := range 50 {
				b.write(fmt.Sprintf("f%d.log", n), header+b.lines(fmt.Sprintf("f%d", n), 0, 20))
			}
			b.start()
			b.arrived()
			for n := range 50 {
				b.append(fmt.Sprintf("f%d.log", n), b.lines(fmt.Sprintf("f%d", n), 20, 20))
			}
			b.eventually("all headers", func() bool { return b.ledger.Times(line) == 50*times })
		}},
		{"empty and of 1 and 20 bytes", func(b *bench) {
			b.write("empty.log", "")
			b.write("one.log", "\n")
			b.write("twenty.log", "nineteen characters\n")
			b.ledger.Due("nineteen characters")
			b.start()
			b.arrived()
			b.append("empty.log", b.lines("empty", 0, 5))
			b.append("one.log", b.lines("one", 0, 5))
			b.append("twenty.log", b.lines("twenty", 0, 5))
			b.arrived()
			b.stop()
			b.append("one.log", b.lines("one", 5, 5))
			b.start()
		}},
		{"hard links", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.must(os.Link(b.path("a.log"), b.path("b.log")))
			b.start()
			b.arrived()
			b.append("b.log", b.lines("a", 100, 100))
			b.arrived()
			b.remove("a.log")
			b.append("b.log", b.lines("a", 200, 100))
		}},
		{"a symlink and its target", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 100))
			b.must(os.Symlink("a.log", b.path("z.log")))
			b.must(os.Symlink(b.path("a.log"), b.path("0.log")))
			b.start()
			b.arrived()
			b.append("a.log", b.lines("a", 100, 100))
		}},
		{"a symlink led elsewhere", func(b *bench) {
			b.write("one", b.lines("a", 0, 100))
			b.write("two", b.lines("a", 100, 100))
			b.must(os.Symlink("one", b.path("a.log")))
			b.start()
			b.eventually("the first", func() bool { return b.ledger.Times(b.name("a", 99)) == 1 })
			b.must(os.Symlink("two", b.path("next")))
			b.rename("next", "a.log")
			b.arrived()
			b.append("two", b.lines("a", 200, 100))
		}},
		{"a symlink into a directory elsewhere", func(b *bench) {
			elsewhere := filepath.Join(b.t.TempDir(), "elsewhere.log")
			b.must(os.WriteFile(elsewhere, []byte(b.lines("a", 0, 100)), 0o644))
			b.must(os.Symlink(elsewhere, b.path("a.log")))
			b.start()
			b.arrived()
			f, err := os.OpenFile(elsewhere, os.O_WRONLY|os.O_APPEND, 0)
			b.must(err)
			_, err = f.WriteString(b.lines("a", 100, 100))
			b.must(err)
			b.must(f.Close())
		}},
	})
}

// Two files that say the same are two: each line comes twice.
func TestTwoIdenticalGrowingFiles(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	write := func(from, n int) {
		text := b.lines("a", from, n)
		for seq := from; seq < from+n; seq++ {
			b.ledger.Expect(b.name("a", seq), 2)
		}
		b.append("one.log", text)
		b.append("two.log", text)
	}
	write(0, 100)
	b.start()
	for n := range 5 {
		seq := 100 + 50*n
		b.eventually("both", func() bool { return b.ledger.Times(b.name("a", seq-1)) == 2 })
		write(seq, 50)
	}
	b.eventually("both", func() bool { return b.ledger.Times(b.name("a", 349)) == 2 })
	b.exactly()
}

func (b *bench) inode(name string) uint64 {
	b.t.Helper()
	var st syscall.Stat_t
	b.must(syscall.Stat(b.path(name), &st))
	return st.Ino
}
