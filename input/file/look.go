package file

import (
	"path/filepath"
	"time"
)

func (s *Source) lookAtAll(now time.Time) {
	s.lookAt(s.all(), now)
	s.limitHeld()
}

func (s *Source) lookAt(all []*generation, now time.Time) {
	var begun []*generation
	for _, g := range all {
		if !s.look(g, now) {
			begun = append(begun, g)
		}
	}
	if begun == nil {
		return
	}
	s.lookBehind(begun, now)
	for _, g := range begun {
		s.look(g, now)
	}
}

// lookBehind looks for copies beside files that were empty and have begun: such a copy may
// hold what the file held before it was emptied.
func (s *Source) lookBehind(begun []*generation, now time.Time) {
	dirs := make(map[string]bool)
	for _, g := range begun {
		g.mu.Lock()
		g.begins = false
		g.mu.Unlock()
		dirs[filepath.Dir(g.source)] = false
	}
	s.lineUp(s.sweepAll(dirs, now), now)
	clear(s.aside)
}

// look updates g from its file and has it read if there is reason to. It returns false if
// lookBehind has to be called first.
func (s *Source) look(g *generation, now time.Time) bool {
	blocked, begun := s.blocked(g), false
	g.mu.Lock()
	if g.state == retired { // named by a notification of before
		g.mu.Unlock()
		return true
	}
	begun = s.observeLocked(g, now)
	if g.state.astray() && !g.busy {
		s.scanWanted.Store(true) // it settles that
	}
	if begun {
		g.mu.Unlock()
		if s.reconsider(g) {
			return true
		}
		g.mu.Lock()
	}
	if g.begins {
		g.mu.Unlock()
		return false
	}
	call := false
	if !blocked && g.dueLocked(now, s.options.RotateWait) {
		call = g.attention == idle
		g.attention, g.news = g.attention.asked(), false
	}
	done := g.finishedLocked() && g.limit < 0
	g.mu.Unlock()
	if call {
		s.announce(g)
	}
	if done {
		s.retire(g, now)
	}
	return true
}

// observeLocked reads the attributes of g's file, and reports whether it was empty and is
// not any more. It needs g.mu, which it gives up for a while.
func (s *Source) observeLocked(g *generation, now time.Time) (begun bool) {
	if g.file == nil && !g.state.isOver() && len(g.head) == 0 && g.seen.size > 0 {
		// Closed while it was empty: nothing is known of it yet.
		g.mu.Unlock()
		_ = s.reopen(g) // why it failed has been said
		g.mu.Lock()
	}
	if g.file != nil && !g.state.isOver() {
		switch st, err := g.file.stat(); {
		case err == nil:
			g.observeLocked(st, now)
			begun = g.learnHeadLocked()
		case stale(err):
			s.closeFileLocked(g)
		}
	}
	return begun
}

// retire ends following a generation that is read, delivered and no longer written to.
func (s *Source) retire(g *generation, now time.Time) {
	g.mu.Lock()
	s.closeFileLocked(g)
	g.goneAt = now.Unix()
	g.forgotten = g.forgotten || s.options.Spooled && g.seen.links == 0
	id, forgotten := g.seen.id, g.forgotten
	g.mu.Unlock()
	if forgotten {
		s.store.Delete(s.options.Namespace, g.key)
	} else {
		r := *g.checkpoint().(*record)
		r.Deleted, r.Done = g.seen.links == 0, true
		s.dormant[g.key] = r
		s.store.Set(s.options.Namespace, g.key, func() any { return r })
	}
	if s.byID[id] == g {
		delete(s.byID, id)
	}
	s.leave(g)
	s.settle(filepath.Dir(g.source), g.seen)
	s.drop(g)
}

// limitHeld closes deleted files when they hold too much disk: those read to their ends
// first, then the oldest.
func (s *Source) limitHeld() {
	var total int64
	var deleted []*generation
	for _, g := range s.all() {
		g.mu.Lock()
		if g.file != nil && g.seen.links == 0 {
			deleted = append(deleted, g)
			total += g.seen.size
		}
		g.mu.Unlock()
	}
	s.counters.heldDeleted.Store(total)
	for _, evenUnread := range []bool{false, true} {
		for _, g := range deleted {
			if total <= s.options.HeldDeletedMax {
				return
			}
			g.mu.Lock()
			if g.file != nil && !g.busy && (evenUnread || g.off+g.scanned >= g.seen.size) {
				total -= g.seen.size
				s.loseLocked(g, "deleted log file held too much disk, closed before it was read to its end",
					"look at the receiver, which is slower than the log, or down")
			}
			g.mu.Unlock()
		}
	}
}
