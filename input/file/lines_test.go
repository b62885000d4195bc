package file

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

func TestLines(t *testing.T) {
	tellAll(t, []story{
		{"half a line, then the rest", nil, func(b *bench) {
			b.write("a.log", "whole\nhal")
			b.start()
			b.wants("whole\n")
			b.append("a.log", "f\n")
			b.wants("whole\n", "half\n")
		}},
		{"half a line, a restart, the rest", nil, func(b *bench) {
			b.write("a.log", "whole\nhal")
			b.start()
			b.wants("whole\n")
			b.kill()
			b.append("a.log", "f\n")
			b.start()
			b.eventually("the half line", func() bool { return len(b.lane.of(b.path("a.log"))) >= 2 })
			b.rest()
			if got := b.lane.lines(); got[len(got)-1] != "half" {
				b.t.Errorf("got %q", got)
			}
		}},
		{"no end of line, then unlinked", nil, func(b *bench) {
			b.write("a.log", "whole\nhalf")
			b.start()
			b.wants("whole\n")
			b.remove("a.log")
			b.wants("whole\n", "half\n")
		}},
		{"no end of line, then rotated within the globs", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", "whole\nhalf")
			b.start()
			b.wants("whole\n")
			b.rename("a.log", "a.log.1")
			b.write("a.log", "next\n")
			b.wants("whole\n", "half\n", "next\n")
			b.stop()
			b.start()
			b.append("a.log", "over\n")
			b.wants("whole\n", "half\n", "next\n", "over\n")
		}},
		{"no end of line, then rotated while down", nil, func(b *bench) {
			b.write("a.log", "whole\nhalf")
			b.start()
			b.wants("whole\n")
			b.stop()
			b.rename("a.log", "a.log.1")
			b.write("a.log", "next\n")
			b.start()
			b.wants("whole\n", "half\n", "next\n")
		}},
		{"written byte by byte", nil, func(b *bench) {
			b.start()
			for _, c := range []byte(lines("a", 0, 10)) {
				b.append("a.log", string(c))
			}
			b.wants(lines("a", 0, 10))
		}},
		{"CRLF, NUL and invalid UTF-8 stay as they are", nil, func(b *bench) {
			text := "crlf\r\nmid\x00dle\n\xff\xfe\n\r\n\nend\n"
			b.write("a.log", text)
			b.start()
			b.wants(text)
		}},
		{"small buffers", nil, func(b *bench) {
			b.lane.buf = bufferMin
			var text strings.Builder
			for n := range 300 {
				text.WriteString(strings.Repeat("é€😀", n*7%1500) + fmt.Sprintf(" %d\r\n", n))
			}
			b.write("a.log", text.String())
			b.start()
			b.wants(text.String())
		}},
		{"a long line growing slowly", nil, func(b *bench) {
			b.lane.buf = bufferMin
			b.start()
			for range 30 {
				b.append("a.log", strings.Repeat("x", 1000))
				b.rest()
			}
			b.append("a.log", "\nnext\n")
			b.wants(strings.Repeat("x", 30000)+"\n", "next\n")
		}},
		{"written where there were zeros", nil, func(b *bench) {
			b.write("a.log", string(make([]byte, 1<<20)))
			b.start()
			b.rest()
			f, err := os.OpenFile(b.path("a.log"), os.O_WRONLY, 0)
			if err != nil {
				b.t.Fatal(err)
			}
			defer f.Close()
			f.WriteString("a\nb\n")
			b.wants("a\nb\n")
		}},
	})
}

func TestLineLimit(t *testing.T) {
	for _, buf := range []int{bufferMin, 64 << 10} {
		for _, limit := range []int{100, 5000, 20000} {
			t.Run(fmt.Sprintf("%d in %d", limit, buf), func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.options.MaxLine, b.lane.buf = limit, buf
				var text, want strings.Builder
				for n, length := range []int{limit, limit + 1, 10 * limit, limit - 1, 0, limit} {
					line := strings.Repeat(string(rune('a'+n)), length)
					for _, end := range []string{"\n", "\r\n"} {
						text.WriteString(line + end)
						switch {
						case length <= limit:
							want.WriteString(line + end)
						default:
							fmt.Fprintf(&want, "%s [ollama-hec: line cut, %d bytes dropped]\n", line[:limit], length-limit)
						}
					}
				}
				b.write("a.log", text.String())
				b.start()
				b.wants(want.String())
				if n := b.run.source.Stats().CutLines; n != 4 {
					t.Errorf("%d cut lines counted, not 4", n)
				}
				if got := b.lane.lines(); len(got[0]) != limit || !strings.HasPrefix(got[2], "bbb") ||
					got[len(got)-2] != strings.Repeat("f", limit) {
					t.Errorf("out of order")
				}
			})
		}
	}
}

// A long hole in a file takes no disk, but long to read. It hides neither the line it tore
// nor the one behind it.
func TestEndlessHole(t *testing.T) {
	b := newBench(t)
	b.options.Poll, b.options.MaxLine = 20*time.Millisecond, 1<<20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.write("a.log", "first\nx")
	b.truncate("a.log", 256<<20)
	b.start()
	b.eventually("scanned", func() bool {
		f := b.run.source.Files()
		return len(b.lane.lines()) == 1 && len(f) == 1 && f[0].Attention == "idle" && f[0].Whole == f[0].Offset
	})
	b.append("a.log", "y\nlast\n")
	b.eventually("read", func() bool { return len(b.lane.lines()) == 4 })
	if got := b.lane.lines(); !slices.Equal(got, []string{"first", "x", "y", "last"}) {
		t.Errorf("got %q", got)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapSys) - int64(before.HeapSys); grown > 64<<20 {
		t.Errorf("%d MiB of heap for one line", grown>>20)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	b := newBench(t)
	b.write("a.log", lines("a", 0, 100000))
	s, g := b.open("a.log")
	chunk := &input.Chunk{Buf: make([]byte, 256<<10)}
	read := 0
	for progress := input.More; progress == input.More; {
		progress = g.Read(chunk)
		read += len(chunk.Records)
	}
	if read != 100000 {
		t.Fatalf("%d lines read", read)
	}
	allocated := testing.AllocsPerRun(20, func() {
		g.mu.Lock()
		g.off, g.before, g.marks, g.committed, g.attention = 0, g.before[:0], g.marks[:1], 0, queued
		g.mu.Unlock()
		for progress := input.More; progress == input.More; {
			progress = g.Read(chunk)
		}
	})
	if allocated > 8 {
		t.Errorf("%v allocations for 100000 lines", allocated)
	}
	_ = s
}

// open lists once and returns the one generation there is.
func (b *bench) open(name string) (*Source, *generation) {
	b.t.Helper()
	b.options.Store = b.store()
	s, err := New(b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	s.announce = func(input.Stream) {}
	s.scan(time.Now())
	b.t.Cleanup(func() { s.Close() })
	all := s.all()
	if len(all) != 1 || all[0].path != b.path(name) {
		b.t.Fatalf("found %+v", s.Files())
	}
	return s, all[0]
}
