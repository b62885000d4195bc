package file

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
)

// meanwhile is a file to which something happens while it is read: after so many parts, each of
// which is what the file holds when it is asked.
type meanwhile struct {
	plain
	parts   int
	happens func() // nil: it has happened
}

func (m *meanwhile) ReadAt(b []byte, at int64) (n int, err error) {
	for n < len(b) {
		if m.parts == 0 && m.happens != nil {
			happens := m.happens
			m.happens = nil
			happens()
		}
		m.parts--
		st, err := m.plain.stat()
		if err != nil {
			return n, err
		}
		part := min(int64(len(b)-n), st.size-at-int64(n))
		if part <= 0 {
			return n, io.EOF
		}
		got, err := m.plain.ReadAt(b[n:n+int(part)], at+int64(n))
		if n += got; err != nil && !errors.Is(err, io.EOF) {
			return n, err
		}
	}
	return n, nil
}

// A log is copied, truncated and written again, to more than it held, while it is read: before that,
// in the middle of it and after it. All lines come, in order and once.
func TestTruncatedWhileItIsRead(t *testing.T) {
	for _, tt := range []struct{ name, before, read string }{
		{"from its start", "", lines("a", 0, 2)},
		{"a few lines on", lines("a", 0, 3), lines("a", 3, 2)},
		{"beyond what it is known by", lines("a", 0, 300), lines("a", 300, 2)},
		{"a line longer than can be read at once", lines("a", 0, 3), strings.Repeat("x", 2*bufferMin) + "\n"},
	} {
		for parts, happened := 0, true; happened; parts++ {
			t.Run(fmt.Sprintf("%s, after %d parts", tt.name, parts), func(t *testing.T) {
				st := newSteps(newBench(t))
				st.write("a.log", tt.before)
				st.look()
				st.append("a.log", tt.read)
				st.see()
				g, after := st.s.all()[0], ""
				g.file = &meanwhile{plain: g.file.(plain), parts: parts, happens: func() {
					after = lines("b", 0, 1+len(tt.before+tt.read)/len("b-000000\n"))
					st.copyTo("a.log", "a.log.1")
					st.truncate("a.log", 0)
					st.append("a.log", after)
				}}
				st.readOne(bufferMin)
				happened = after != ""
				st.wants(tt.before, tt.read, after)
			})
		}
	}
}

// The size that a file is said to have is that of what it is said to begin with.
func TestLookIntoWhatIsWritten(t *testing.T) {
	before, after := lines("a", 0, 3), lines("b", 0, 7)
	for parts := 0; ; parts++ {
		b := newBench(t)
		b.write("a.log", before)
		f, err := openShared(b.path("a.log"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m := &meanwhile{plain: plain{f}, parts: parts, happens: func() {
			b.truncate("a.log", 0)
			b.append("a.log", after)
		}}
		st, head, err := lookInto(m)
		if err != nil {
			t.Fatal(err)
		}
		if string(head) != before && string(head) != after || int(st.size) != len(head) {
			t.Errorf("after %d parts: %q of %d bytes", parts, head, st.size)
		}
		if m.happens != nil {
			break
		}
	}
}

// A copy is met while it is made. When its original is truncated, it is whole.
func TestCopyMetWhileItIsMade(t *testing.T) {
	for _, copied := range []int{1, 10, 100} {
		t.Run(fmt.Sprint(copied), func(t *testing.T) {
			st := newSteps(newBench(t))
			text := lines("a", 0, 200)
			st.write("a.log", text)
			st.look()
			st.write("a.log.1", lines("a", 0, copied))
			found, err := st.s.siblings(st.dir, st.s.rotatedAside)
			if err != nil || len(found) != 1 {
				t.Fatal(found, err)
			}
			f := &fileBeside{
				s: st.s, found: found[0], source: st.path("a.log"), now: time.Now(), refreshed: map[string]bool{},
			}
			r := reconcile(beside, func(q question) bool {
				if q == isCopied {
					st.append("a.log.1", strings.TrimPrefix(text, lines("a", 0, copied)))
					st.truncate("a.log", 0)
				}
				return f.is(q)
			})
			f.arrival.file.Close()
			if r.when != isContinued {
				t.Errorf("%s", r.name)
			}
			st.wants(text)
		})
	}
}
