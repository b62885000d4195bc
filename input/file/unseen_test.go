package file

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/file/stories"
)

// steps is a shipper that looks when it is told to, so that what happens between
// two looks is up to the test.
type steps struct {
	*bench
	s     *Source
	ready []input.Stream
	ahead time.Duration // of the clock
}

func newSteps(b *bench) *steps {
	b.options.Store, b.options.Log = b.store(), slog.New(b.log)
	s, err := New(b.options)
	if err != nil {
		b.t.Fatal(err)
	}
	st := &steps{bench: b, s: s}
	s.announce = func(stream input.Stream) { st.ready = append(st.ready, stream) }
	b.t.Cleanup(func() { s.Close() })
	return st
}

// now is the time of the next look.
func (st *steps) now() time.Time { return time.Now().Add(st.ahead) }

// pass lets time go by without waiting for it.
func (st *steps) pass(d time.Duration) { st.ahead += d }

// see lists and looks as Run does.
func (st *steps) see() {
	st.s.scan(st.now())
	st.s.lookAtAll(st.now())
}

// end ends this life; another one may begin.
func (st *steps) end() {
	st.t.Helper()
	if err := st.s.Close(); err != nil {
		st.t.Error(err)
	}
	if err := st.options.Store.Close(); err != nil {
		st.t.Error(err)
	}
}

// look sees, and reads what is ready.
func (st *steps) look() {
	for range 3 { // what is found in one look may ask for another
		st.see()
		for len(st.ready) > 0 {
			st.readOne(bufferDefault)
			st.s.lookAtAll(st.now())
		}
	}
}

// readOne reads to its end what has been ready for longest.
func (st *steps) readOne(size int) {
	if len(st.ready) == 0 {
		return
	}
	chunk := &input.Chunk{Buf: make([]byte, size)}
	stream := st.ready[0]
	st.ready = st.ready[1:]
	for progress := input.More; progress == input.More; {
		progress = stream.Read(chunk)
		for _, r := range chunk.Records {
			if !r.Omitted {
				st.lane.got = append(st.lane.got, read{stream.Source(), string(r.Text)})
			}
			stream.Commit(r.Next, input.Carry{})
		}
	}
}

// wants demands exactly these lines, in order.
func (st *steps) wants(texts ...string) {
	st.t.Helper()
	st.look()
	want := strings.Split(strings.TrimSuffix(strings.Join(texts, ""), "\n"), "\n")
	if got := st.lane.lines(); !slices.Equal(got, want) {
		st.t.Errorf("lines differ: %s, or in order\n%s", stories.Difference(want, got), st.log)
	}
}

// What came and went at a path between two looks lies beside it in copies, also
// where nothing was known of the file but that it was empty.
func TestCopiedAndTruncatedBeforeAnyoneLooked(t *testing.T) {
	copied := func(st *steps, names ...string) {
		for n, name := range names {
			st.append("a.log", lines("a", 100+10*n, 10))
			st.copyTo("a.log", name)
			st.truncate("a.log", 0)
		}
	}
	shift := func(st *steps) {
		st.append("a.log", lines("a", 100, 10))
		st.copyTo("a.log", "a.log.1")
		st.truncate("a.log", 0)
		st.append("a.log", lines("a", 110, 10))
		st.rename("a.log.1", "a.log.2")
		st.copyTo("a.log", "a.log.1")
		st.truncate("a.log", 0)
	}
	for _, tt := range []struct {
		name string
		tell func(st *steps)
	}{
		{"twice, and then nothing", func(st *steps) {
			st.write("a.log", "")
			st.look()
			shift(st)
			st.wants(lines("a", 100, 20))
		}},
		{"twice, and then written to", func(st *steps) {
			st.write("a.log", "")
			st.look()
			shift(st)
			st.append("a.log", lines("a", 120, 10))
			st.wants(lines("a", 100, 30))
		}},
		{"three times, to dated names", func(st *steps) {
			st.write("a.log", "")
			st.look()
			copied(st, "a.log-20261121-01", "a.log-20261121-02", "a.log-20261121-03")
			st.append("a.log", lines("a", 130, 10))
			st.wants(lines("a", 100, 40))
		}},
		{"twice, and gzipped", func(st *steps) {
			st.write("a.log", "")
			st.look()
			shift(st)
			st.zip("a.log.1")
			st.zip("a.log.2")
			st.append("a.log", lines("a", 120, 10))
			st.wants(lines("a", 100, 30))
		}},
		{"twice since it was truncated last", func(st *steps) {
			st.write("a.log", lines("a", 0, 100))
			st.look()
			st.copyTo("a.log", "a.log.3")
			st.truncate("a.log", 0)
			st.look()
			shift(st)
			st.append("a.log", lines("a", 120, 10))
			st.wants(lines("a", 0, 100), lines("a", 100, 30))
		}},
		{"twice since it took the place of another", func(st *steps) {
			st.write("a.log", lines("a", 0, 100))
			st.look()
			st.rename("a.log", "a.log.3")
			st.write("a.log", "")
			shift(st)
			st.append("a.log", lines("a", 120, 10))
			st.wants(lines("a", 0, 100), lines("a", 100, 30))
		}},
		{"twice since it was made", func(st *steps) {
			st.write("b.log", "")
			st.look()
			shift(st)
			st.append("a.log", lines("a", 120, 10))
			st.wants(lines("a", 100, 30))
		}},
		{"never: what was beside it before stays", func(st *steps) {
			st.write("a.log.1", lines("old", 0, 10))
			st.chtime("a.log.1", time.Now().Add(-time.Hour))
			st.write("a.log", "")
			st.look()
			st.append("a.log", lines("a", 0, 10))
			st.wants(lines("a", 0, 10))
		}},
		{"never: what was put there with its copy stays", func(st *steps) {
			st.write("b.log", "")
			st.look()
			st.write("a.log.1", lines("old", 0, 10))
			st.chtime("a.log.1", time.Now().Add(-time.Hour))
			st.write("a.log", lines("a", 0, 10))
			st.wants(lines("a", 0, 10))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.tell(newSteps(newBench(t))) })
	}
}

