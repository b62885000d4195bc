package file

import "time"

// reconsider withdraws g, of which nothing was read yet, if it was empty when it was found
// and now turns out to be compressed or to hold what another generation holds.
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
	c := s.perhapsCopy(a)
	if c == nil {
		return false
	}
	s.held[a.stat.id] = c
	s.withdraw(g)
	return true
}

// withdraw removes g as if it had never been made. Its file stays open.
func (s *Source) withdraw(g *generation) {
	g.mu.Lock()
	s.detachLocked(g)
	g.becomeLocked(runsOut)
	id := g.seen.id
	g.mu.Unlock()
	delete(s.byID, id)
	s.leave(g)
	s.store.Delete(s.options.Namespace, g.key)
	s.drop(g)
}

// settleHeld decides on the files kept back as possible copies.
func (s *Source) settleHeld(now time.Time) (born []*generation) {
	for id, c := range s.held {
		if !c.refresh() {
			c.file.Close()
			delete(s.held, id)
			continue
		}
		switch s.decideKept(c, now).then {
		case begin:
			delete(s.held, id)
			born = append(born, s.beginHeld(c.arrival, now))
		case inherit:
			s.moveTo(c.original, c.arrival, now)
		}
	}
	return born
}

// beginHeld makes a new generation of a file that was kept back.
func (s *Source) beginHeld(a *arrival, now time.Time) *generation {
	if a.leads() {
		return s.begin(a, now)
	}
	return s.beginAside(a, a.path, now)
}

// decideKept decides on a file that was kept back.
func (s *Source) decideKept(c *candidate, now time.Time) rule {
	g := c.original
	g.mu.Lock()
	became, replaced := g.state, g.seen.links == 0 && c.path == g.source && g.off >= anchorSize
	g.mu.Unlock()
	return reconcile(kept, func(q question) bool {
		switch q {
		case isOriginalAstray:
			return became.astray()
		case isOriginalGone:
			return became.isOver() || !s.alike(c.arrival, g)
		case isReplacing:
			return replaced && !became.wasRead()
		case isReplacement:
			return replaced && complete(c.arrival, g)
		case isEarly:
			if c.since.IsZero() {
				c.since = now
			}
			return now.Sub(c.since) < scansHeld*s.options.Rescan
		case isOriginalDoubtful:
			return g.doubt()
		}
		return false
	})
}
