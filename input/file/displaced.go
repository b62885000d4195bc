package file

import (
	"slices"
	"time"
)

// succeed handles a file that no longer holds what was read of g. g goes on in a copy if
// there is one, and a new generation reads what the file holds now. replaced reports
// whether this was not known before.
func (s *Source) succeed(g *generation, now time.Time) (born []*generation, replaced bool) {
	from := s.copyOf(g)
	g.mu.Lock()
	f, id, path := g.file, g.seen.id, g.path
	s.detachLocked(g)
	g.missed++
	again, misses := g.missed > 1, g.missed
	g.mu.Unlock()
	r := reconcile(astray, func(q question) bool {
		switch q {
		case isFoundElsewhere:
			return from != nil
		case isStillLookedFor:
			return misses < searches && !s.options.Once
		}
		return false
	})
	switch r.then {
	case inherit:
		s.moveTo(g, from, now)
	case wait:
		s.orphan(g)
	case lose:
		s.giveUp(g)
	}
	if again {
		return nil, false
	}
	s.counters.truncations.Add(1)
	if s.byID[id] == g {
		delete(s.byID, id)
	}
	if a := arrivalOf(path, f); a != nil {
		born = appendNew(born, s.decideLeft(g, a, now))
	} else if f != nil {
		f.Close()
	}
	return born, true
}

// orphan leaves g without a file; later listings look for its content.
func (s *Source) orphan(g *generation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.becomeLocked(vanishes)
	g.gone = true
	s.scanWanted.Store(true)
}

// giveUp ends g, whose content is in no file.
func (s *Source) giveUp(g *generation) {
	g.mu.Lock()
	s.loseLocked(g, "log file was truncated before it was read to its end, and no copy of it is found",
		"have it copied to a name beside it before it is truncated")
	g.forgotten = true
	g.mu.Unlock()
	s.store.Delete(s.options.Namespace, g.key)
}

// decideLeft decides on what g's file holds now and acts on the decision.
func (s *Source) decideLeft(g *generation, a *arrival, now time.Time) *generation {
	var copied *candidate
	r := reconcile(left, func(q question) bool {
		switch q {
		case isZipped:
			return a.packed() && !s.unpacks(a.path) || !a.packed() && isCompressed(a.head)
		case isMoved:
			return !a.leads() || !s.wanted(a.path)
		case isAlike:
			copied = s.perhapsCopy(a)
			return copied != nil
		}
		return false
	})
	switch r.then {
	case skip:
		a.file.Close()
	case beginAside:
		return s.beginAside(a, g.source, now)
	case keepBack:
		s.held[a.stat.id] = copied
	case begin:
		return s.begin(a, now)
	}
	return nil
}

// copyOf finds the longest copy of the content that g's file had, among the files kept
// back, or else among those beside it. A gzipped one is taken only where there is no plain
// one.
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

// longestCopy returns the longest copy of the content that g's file had: best, which may be
// nil, or one of the files beside it.
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
