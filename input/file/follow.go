package file

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// A listing may cost a fiftieth of the time, one that was asked for a tenth;
	// but none is put off for longer than that.
	scanShare   = 50
	scanMax     = 5 * time.Second
	wantedShare = 10
	wantedMax   = time.Second

	gapMin    = 20 * time.Millisecond  // between two rounds of what notifications ask for
	stormPoll = 100 * time.Millisecond // instead of Poll, where notifications do not help
)

// runOnce reads what is there at the start.
func (s *Source) runOnce(ctx context.Context) error {
	s.start()
	tick := time.NewTicker(s.options.Poll)
	defer tick.Stop()
	for {
		s.lookAtAll(time.Now())
		if s.allEnded() {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.woken:
		case <-tick.C:
		}
	}
}

func (s *Source) allEnded() bool {
	for _, g := range s.all() {
		g.mu.Lock()
		ended := g.state >= ended
		g.mu.Unlock()
		if !ended {
			return false
		}
	}
	return true
}

// schedule is when Run last did what.
type schedule struct {
	scanned, looked time.Time
	took            time.Duration // the last listing
	gap             time.Duration
}

// follow looks at everything now and then, and soon at what it is told of.
func (s *Source) follow(ctx context.Context) error {
	s.watch = newWatch(s.log, &s.counters)
	defer s.watch.close()
	s.start()
	last := schedule{gap: min(gapMin, s.options.Poll), scanned: time.Now()}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		now := time.Now()
		if s.scanDue(now, last) {
			s.scanWanted.Store(false)
			s.scan(now)
			last.scanned, last.took, last.looked = now, time.Since(now), time.Time{}
		}
		if now.Sub(last.looked) >= s.pollEvery(now) {
			s.lookAtAll(now)
			last.looked = now
		} else {
			s.lookAt(slices.Collect(maps.Keys(s.dirty)), now)
		}
		clear(s.dirty)

		timer.Reset(s.nextDue(now, last))
		events, errors := s.watch.channels(now)
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-s.woken:
			last.looked = time.Time{}
		case e := <-events:
			s.noticeAll(e, events, now.Add(last.gap))
		case err := <-errors:
			s.watch.failed(err)
			s.scanWanted.Store(true)
		}
	}
}

func (s *Source) scanDue(now time.Time, last schedule) bool {
	return !now.Before(s.nextScan(last))
}

func (s *Source) nextScan(last schedule) time.Time {
	if s.scanWanted.Load() {
		return last.scanned.Add(max(last.gap, min(wantedShare*last.took, wantedMax)))
	}
	return last.scanned.Add(max(s.options.Rescan, min(scanShare*last.took, scanMax)))
}

func (s *Source) pollEvery(now time.Time) time.Duration {
	if s.watch.helps(now) {
		return s.options.Poll
	}
	return min(s.options.Poll, stormPoll)
}

func (s *Source) nextDue(now time.Time, last schedule) time.Duration {
	next := last.looked.Add(s.pollEvery(now))
	if scan := s.nextScan(last); scan.Before(next) {
		next = scan
	}
	if resumes := s.watch.resumes; resumes.After(now) && resumes.Before(next) {
		next = resumes
	}
	return max(0, next.Sub(now))
}

// noticeAll takes what notifications there are, and then none for a while, so
// that many writes cost one look.
func (s *Source) noticeAll(first fsnotify.Event, more <-chan fsnotify.Event, resume time.Time) {
	s.watch.resumes = resume
	s.notice(first)
	for n := 1; ; n++ {
		select {
		case e := <-more:
			s.notice(e)
		default:
			s.watch.count(n, resume)
			return
		}
	}
}

func (s *Source) notice(e fsnotify.Event) {
	g := s.names[e.Name]
	if g != nil {
		s.dirty[g] = true
	}
	if g != nil && e.Op != fsnotify.Write {
		s.scanWanted.Store(true)
	}
	if g == nil && e.Op&^(fsnotify.Write|fsnotify.Chmod) != 0 {
		for _, p := range s.patterns {
			if p.concerns(e.Name) {
				s.scanWanted.Store(true)
				return
			}
		}
	}
}

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

// lookBehind finds what files said before they were empty, which may be copied
// beside them, now that they have begun.
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

// look brings g up to date with its file and has it read if there is reason to.
// false: first somebody has to look behind it.
func (s *Source) look(g *generation, now time.Time) bool {
	blocked, begun := s.blocked(g), false
	g.mu.Lock()
	if g.state == retired { // named by a notification of before
		g.mu.Unlock()
		return true
	}
	if g.file == nil && !g.state.isOver() && len(g.head) == 0 && g.seen.size > 0 {
		// Closed while it was empty: nothing is known of it yet.
		g.mu.Unlock()
		_ = s.reopen(g) // why it failed has been said
		g.mu.Lock()
	}
	if g.file != nil && !g.state.isOver() {
		switch st, err := g.file.stat(); {
		case err == nil:
			g.observe(st, now)
			begun = g.learnHead()
		case stale(err):
			s.closeFile(g)
		}
	}
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
	if !blocked && g.settle(now, s.options.RotateWait) {
		call = g.attention == idle
		g.attention, g.news = g.attention.asked(), false
	}
	done := g.finished() && g.limit < 0
	g.mu.Unlock()
	if call {
		s.announce(g)
	}
	if done {
		s.retire(g, now)
	}
	return true
}

// retire lets go of a generation that is read, delivered and no longer written to.
func (s *Source) retire(g *generation, now time.Time) {
	g.mu.Lock()
	s.closeFile(g)
	g.goneAt = now.Unix()
	id, forgotten := g.seen.id, g.forgotten
	g.mu.Unlock()
	if !forgotten {
		r := *g.checkpoint().(*record)
		r.Deleted, r.Done = g.seen.links == 0, true
		s.dormant[g.key] = r
		s.store.Set(namespace, g.key, func() any { return r })
	}
	if s.byID[id] == g {
		delete(s.byID, id)
	}
	s.leave(g)
	s.settle(filepath.Dir(g.source), g.seen)
	s.drop(g)
}

// limitHeld lets go of deleted files when they hold too much disk: those that
// are read first, then the oldest.
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
				s.lose(g, "deleted log file held too much disk and is let go of unread: the receiver is too slow, or down")
			}
			g.mu.Unlock()
		}
	}
}
