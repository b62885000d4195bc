package file

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

// zip does what gzip does to a file, and says when.
func (b *bench) zip(name string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	st, err := os.Stat(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	b.write(name+".gz", string(zipped(b.t, string(text))))
	b.remove(name)
	b.chtime(name+".gz", st.ModTime())
}

func (b *bench) chtime(name string, at time.Time) {
	b.t.Helper()
	if err := os.Chtimes(b.path(name), at, at); err != nil {
		b.t.Fatal(err)
	}
}

func TestGzippedInTrouble(t *testing.T) {
	// missed is a directory whose a.log was read and then rotated twice while
	// nobody looked. The younger of both says text, gzipped as data.
	missed := func(b *bench, data []byte) {
		b.write("a.log", lines("a", 0, 100))
		b.start()
		b.wants(lines("a", 0, 100))
		b.stop()
		b.append("a.log", lines("a", 100, 100))
		b.rename("a.log", "a.log.2")
		b.zip("a.log.2")
		b.write("a.log.1.gz", string(data))
		b.write("a.log", lines("a", 900, 100))
	}
	text := func(n int) string { return lines("a", 200, n) }
	came := func(b *bench, line string) func() bool {
		return func() bool { return slices.Contains(b.lane.lines(), line) }
	}
	tellAll(t, []story{
		{"cut off for good: what is there, and all else", nil, func(b *bench) {
			data := zipped(b.t, noise(200_000))
			missed(b, data[:len(data)/2])
			b.start()
			b.eventually("all but the damaged one", came(b, "a-000999"))
			b.eventually("given up", func() bool { return b.run.source.Stats().Files == 1 })
			n := len(b.lane.lines())
			if want := strings.Split(noise(200_000), "\n")[:n-300]; n < 400 ||
				!slices.Equal(want[:50], b.lane.lines()[200:250]) {
				b.t.Errorf("%d lines", n)
			}
			if b.log.count("ends early") != 1 {
				b.t.Errorf("not said once:\n%s", b.log)
			}
			b.stop()
			b.start()
			b.rest()
			if again := len(b.lane.lines()); again != n {
				b.t.Errorf("%d lines after the next start, %d before", again, n)
			}
		}},
		{"still being written", nil, func(b *bench) {
			b.options.RotateWait = time.Hour
			data := zipped(b.t, text(700))
			missed(b, data[:len(data)/2])
			b.start()
			b.eventually("the others", came(b, "a-000999"))
			b.append("a.log.1.gz", string(data[len(data)/2:]))
			b.wants(lines("a", 0, 1000))
		}},
		{"nothing of it written yet", nil, func(b *bench) {
			missed(b, nil)
			b.start()
			b.wants(lines("a", 0, 200), lines("a", 900, 100))
		}},
		{"not as it was", nil, func(b *bench) {
			data := zipped(b.t, noise(200_000))
			data[len(data)/2] ^= 0xff
			missed(b, data)
			b.start()
			b.eventually("all but the damaged one", came(b, "a-000999"))
			b.rest()
			if n := len(b.lane.lines()); n < 350 || b.log.count("damaged") != 1 {
				b.t.Errorf("%d lines\n%s", n, b.log)
			}
		}},
		{"not gzipped at all after the first bytes", nil, func(b *bench) {
			missed(b, []byte("\x1f\x8b\x08 and nothing that gzip understands, for long enough\n"))
			b.start()
			b.wants(lines("a", 0, 200), lines("a", 900, 100))
			if b.log.count("damaged") != 1 {
				b.t.Errorf("not said once:\n%s", b.log)
			}
		}},
		{"gzipped twice", nil, func(b *bench) {
			missed(b, zipped(b.t, string(zipped(b.t, text(700)))))
			b.start()
			b.wants(lines("a", 0, 200), lines("a", 900, 100))
		}},
		{"gone while it is read", nil, func(b *bench) {
			missed(b, zipped(b.t, text(700)))
			b.lane.buf = bufferMin
			b.lane.deliver = func(records []input.Record) {
				if len(records) > 0 && strings.HasPrefix(string(records[0].Text), "a-0002") {
					os.Remove(b.path("a.log.1.gz"))
				}
			}
			b.start()
			b.wants(lines("a", 0, 1000))
			b.inOrder("a.log")
		}},
		{"killed in the middle", nil, func(b *bench) {
			missed(b, zipped(b.t, text(700)))
			b.lane.hold(true)
			b.lane.buf = bufferMin
			b.start()
			b.wants(lines("a", 0, 1000))
			b.lane.mu.Lock()
			for _, c := range b.lane.open { // up to somewhere in the second
				if g := c.stream.(*generation); g.path == b.path("a.log.1.gz") && int64(c.at) > 5000 {
					break
				}
				c.stream.Commit(c.at, input.Carry{})
			}
			b.lane.open, b.lane.noCommit = nil, false
			b.lane.mu.Unlock()
			b.stop()
			before := len(b.lane.lines())
			b.rename("a.log.1.gz", "a.log.2.gz") // of another inode: the first one is done with
			b.start()
			b.eventually("all of it again from there", func() bool {
				got := b.lane.lines()[before:]
				return slices.Contains(got, "a-000899") && slices.Contains(got, "a-000999")
			})
			b.rest()
			if got := b.lane.of(b.path("a.log"))[before:]; got[0] < "a-000400" || !slices.IsSorted(got) {
				b.t.Errorf("again from %s on, %d lines, sorted: %v", got[0], len(got), slices.IsSorted(got))
			}
		}},
		{"a great deal of nothing", nil, func(b *bench) {
			missed(b, zipped(b.t, strings.Repeat("x", 64<<20)+"\n"+text(700)))
			b.start()
			b.eventually("the last", came(b, "a-000999"))
			b.rest()
			if n := len(b.lane.lines()); n != 1001 || b.run.source.Stats().CutLines != 1 {
				b.t.Errorf("%d lines, %d cut", n, b.run.source.Stats().CutLines)
			}
		}},
	})
}

func TestGlobsOfGzippedFiles(t *testing.T) {
	tellAll(t, []story{
		{"those there before are old", []string{"*.log", "*.gz"}, func(b *bench) {
			b.options.StartAtEnd = true
			b.write("old", lines("x", 0, 1000))
			b.zip("old")
			b.start()
			b.rest()
			b.write("new", lines("y", 0, 1000))
			b.zip("new")
			b.wants(lines("y", 0, 1000))
		}},
		{"written bit by bit", []string{"*.gz"}, func(b *bench) {
			text := noise(100_000)
			text = text[:strings.LastIndexByte(text, '\n')+1]
			data := zipped(b.t, text)
			b.start()
			for at := 0; at < len(data); at += 9999 {
				b.append("a.gz", string(data[at:min(at+9999, len(data))]))
				b.rest()
			}
			b.wants(text)
		}},
	})
}
