package file

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

// rotating is a log that is written and rotated as chance will have it. A file is
// deleted only once all it said has come.
type rotating struct {
	*bench
	draw  *rand.Rand
	dated bool // rotated names carry a date; else .1 is the youngest and all move on

	next  int    // line
	since int    // the first line of the file
	old   []part // the oldest first
	turns int

	came  map[int]bool
	sent  map[int]int // in which life last
	last  int         // the youngest line sent
	late  []int       // first sent after a younger one
	again []int       // sent twice in one life
	told  []string
}

// part is a rotated file and its lines.
type part struct {
	name     string
	from, to int
}

func newRotating(t *testing.T, seed uint64, globs ...string) *rotating {
	r := &rotating{
		bench: newBench(t, globs...), draw: rand.New(rand.NewPCG(seed, 1)), dated: seed%2 == 0,
		came: map[int]bool{}, sent: map[int]int{}, last: -1,
	}
	r.append("a.log", "")
	return r
}

func (r *rotating) tell(format string, args ...any) {
	r.told = append(r.told, fmt.Sprintf(format, args...))
}

func (r *rotating) write() {
	n := 1 + r.draw.IntN(5)
	if r.draw.IntN(4) == 0 {
		n += 60 // more than identifies a file
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "a-%d\n", r.next+i)
	}
	r.append("a.log", text.String())
	r.next += n
	r.tell("write to %d", r.next)
}

// rotate renames the file or copies and truncates it.
func (r *rotating) rotate(copied bool) {
	if r.next == r.since {
		return
	}
	to := r.makeRoom()
	if copied {
		r.copyTo("a.log", to)
		r.truncate("a.log", 0)
	} else {
		r.rename("a.log", to)
		r.append("a.log", "")
	}
	r.tell("%d to %d are %s, copied: %v", r.since, r.next, to, copied)
	r.old = append(r.old, part{to, r.since, r.next})
	r.since = r.next
}

func (r *rotating) makeRoom() string {
	r.turns++
	if r.dated {
		return fmt.Sprintf("a.log-20260101-%05d", r.turns)
	}
	for i := range r.old {
		to := fmt.Sprintf("a.log.%d", len(r.old)-i+1)
		r.rename(r.old[i].name, to)
		r.old[i].name = to
	}
	return "a.log.1"
}

func (r *rotating) allCame(from, to int) bool {
	for line := from; line < to; line++ {
		if !r.came[line] {
			return false
		}
	}
	return true
}

func (r *rotating) deleteOldest() {
	if len(r.old) > 0 && r.allCame(r.old[0].from, r.old[0].to) {
		r.tell("delete %s", r.old[0].name)
		r.remove(r.old[0].name)
		r.old = r.old[1:]
	}
}

func (r *rotating) recreate() {
	if r.allCame(r.since, r.next) {
		r.tell("delete a.log, which had said %d to %d", r.since, r.next)
		r.remove("a.log")
		r.append("a.log", "")
		r.since = r.next
	}
}

// send notes that a life has read a line.
func (r *rotating) send(text string, life int) {
	r.t.Helper()
	var line int
	if _, err := fmt.Sscanf(text, "a-%d", &line); err != nil || text != fmt.Sprintf("a-%d", line) {
		r.t.Fatalf("nobody wrote %q\n%s", text, strings.Join(r.told, "\n"))
	}
	before, known := r.sent[line]
	switch {
	case !known && line < r.last:
		r.late = append(r.late, line)
	case known && before == life:
		r.again = append(r.again, line)
	}
	r.sent[line], r.last = life, max(r.last, line)
}

// settled demands that every line has come, in order and once a life.
func (r *rotating) settled() {
	r.t.Helper()
	var lost []int
	for line := range r.next {
		if !r.came[line] {
			lost = append(lost, line)
		}
	}
	if len(lost)+len(r.late)+len(r.again) > 0 {
		r.t.Errorf("of %d lines lost: %v, late: %v, again: %v\n%s\n%s",
			r.next, lost, r.late, r.again, strings.Join(r.told, "\n"), r.log)
	}
}

// glances is a shipper that looks, reads, delivers, takes notes and crashes as
// chance will have it.
type glances struct {
	*rotating
	steps *steps
	open  map[input.Stream][]commitment // read and not delivered
	saved map[string][]byte             // what a crash leaves of the state directory
	life  int
}

