package file

import (
	"cmp"
	"os"
	"slices"
	"time"

	"ollama-hec/input"
)

// handOver gives to a generation about to be begun what its predecessor knows, and
// reports whether it can be begun.
func handOver(from, to *generation) bool {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	if from.busy || !handLineLocked(from, to) {
		return false
	}
	if to.resumed == nil && to.off == to.started {
		to.carry = from.carry
	}
	return true
}

// handLineLocked hands over what there is of a line that rotation came in the middle of.
// The predecessor is not done with before the line is delivered. If nothing comes
// to go on with the line, the predecessor ends it as it is when its time is over.
func handLineLocked(from, to *generation) bool {
	switch {
	case !from.pending || to.off > 0 || to.attention != idle || to.busy:
		return true
	case to.seen.size == 0:
		return from.state >= ended // else there is nothing to begin with
	case from.moreLocked():
		from.becomeLocked(refills)
		return false
	case from.scanned > 0:
		return true // the last record is no whole one
	}
	to.frames.Inherit(&from.frames, input.Position(to.off))
	to.parent, from.pending = from, false
	return true
}

// moreLocked reports whether there is more in g's file than was read. The runtime begins the
// next file after its last word in this one.
func (g *generation) moreLocked() bool {
	if g.state.isOver() || g.file == nil {
		return false
	}
	st, err := g.file.stat()
	return err == nil && st.size > g.off+g.scanned
}

// departLocked notes that the path of g's source no longer leads to it.
func (s *Source) departLocked(g *generation, now time.Time) {
	if g.becomeLocked(departs) {
		s.counters.rotations.Add(1)
		s.left = append(s.left, g.source)
		g.changed = now
	}
}

// series are the generations of each source.
type series struct {
	line    map[string][]*generation // in the order in which they are read
	waiting map[*generation]bool     // for those before it in line to be read to their ends
	aside   map[*generation]sighting // those just seen beside their sources
	left    []string                 // sources whose generation departed in this scan
}

func newSeries() series {
	return series{
		line: make(map[string][]*generation), waiting: make(map[*generation]bool),
		aside: make(map[*generation]sighting),
	}
}

// lineUp has each of born read after the generations of its source before it.
func (s *Source) lineUp(born []*generation, now time.Time) {
	all := make(map[string][]*generation)
	for _, g := range born {
		if all[g.source] == nil {
			all[g.source] = slices.Clone(s.line[g.source])
		}
		all[g.source] = append(all[g.source], g)
	}
	for source, line := range all {
		if len(line) > 1 { // else there is nothing to be before or after
			s.refresh(source, line, now)
		}
	}
	slices.SortStableFunc(born, s.older)
	for _, g := range born {
		s.insert(g)
	}
}

// refresh finds out which of these generations of a source have left its path, or
// their file, since that was last looked at: all that is older than what comes now has.
func (s *Source) refresh(source string, all []*generation, now time.Time) {
	st, err := statPath(source)
	for _, g := range all {
		g.doubt()
		g.mu.Lock()
		if err == nil && st.id != g.seen.id || os.IsNotExist(err) {
			s.departLocked(g, now)
		}
		if g.off == 0 && len(g.head) == 0 && g.file != nil { // it is what it says now
			if st, err := g.file.stat(); err == nil {
				g.written = st.mtime
			}
		}
		g.mu.Unlock()
	}
}

// insert puts g among the generations of its source, which are in the order in
// which they are to be read.
func (s *Source) insert(g *generation) {
	line := s.line[g.source]
	at := len(line)
	for at > 0 && s.older(g, line[at-1]) < 0 {
		at--
	}
	line = slices.Insert(line, at, g)
	s.line[g.source] = line
	for _, waits := range line[max(at, 1):] {
		s.waiting[waits] = true
	}
}

// leave takes g out of the line.
func (s *Source) leave(g *generation) {
	line := s.line[g.source]
	at := slices.Index(line, g)
	if at < 0 {
		return
	}
	delete(s.waiting, g)
	if s.line[g.source] = slices.Delete(line, at, at+1); len(line) == 1 {
		delete(s.line, g.source)
	}
}

// youngest is the generation of a source that came last, nil if there is none.
func (s *Source) youngest(source string) *generation {
	line := s.line[source]
	if len(line) == 0 {
		return nil
	}
	return line[len(line)-1]
}

// older orders generations of one source by age: what is at its path is the
// youngest. The names they have now tell, if they were just seen, or else their times.
func (s *Source) older(a, b *generation) int {
	x, y := s.turn(a), s.turn(b)
	if x.left != y.left {
		if x.left {
			return -1
		}
		return 1
	}
	if c, ok := x.turn.compare(y.turn); ok && c != 0 {
		return c
	}
	if c := cmp.Compare(x.mtime, y.mtime); c != 0 || x.turn == y.turn {
		return c
	}
	switch noTurn { // within a tick: what was at the path later came later
	case y.turn:
		return -1
	case x.turn:
		return 1
	}
	return cmp.Compare(x.turn.date, y.turn.date)
}

// blocked reports whether what came before g at its path is not read yet.
func (s *Source) blocked(g *generation) bool {
	if !s.waiting[g] {
		return false
	}
	line := s.line[g.source]
	at := slices.Index(line, g)
	for _, before := range line[:at] {
		if !before.read() {
			return true
		}
	}
	if at > 0 && !handOver(line[at-1], g) {
		return true
	}
	delete(s.waiting, g)
	return false
}

// place is where a generation stands among those of its source.
type place struct {
	left  bool // it is no more what is at the path of its source
	turn  turn
	mtime int64
}

func (s *Source) turn(g *generation) place {
	found, seen := s.aside[g]
	g.mu.Lock()
	defer g.mu.Unlock()
	p := place{left: g.state != active, turn: noTurn, mtime: g.written}
	switch {
	case g.state.astray(): // its name is another's
	case seen:
		p.turn = turnOf(g.source, found.path)
		p.mtime = max(p.mtime, found.stat.mtime)
	case !g.gone && g.path != g.source:
		p.turn = turnOf(g.source, g.path)
	}
	return p
}
