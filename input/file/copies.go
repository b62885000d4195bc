package file

import (
	"bytes"
	"slices"
	"time"
)

// scansHeld is how many times Rescan a file that looks like a copy is kept back
// for its original to be truncated, counted from when it was complete or grew.
const scansHeld = 2

// candidate is a file that says what a generation said, so far. If the original
// is truncated, the copy is where the generation goes on; else it is one of its own.
type candidate struct {
	*arrival
	original *generation
	goal     int64     // how long the original was when the copy was found
	since    time.Time // it waits only for the original; zero: not yet
}

// hold keeps a back if it may be a copy.
func (s *Source) hold(a *arrival) bool {
	if s.options.Once || !tells(a.head) {
		return false
	}
	c := s.maybeCopy(a)
	if c == nil {
		return false
	}
	s.held[a.stat.id] = c
	return true
}

func (s *Source) maybeCopy(a *arrival) *candidate {
	if a.packed() {
		return nil
	}
	for _, g := range s.all() {
		if s.alike(a, g) {
			g.mu.Lock()
			defer g.mu.Unlock()
			return &candidate{arrival: a, original: g, goal: g.most}
		}
	}
	return nil
}

// reconsider withdraws g, of which nothing was read yet, if it was empty when it
// was found and turns out to be compressed or to say what another generation does.
func (s *Source) reconsider(g *generation) bool {
	g.mu.Lock()
	a := &arrival{path: g.path, stat: g.seen, file: g.file, head: g.head}
	fit := g.file != nil && !g.state.left() && g.resumed == nil && g.off == 0 && g.limit < 0
	g.mu.Unlock()
	if !fit || s.youngest(g.source) != g {
		return false
	}
	if isCompressed(a.head) {
		s.withdraw(g)
		a.file.Close()
		if s.unpacks(a.path) {
			s.scanWanted.Store(true)
			return true
		}
		s.notices.compressed(a.path)
		s.ignored[name{a.path, a.stat.id}] = a.stat.size
		return true
	}
	if s.hold(a) {
		s.withdraw(g)
		return true
	}
	return false
}

// withdraw undoes that g was ever made, but for its file.
func (s *Source) withdraw(g *generation) {
	g.mu.Lock()
	s.detach(g)
	g.become(runsOut)
	id := g.seen.id
	g.mu.Unlock()
	delete(s.byID, id)
	s.leave(g)
	s.store.Delete(namespace, g.key)
	s.drop(g)
}

// copied: a says nothing that some generation does not.
func (s *Source) copied(a *arrival) bool {
	if a.packed() {
		return s.repeats(a)
	}
	return slices.ContainsFunc(s.all(), func(g *generation) bool {
		g.mu.Lock()
		g.learnHead()
		n := min(len(a.head), len(g.head))
		akin, closed := n > 0 && bytes.Equal(a.head[:n], g.head[:n]), g.file == nil && !g.state.isOver() && !g.state.astray()
		g.mu.Unlock()
		if !akin {
			return false
		}
		if closed {
			_ = s.reopen(g) // why it failed has been said
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.file != nil && says(g.file, a)
	})
}

// says: f begins with all that a says, as far as head and end can tell.
func says(f content, a *arrival) bool {
	head, err := readHead(f, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, a.head) {
		return false
	}
	var ours, theirs [anchorSize]byte
	n := int(min(a.stat.size, anchorSize))
	here, err := readBefore(f, a.stat.size, n, &ours)
	there, err2 := readBefore(a.file, a.stat.size, n, &theirs)
	return err == nil && err2 == nil && bytes.Equal(here, there)
}

// replaced: a says what a generation of source said whose file does not any more,
// which is marked to go on in a; or, while that is being read, may not. What is
// gzipped and goes on with one whose file still does is a copy made before that is
// truncated.
func (s *Source) replaced(a *arrival, source string) bool {
	for _, g := range s.all() {
		if g.source != source || !complete(a, g) {
			continue
		}
		if g.doubt() {
			s.scanWanted.Store(true)
			return true
		}
		if a.packed() {
			return true
		}
	}
	return false
}

// alike: as far as both go, a says what g does.
func (s *Source) alike(a *arrival, g *generation) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.learnHead()
	n := min(len(a.head), len(g.head))
	if g.state.isOver() || g.seen.id == a.stat.id || n == 0 || !bytes.Equal(a.head[:n], g.head[:n]) {
		return false
	}
	var ours, theirs [anchorSize]byte
	if g.off > 0 && a.stat.size >= g.off {
		before, err := readBefore(a.file, g.off, len(g.before), &theirs)
		return err == nil && bytes.Equal(before, g.before)
	}
	if g.file == nil || g.state.astray() {
		return true // cannot be known: held for nothing at worst
	}
	end := min(a.stat.size, g.seen.size)
	n = int(min(end, anchorSize))
	here, err := readBefore(g.file, end, n, &ours)
	there, err2 := readBefore(a.file, end, n, &theirs)
	return err != nil || err2 == nil && bytes.Equal(here, there)
}

