package file

import (
	"bytes"
	"slices"
	"time"
)

// copied reports whether some generation holds all of a's content.
func (s *Source) copied(a *arrival) bool {
	if a.packed() {
		return s.repeats(a)
	}
	return slices.ContainsFunc(s.all(), func(g *generation) bool {
		g.mu.Lock()
		g.learnHeadLocked()
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

// replaced reports whether a holds all that was read of a generation of source whose own
// file holds something else by now; that generation is marked to go on in a. It also
// reports true while that generation is being read, as it cannot be told then. A gzipped
// file that continues a generation which is still in its file is a copy made before a
// truncation.
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

// alike reports whether a and g have the same content as far as both go.
func (s *Source) alike(a *arrival, g *generation) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.learnHeadLocked()
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

// complete reports whether a holds all that was read of g, so that reading can go on in it.
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

// repeats reports whether a is gzipped, and its content is being read from another file or
// was.
func (s *Source) repeats(a *arrival) bool {
	return slices.ContainsFunc(s.all(), func(g *generation) bool {
		g.mu.Lock()
		head, at, before, f := g.head, g.off, slices.Clone(g.before), g.file
		size, past := g.seen.size, g.state != active
		g.mu.Unlock()
		if len(head) == 0 || !bytes.HasPrefix(a.head, head) {
			return false
		}
		var ours, theirs [anchorSize]byte
		if at == 0 && f != nil {
			var err error
			if before, err = readBefore(f, size, int(min(size, anchorSize)), &ours); err != nil {
				return false // closed, or less than it was
			}
			at = size
		}
		if !past && at < headSize {
			return false // too little to know it by
		}
		there, err := readBefore(a.file, at, len(before), &theirs)
		return err == nil && bytes.Equal(before, there)
	})
}

// scansHeld is how many listings a file that looks like a copy is kept back, for its
// original to be truncated, counted from when the copy was complete or grew.
const scansHeld = 2

// candidate is a file that begins with the content of a generation. If the original is
// truncated, the generation goes on in this copy; otherwise the copy becomes a generation
// of its own.
type candidate struct {
	*arrival
	original *generation
	goal     int64     // how long the original was when the copy was found
	since    time.Time // it waits only for the original; zero: not yet
}

// perhapsCopy returns the candidate that a may be, nil if a is no copy.
func (s *Source) perhapsCopy(a *arrival) *candidate {
	if s.options.Once || !tells(a.head) || a.packed() {
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

// refresh looks at the file again, and reports whether it could.
func (c *candidate) refresh() bool {
	before := c.stat.size
	if !c.arrival.refresh() {
		return false
	}
	if c.stat.size != before && before < c.goal {
		c.since = time.Time{} // a copy under way
	}
	return true
}
