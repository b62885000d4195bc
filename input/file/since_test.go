package file

import (
	"os"
	"testing"
	"time"
)

// again is another life of the shipper over the same files.
func (st *steps) again() *steps {
	st.t.Helper()
	st.end()
	return newSteps(st.bench)
}

// begun follows an empty log.
func begun(b *bench) *steps {
	b.options.RotateWait = time.Millisecond
	b.write("a.log", "")
	st := newSteps(b)
	st.look()
	return st
}

// rotateAndFinish renames the log, begins the next one and waits until the shipper
// has done with the first.
func (st *steps) rotateAndFinish(next string) {
	st.t.Helper()
	st.rename("a.log", "a.log.1")
	st.write("a.log", next)
	st.eventually("the rotated file is done with", func() bool { st.look(); return len(st.s.dormant) == 1 })
}

// What was rotated before anybody asked for it is not read, whatever becomes of it;
// what is written to it afterwards is.
func TestOldRotatedFilesStayUnread(t *testing.T) {
	for _, tt := range []struct {
		name string
		tell func(st *steps)
	}{
		{"when it is rotated on", func(st *steps) {
			st.rename("a.log.1", "a.log.2")
			st.rename("a.log", "a.log.1")
			st.write("a.log", lines("a", 10, 10))
			st.wants(lines("a", 0, 20))
		}},
		{"when it is gzipped without its time", func(st *steps) {
			st.zip("a.log.1")
			st.chtime("a.log.1.gz", time.Now())
			st.append("a.log", lines("a", 10, 10))
			st.wants(lines("a", 0, 20))
		}},
		{"when it is touched while down", func(st *steps) {
			st.end()
			st.chtime("a.log.1", time.Now())
			st = newSteps(st.bench)
			st.append("a.log", lines("a", 10, 10))
			st.wants(lines("a", 0, 20))
		}},
		{"when it was gzipped, and the shipper is started again", func(st *steps) {
			st = st.again()
			st.append("a.log", lines("a", 10, 10))
			st.wants(lines("a", 0, 20))
		}},
		{"but for what is written to it", func(st *steps) {
			st.append("a.log.1", lines("late", 0, 3))
			st.chtime(".", time.Now()) // as any change beside it does
			st.append("a.log", lines("a", 10, 10))
			st.wants(lines("a", 0, 10), lines("late", 0, 3), lines("a", 10, 10))
		}},
		{"but for globs that name it", func(st *steps) {
			st.end()
			st.options.Patterns = []string{st.path("*.log*")}
			st = newSteps(st.bench)
			st.wants(lines("a", 0, 10), lines("old", 0, 10))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.write("a.log.1", lines("old", 0, 10))
			b.write("a.log.7", lines("older", 0, 10))
			b.zip("a.log.7")
			b.write("a.log", lines("a", 0, 10))
			st := newSteps(b)
			st.wants(lines("a", 0, 10))
			tt.tell(st)
		})
	}
}

// A log whose name differs by a number is another one as long as it is written.
func TestAnotherLogIsNoRotatedFile(t *testing.T) {
	b := newBench(t, "a.log")
	b.write("a.log", lines("a", 0, 10))
	b.write("a-2.log", lines("other", 0, 10))
	st := newSteps(b)
	st.look()
	for n := 10; n < 60; n += 10 {
		st.append("a.log", lines("a", n, 10))
		st.append("a-2.log", lines("other", n, 10))
		st.append("a-3.log", lines("third", n, 10))
		st.write("b"+string(rune('0'+n/10)), "a change of names")
		st.look()
		if n == 30 {
			st = st.again()
		}
	}
	st.wants(lines("a", 0, 60))
}

// A copy that somebody made meanwhile says nothing new, however long ago what it is
// of was delivered.
func TestCopyMadeForSafety(t *testing.T) {
	for _, restart := range []bool{false, true} {
		st := begun(newBench(t))
		st.append("a.log", lines("a", 0, 200))
		st.look()
		st.copyTo("a.log", "a.log.bak")
		st.append("a.log", lines("a", 200, 100))
		st.look()
		st.rotateAndFinish(lines("a", 300, 10))
		st.write("b", "any change beside it")
		if restart {
			st = st.again()
		}
		st.wants(lines("a", 0, 310))
	}
}

// A file that was done with is not unpacked once it is gzipped: its time and its
// beginning tell.
func TestGzippedOnceDone(t *testing.T) {
	for _, restart := range []bool{false, true} {
		st := begun(newBench(t))
		st.append("a.log", lines("a", 0, 1000))
		st.look()
		st.rotateAndFinish(lines("a", 1000, 10))
		at, err := os.Stat(st.path("a.log.1"))
		if err != nil {
			t.Fatal(err)
		}
		st.zip("a.log.1")
		whole, err := os.Stat(st.path("a.log.1.gz"))
		if err != nil {
			t.Fatal(err)
		}
		st.truncate("a.log.1.gz", whole.Size()/2) // whoever unpacks it finds less than was delivered
		st.chtime("a.log.1.gz", at.ModTime().Truncate(time.Second))
		if restart {
			st = st.again()
		}
		st.wants(lines("a", 0, 1010))
	}
}

// What was delivered so long ago that it is not known any more is not read again,
// and what was rotated since, by another glob, is not passed over.
func TestWhatIsForgottenAndWhatIsNot(t *testing.T) {
	b := newBench(t)
	b.options.RotateWait = time.Millisecond
	b.write("a.log", lines("a", 0, 100))
	long := time.Now().Add(-2 * forgetAfter)
	b.chtime("a.log", long)
	st := newSteps(b)
	st.wants(lines("a", 0, 100))
	for glob := range st.s.origins.Globs {
		st.s.origins.Globs[glob] = long.Add(-time.Hour).UnixNano() // it began then
	}
	st.s.keepOrigins()
	st.rotateAndFinish(lines("a", 100, 10))
	for key, r := range st.s.dormant {
		r.Gone = long.Unix()
		st.s.dormant[key] = r
	}
	st.s.retain(time.Now())
	if len(st.s.dormant) != 0 {
		t.Fatal("nothing was forgotten")
	}
	st = st.again()
	st.wants(lines("a", 0, 110))

	st.end()
	st.append("a.log", lines("a", 110, 10))
	st.rename("a.log", "a.log.2")
	st.write("a.log.1", lines("a", 120, 10))
	st.write("a.log", lines("a", 130, 10))
	st.options.Patterns = []string{st.path("a.log")}
	st = newSteps(st.bench)
	st.wants(lines("a", 0, 140))
}