type commitment struct {
	at   input.Position
	line int
}

func (s *glances) begin() {
	s.steps = newSteps(s.bench)
	s.open = map[input.Stream][]commitment{}
	s.steps.s.scan(time.Now())
	s.note()
}

func (s *glances) note() {
	s.tell("note")
	if err := s.options.Store.Flush(); err != nil {
		s.t.Fatal(err)
	}
	s.saved = s.noted()
}

func (s *glances) crash() {
	s.tell("crash")
	s.steps.end()
	s.restore(s.saved)
	s.life++
	s.begin()
}

// readOne reads one of the streams that are ready to its end.
func (s *glances) readOne() {
	if len(s.steps.ready) == 0 {
		return
	}
	at := s.draw.IntN(len(s.steps.ready))
	stream := s.steps.ready[at]
	s.steps.ready = slices.Delete(s.steps.ready, at, at+1)
	chunk := &input.Chunk{Buf: make([]byte, bufferMin)}
	for progress := input.More; progress == input.More; {
		progress = stream.Read(chunk)
		for _, r := range chunk.Records {
			var line int
			s.send(string(r.Text), s.life)
			fmt.Sscanf(string(r.Text), "a-%d", &line)
			s.open[stream] = append(s.open[stream], commitment{r.Next, line})
			s.tell("read %s", r.Text)
		}
	}
}

// deliver commits all that was read, or some.
func (s *glances) deliver(all bool) {
	for stream, open := range s.open {
		n := len(open)
		if !all {
			n = s.draw.IntN(n + 1)
		}
		for _, c := range open[:n] {
			s.came[c.line] = true
		}
		if n > 0 {
			stream.Commit(open[n-1].at, input.Carry{})
		}
		if s.open[stream] = open[n:]; n == len(open) {
			delete(s.open, stream)
		}
	}
}

func (s *glances) step() {
	switch n := s.draw.IntN(100); {
	case n < 20:
		s.write()
	case n < 36:
		s.rotate(n < 28)
	case n < 42:
		s.deleteOldest()
	case n < 46:
		s.recreate()
	case n < 58:
		s.tell("list")
		s.steps.s.scan(time.Now())
	case n < 70:
		s.tell("look")
		s.steps.s.lookAtAll(time.Now())
	case n < 84:
		s.readOne()
	case n < 95:
		s.deliver(n < 87)
	case n < 98:
		s.note()
	default:
		s.crash()
	}
}

// Whatever is written, rotated and deleted between two looks, and whenever the
// shipper crashes: all of it is read, in order, and nothing twice in one life.
func TestWhateverComesBetweenTwoLooks(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := &glances{rotating: newRotating(t, seed)}
			s.options.RotateWait, s.options.Rescan = time.Millisecond, time.Millisecond
			s.begin()
			for range 150 {
				s.step()
			}
			for deadline := time.Now().Add(patience); !s.allCame(0, s.next) && time.Now().Before(deadline); {
				s.steps.see()
				for len(s.steps.ready) > 0 {
					s.readOne()
				}
				s.deliver(true)
			}
			s.settled()
		})
	}
}

// The same while files are listed and read.
func TestRotationWithoutRest(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			r := newRotating(t, seed)
			r.options.Rescan = time.Second // a copy is waited for twice as long, and notifications ask for more
			taken, life := 0, 0
			take := func() {
				r.lane.mu.Lock()
				got := r.lane.got[taken:]
				taken += len(got)
				r.lane.mu.Unlock()
				for _, g := range got {
					r.send(g.text, life)
					var line int
					fmt.Sscanf(g.text, "a-%d", &line)
					r.came[line] = true
				}
			}
			r.start()
			for range 300 {
				<-time.After(time.Duration(r.draw.IntN(3000)) * time.Microsecond)
				take()
				switch n := r.draw.IntN(60); {
				case n == 0:
					r.kill()
					take()
					life++
					r.start()
				case n < 24:
					r.write()
				case n < 48:
					r.rotate(n < 36)
				default:
					r.deleteOldest()
				}
			}
			r.eventually("everything", func() bool { take(); return r.allCame(0, r.next) })
			r.settled()
		})
	}
}