// complete: a says all that was read of g, so reading can go on in it.
func complete(a *arrival, g *generation) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.head) == 0 || !bytes.HasPrefix(a.head, g.head) {
		return false
	}
	if g.off == 0 {
		return a.reaches(g.most)
	}
	var buf [anchorSize]byte
	if !a.reaches(g.off) {
		return false
	}
	before, err := readBefore(a.file, g.off, len(g.before), &buf)
	return err == nil && bytes.Equal(before, g.before)
}

// settleCopies finds out what became of the files that were truncated and of
// the ones that look like copies.
func (s *Source) settleCopies(now time.Time) {
	for _, g := range s.all() {
		g.mu.Lock()
		due := g.state.astray() && !g.busy
		g.mu.Unlock()
		if due {
			s.succeed(g, now)
		}
	}
	for id, c := range s.held {
		if !c.refresh() {
			c.file.Close()
			delete(s.held, id)
			continue
		}
		switch s.judge(c, now) {
		case release:
			delete(s.held, id)
			s.lineUp([]*generation{s.beginHeld(c.arrival, now)}, now)
		case inherit:
			s.moveTo(c.original, c.arrival, now)
		}
	}
}

// beginHeld makes a new generation of a file that was found at its path once.
func (s *Source) beginHeld(a *arrival, now time.Time) *generation {
	if a.leads() {
		return s.begin(a, now)
	}
	return s.beginAside(a, a.path, now)
}

// leads: a's path still leads to it.
func (a *arrival) leads() bool {
	st, err := statPath(a.path)
	return err == nil && st.id == a.stat.id
}

type verdict int

const (
	wait verdict = iota
	release
	inherit
)

// judge decides on a candidate whose original was not truncated.
func (s *Source) judge(c *candidate, now time.Time) verdict {
	g := c.original
	g.mu.Lock()
	replaced := g.seen.links == 0 && c.path == g.source
	became, enough := g.state, g.off >= anchorSize
	g.mu.Unlock()
	switch {
	case became.astray():
		return wait
	case became.isOver() || !s.alike(c.arrival, g):
		return release
	case replaced && enough && !became.wasRead():
		return wait
	case replaced && enough && complete(c.arrival, g):
		return inherit // written anew with what it said and put in its place
	}
	if c.since.IsZero() {
		c.since = now
	}
	if now.Sub(c.since) < scansHeld*s.options.Rescan || g.doubt() {
		return wait // if in doubt, the original was truncated, and has grown since
	}
	return release
}

// refresh looks at the file again, false if it cannot be.
func (c *candidate) refresh() bool {
	st, err := c.file.stat()
	if err != nil {
		return false
	}
	if st.size != c.stat.size && c.stat.size < c.goal {
		c.since = time.Time{} // a copy under way
	}
	head, err := readHead(c.file, make([]byte, headSize))
	if err != nil {
		return false
	}
	c.stat, c.head = st, head
	return true
}
