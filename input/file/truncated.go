package file

import (
	"bytes"
	"path/filepath"
	"slices"
	"time"
)

// doubt marks g to go on elsewhere if its file does not say what was read of it, and
// reports whether it is marked, or cannot be now.
func (g *generation) doubt() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.state.isOver():
		return false
	case g.busy:
		return true
	case !g.state.astray() && !g.holds():
		g.become(displaces)
		g.most = g.off // how much more there was is not known
	}
	return g.state.astray()
}

// holds: g's file says what was read of it. It needs mu.
func (g *generation) holds() bool {
	if g.file == nil {
		return true // who knows
	}
	head, err := readHead(g.file, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, g.head) {
		return err != nil
	}
	var buf [anchorSize]byte
	before, err := readBefore(g.file, g.off, len(g.before), &buf)
	return err == nil && bytes.Equal(before, g.before)
}

// succeed ends the time of g's file as g's: what was read is no longer in it.
// g goes on in a copy if there is one, and what the file says now is new. Names may
// be moving on: where there is none it is looked for again.
func (s *Source) succeed(g *generation, now time.Time) {
	from := s.copyOf(g)
	g.mu.Lock()
	f, id, path, gone := g.file, g.seen.id, g.path, g.gone
	s.detach(g)
	g.missed++
	again, lost := g.missed > 1, from == nil && s.orphan(g)
	g.mu.Unlock()
	switch {
	case from != nil:
		s.moveTo(g, from, now)
	case lost:
		s.store.Delete(namespace, g.key)
	}
	if again {
		return
	}
	s.counters.truncations.Add(1)
	if s.byID[id] == g {
		delete(s.byID, id)
	}
	var born []*generation
	switch a := arrivalOf(path, f); {
	case a == nil && f != nil:
		f.Close()
	case a != nil && a.packed() && !s.unpacks(path):
		f.Close()
	case a != nil && (gone || !a.leads()): // and then renamed
		born = append(born, s.beginAside(a, g.source, now))
	case a != nil && !s.hold(a): // else copied again already, and about to be truncated
		born = append(born, s.begin(a, now))
	}
	// it may have happened more than once
	s.lineUp(append(born, s.sweep(filepath.Dir(g.source), now)...), now)
}

// orphan leaves g without a file until it is looked for again, or lost for good. It
// needs mu.
func (s *Source) orphan(g *generation) (lost bool) {
	if g.missed < searches && !s.options.Once {
		g.become(vanishes)
		g.gone = true
		s.scanWanted.Store(true)
		return false
	}
	s.lose(g, "log file was truncated before it was read to its end, and no copy of it is found: have it copied to a name beside it")
	g.forgotten = true
	return true
}

// arrivalOf takes an open file for one that has just been found, nil if it
// cannot be read.
func arrivalOf(path string, f content) *arrival {
	if f == nil {
		return nil
	}
	st, err := f.stat()
	if err != nil {
		return nil
	}
	head, err := readHead(f, make([]byte, headSize))
	if err != nil {
		return nil
	}
	return &arrival{path: path, stat: st, file: f, head: head}
}

// moveTo has g go on in a copy of its file.
func (s *Source) moveTo(g *generation, a *arrival, now time.Time) {
	delete(s.held, a.stat.id)
	g.mu.Lock()
	if s.byID[g.seen.id] == g {
		delete(s.byID, g.seen.id)
	}
	s.closeFile(g)
	g.path, g.seen, g.most, g.written = a.path, a.stat, a.stat.size, a.stat.mtime
	if g.packed = a.packed(); g.packed {
		g.seen.size = max(g.seen.size, g.off)
	}
	g.changed, g.news = now, true
	g.missed = 0
	g.scanned, g.blank = 0, 0
	if g.gone = !s.wanted(a.path); a.path != g.source {
		g.become(moves)
	} else {
		g.become(comesHome)
	}
	g.mu.Unlock()
	s.byID[a.stat.id] = g
	s.adopt(g, a.file)
	s.keep(g)
}

// copyOf finds the longest copy of what was g's file, among the files held and
// beside it, or else one that is gzipped.
func (s *Source) copyOf(g *generation) *arrival {
	var best *arrival
	for _, c := range s.held {
		if c.refresh() && complete(c.arrival, g) && (best == nil || c.stat.size > best.stat.size) {
			best = c.arrival
		}
	}
	if best != nil {
		return best
	}
	_ = s.atRest(g.path, func(beside []sighting) { // what cannot be listed cannot be found
		best = s.longestCopy(g, beside, best)
	})
	return best
}

// longestCopy is the longest copy of what was g's file among best, which may be
// nil, and what lies beside it.
func (s *Source) longestCopy(g *generation, beside []sighting, best *arrival) *arrival {
	slices.SortStableFunc(beside, packedLast)
	for _, found := range beside {
		if s.known(found.stat) != nil || !found.rotatedFrom(g.source) ||
			found.packed && (best != nil || !found.since(g.written)) {
			continue
		}
		delete(s.passed, found.stat.id) // it repeated what was g's file, perhaps
		a := s.examine(found)
		if a == nil {
			continue
		}
		if complete(a, g) && (best == nil || a.stat.size > best.stat.size) {
			a, best = best, a
		}
		if a != nil {
			a.file.Close()
		}
	}
	return best
}
