package file

import (
	"slices"
	"time"
)

// succeed ends the time of g's file as g's: what was read is no longer in it.
// g goes on in a copy if there is one, and what the file says now is new. Names may
// be moving on: where there is none it is looked for again. replaced reports whether this
// was not known before.
func (s *Source) succeed(g *generation, now time.Time) (born []*generation, replaced bool) {
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
		return nil, false
	}
	s.counters.truncations.Add(1)
	if s.byID[id] == g {
		delete(s.byID, id)
	}
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
	return born, true
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
