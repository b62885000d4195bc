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