// A file whose content was replaced, and its place taken by another one, while
// nobody read: all three are read, also if the next look is that of another life.
func TestReplacedAndRenamedWhileNobodyReads(t *testing.T) {
	for _, restart := range []bool{false, true} {
		st := newSteps(newBench(t))
		st.write("a.log", lines("a", 0, 10))
		st.see()
		st.append("a.log", lines("a", 10, 5))
		st.copyTo("a.log", "a.log.2")
		st.truncate("a.log", 0)
		st.append("a.log", lines("a", 15, 30))
		st.rename("a.log", "a.log.1")
		st.write("a.log", lines("a", 45, 10))
		st.see()
		if restart {
			st.end()
			st = newSteps(st.bench)
		}
		st.wants(lines("a", 0, 55))
	}
}

// A file that was empty for long is as old as what it says now, also where that is moved to a
// copy while the files beside it are looked for.
func TestRotatedWhileTheFilesBesideItAreLookedFor(t *testing.T) {
	st := newSteps(newBench(t))
	rotated := 0
	rotate := func() {
		for n := rotated; n > 0; n-- {
			st.rename(fmt.Sprintf("a.log.%d", n), fmt.Sprintf("a.log.%d", n+1))
		}
		rotated++
		st.copyTo("a.log", "a.log.1")
		st.truncate("a.log", 0)
	}
	st.write("a.log", "")
	st.chtime("a.log", time.Now().Add(-time.Hour)) // so what follows is younger by its times
	st.look()
	for n := range 2 {
		st.append("a.log", lines("a", 10*n, 10))
		rotate()
	}
	st.append("a.log", lines("a", 20, 10))
	all := st.s.all()
	if len(all) != 1 || st.s.look(all[0], st.now()) {
		t.Fatalf("%d files are followed, and none has just begun", len(all))
	}
	rotate()
	st.append("a.log", lines("a", 30, 10))
	st.s.lookBehind(all, st.now())
	st.wants(lines("a", 0, 40))
}

// A copy that is met before its original is found to be truncated is no file of
// its own.
func TestCopyMetBeforeTruncation(t *testing.T) {
	st := newSteps(newBench(t))
	st.write("a.log", lines("a", 0, 10))
	st.look()
	st.append("a.log", lines("a", 10, 5))
	st.copyTo("a.log", "a.log.1")
	st.truncate("a.log", 0)
	st.append("a.log", lines("a", 15, 30))
	st.s.lineUp(st.s.sweep(st.dir, time.Now()), time.Now())
	st.wants(lines("a", 0, 45))
}

// The same where only half a line of the original was known, and it is truncated
// late.
func TestCopyMetBeforeTheFirstLineWasKnown(t *testing.T) {
	st := newSteps(newBench(t))
	st.write("a.log", "")
	st.look()
	st.append("a.log", "half")
	st.look()
	st.append("a.log", " a line\nanother\n")
	st.copyTo("a.log", "a.log.1")
	for n := range 3 {
		st.s.scan(time.Now().Add(time.Duration(n) * 3 * st.s.options.Rescan))
		st.s.lookAtAll(time.Now())
	}
	st.look()
	st.truncate("a.log", 0)
	st.append("a.log", lines("a", 0, 10))
	st.wants("half a line\nanother\n", lines("a", 0, 10))
}

// A file named as another one's empty file was in the file system is none of its.
func TestNameOfAnEmptyFileGivenToAnother(t *testing.T) {
	st := newSteps(newBench(t))
	st.write("b.log", "")
	st.look()
	st.end()
	st.rename("b.log", "a.log")
	st.append("a.log", lines("a", 0, 10))
	st = newSteps(st.bench)
	st.wants(lines("a", 0, 10))
	for _, got := range st.lane.got {
		if got.source != st.path("a.log") {
			t.Errorf("%s is said to be of %s", got.text, got.source)
		}
	}
}

// An original that has grown since beyond what was read of it shows by its size
// that it was not truncated. It was, however late somebody reads.
func TestOriginalTruncatedAndGrownAgainWhileNobodyReads(t *testing.T) {
	st := newSteps(newBench(t, "*.log*"))
	st.write("a.log", lines("a", 0, 2))
	st.look()
	st.copyTo("a.log", "a.log.1")
	st.truncate("a.log", 0)
	st.append("a.log", lines("a", 2, 30))
	for n := range 5 {
		st.s.scan(time.Now().Add(time.Duration(n) * 3 * st.s.options.Rescan))
		st.s.lookAtAll(time.Now())
	}
	st.wants(lines("a", 0, 32))
}
