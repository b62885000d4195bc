package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestRestart(t *testing.T) {
	tellAll(t, []story{
		{"killed before anything was committed", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.lane.hold(true)
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			b.lane.hold(false)
			b.start()
			b.wants(lines("a", 0, 100), lines("a", 0, 100))
		}},
		{"committed in the middle of what was read", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.lane.hold(true)
			b.start()
			b.wants(lines("a", 0, 100))
			b.lane.commitAt(int64(len(lines("a", 0, 40))))
			b.stop()
			b.lane.hold(false)
			b.start()
			b.wants(lines("a", 0, 100), lines("a", 40, 60))
			b.stop()
			b.start()
			b.append("a.log", lines("b", 0, 1))
			b.wants(lines("a", 0, 100), lines("a", 40, 60), lines("b", 0, 1))
		}},
		{"committed in the middle, then another file behind the same header", nil, func(b *bench) {
			header := lines("header", 0, 200)
			b.write("a.log", header+lines("a", 0, 100))
			b.lane.hold(true)
			b.start()
			b.wants(header, lines("a", 0, 100))
			b.lane.commitAt(int64(len(header + lines("a", 0, 40))))
			b.stop()
			b.lane.hold(false)
			b.write("a.log", header+lines("b", 0, 150))
			b.start()
			b.wants(header, lines("a", 0, 100), header, lines("b", 0, 150))
		}},
		{"state directory lost its newest file", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			if err := os.WriteFile(filepath.Join(b.state, "checkpoints"), make([]byte, 500), 0o600); err != nil {
				b.t.Fatal(err)
			}
			b.options.StartAtEnd = true // which is no excuse to forget anything
			b.append("a.log", lines("a", 100, 10))
			b.start()
			b.eventually("the rest", func() bool { return slices.Contains(b.lane.lines(), "a-000109") })
			if b.log.count("damaged") == 0 {
				b.t.Error("nothing was logged")
			}
		}},
		{"both copies lost", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			for _, name := range []string{"checkpoints", "checkpoints.previous"} {
				if err := os.WriteFile(filepath.Join(b.state, name), make([]byte, 500), 0o600); err != nil {
					b.t.Fatal(err)
				}
			}
			b.options.StartAtEnd = true
			b.start()
			b.wants(lines("a", 0, 100), lines("a", 0, 100))
		}},
	})
}

func TestStartAtEnd(t *testing.T) {
	tellAll(t, []story{
		{"what is there is skipped, what comes is not", nil, func(b *bench) {
			b.options.StartAtEnd = true
			b.write("a.log", lines("old", 0, 10)+"ha")
			b.write("empty.log", "")
			b.start()
			b.rest()
			b.append("a.log", "lf\n")
			b.append("empty.log", lines("e", 0, 1))
			b.write("new.log", lines("n", 0, 10))
			b.wants("half\n", lines("e", 0, 1), lines("n", 0, 10))
		}},
		{"what comes while down is not", nil, func(b *bench) {
			b.options.StartAtEnd = true
			b.write("a.log", lines("old", 0, 10))
			b.start()
			b.rest()
			b.kill()
			b.append("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.stop()
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("a", 10, 10))
			b.start()
			b.wants(lines("a", 0, 20))
		}},
	})
}

func TestOnce(t *testing.T) {
	tellAll(t, []story{
		{"nothing there", []string{"no/such/*.log"}, func(b *bench) {
			b.once()
			b.wants()
		}},
		{"more files than may be open", nil, func(b *bench) {
			b.options.MaxOpen = 8
			want := ""
			for n := range 100 {
				text := lines(fmt.Sprintf("w%02d", n), 0, 10)
				b.write(fmt.Sprintf("%02d.log", n), text)
				want += text
			}
			b.once()
			b.wants(want)
		}},
	})
}

// What is taken out of the globs is not read any more, though it is still there;
// named again, it is read on where it was left.
func TestWhatIsNoLongerNamedIsNotRead(t *testing.T) {
	b := newBench(t, "a.log")
	b.append("a.log", "one\n")
	b.once()
	b.wants("one\n")
	b.append("a.log", "two\n")
	b.append("b.log", "other\n")
	named := b.options.Patterns
	b.options.Patterns = []string{b.path("b.log")}
	b.once()
	b.wants("one\nother\n")
	b.options.Patterns = append(b.options.Patterns, named...)
	b.once()
	b.wants("one\nother\ntwo\n")
}
