//go:build linux

package harness

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// chunk is how much the shipper reads at a time, which is where lines break.
const chunk = 256 << 10

func TestLines(t *testing.T) {
	exactly(t, []story{
		{"half a line and later the rest", func(b *bench) {
			line := b.lines("a", 123456, 1)
			b.write("a.log", b.lines("a", 0, 10)+line[:len(line)/2])
			b.start()
			b.eventually("those before", func() bool { return b.ledger.Times(b.name("a", 9)) == 1 })
			b.pass(5 * time.Second)
			b.append("a.log", line[len(line)/2:])
		}},
		{"without an end and then unlinked", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 10)+strings.TrimSuffix(b.lines("a", 10, 1), "\n"))
			b.start()
			b.eventually("those before", func() bool { return b.ledger.Times(b.name("a", 9)) == 1 })
			b.remove("a.log")
		}},
		{"without an end and then rotated", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 10)+strings.TrimSuffix(b.lines("a", 10, 1), "\n"))
			b.start()
			b.eventually("those before", func() bool { return b.ledger.Times(b.name("a", 9)) == 1 })
			b.rename("a.log", "a.log.1")
			b.write("a.log", b.lines("new", 0, 10))
		}},
		{"as long as allowed and longer", func(b *bench) {
			const limit = 1 << 20
			var text strings.Builder
			for _, size := range []int{limit, limit + 1, 10 * limit} {
				line := strings.Repeat("x", size-10) + fmt.Sprintf("%010d", size)
				text.WriteString(line + "\n" + b.lines("next", size, 1))
				if over := size - limit; over > 0 {
					line = line[:limit] + fmt.Sprintf(" [ollama-hec: line cut, %d bytes dropped]", over)
				}
				b.ledger.Due(line)
			}
			b.write("a.log", text.String())
			b.start()
		}},
		{"CRLF across two reads", func(b *bench) {
			b.write("a.log", b.across("\r\n"))
			b.start()
		}},
		{"a rune across two reads", func(b *bench) {
			b.write("a.log", b.across("€ and more\n"))
			b.start()
		}},
		{"invalid UTF-8 and NUL", func(b *bench) {
			b.write(
				"a.log",
				"first\nbad \xff\xfe\x80 bytes\nhalf a rune \xe2\x82\nnul \x00 inside\n\xed\xa0\x80 surrogate\nlast\n",
			)
			for _, line := range []string{"first", "bad ��� bytes", "half a rune ��", "nul \x00 inside", "��� surrogate", "last"} {
				b.ledger.Due(line)
			}
			b.start()
		}},
	})
}

// across is text whose lines end in end. In one of them each byte of end in turn
// is the last of the first read, whichever way the shipper aligns it.
func (b *bench) across(end string) string {
	var text strings.Builder
	due := func(line string) {
		text.WriteString(line + end)
		b.ledger.Due(strings.TrimRight(line+end, "\r\n"))
	}
	for seq := range len(end) {
		size := (seq+1)*chunk - seq - 1 - text.Len()
		due(fmt.Sprintf("%s %d", strings.Repeat("f", size-10), seq))
		due(fmt.Sprintf("between %d", seq))
	}
	for at := 0; text.Len() < 3*len(end)*chunk; at++ {
		due(fmt.Sprintf("%s %d", strings.Repeat("y", 4093+at%7), at))
	}
	return text.String()
}

// Half a line, a crash, the rest: one event.
func TestHalfALineAcrossACrash(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	line := b.lines("a", 10, 1)
	b.write("a.log", b.lines("a", 0, 10)+line[:len(line)/2])
	b.start()
	b.eventually("those before", func() bool { return b.ledger.Times(b.name("a", 9)) == 1 })
	b.kill()
	b.append("a.log", line[len(line)/2:])
	b.start()
	b.excused()
	if n := b.ledger.Times(strings.TrimSuffix(line, "\n")); n != 1 {
		t.Errorf("the line came %d times", n)
	}
}

// A line without end must not fill the memory: 1 GiB of it, a quarter where time is short.
func TestEndlessLine(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	size := int64(256 << 20)
	if long {
		size = 1 << 30
	}
	f, err := os.Create(b.path("a.log"))
	b.must(err)
	defer f.Close()
	_, err = f.WriteString(b.lines("before", 0, 10))
	b.must(err)
	part := []byte(strings.Repeat("x", 1<<20))
	for range size >> 20 {
		_, err := f.Write(part)
		b.must(err)
	}
	b.start()
	b.arrived()
	_, err = f.WriteString("\n" + b.lines("after", 0, 10))
	b.must(err)
	b.ledger.Due(string(part) + fmt.Sprintf(" [ollama-hec: line cut, %d bytes dropped]", size-1<<20))
	b.arrived()
	if peak := b.peakMemory(); peak > 128<<20 {
		t.Errorf("it took %d MiB", peak>>20)
	}
	b.exactly()
}
