package file

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"ollama-hec/input"

	"github.com/fsnotify/fsnotify"
)

// scan expands the globs and brings the generations in line with what is found.
func (s *Source) scan(now time.Time) {
	l := list(s.patterns, s.leaves)
	s.notices.listed(l.failed)
	if s.first && s.options.Keep == nil {
		s.missing(l)
	}
	if s.first {
		s.dropped()
		s.settleOrigins(s.sourceDirs(l), now)
	}
	clear(s.names)
	s.left = s.left[:0]
	paths, fresh := s.recognize(l, now)
	for _, g := range s.all() {
		s.locate(g, paths[g], now)
	}
	s.lookAt(s.unknown(), now)
	dirs := s.sourceDirs(l)
	born := s.admit(fresh, now)
	for _, g := range born {
		dirs[filepath.Dir(g.source)] = true
	}
	s.lineUp(append(born, s.sweepAll(dirs, now)...), now)
	s.settleAstray(now)
	s.lineUp(s.settleHeld(now), now)
	if s.options.Once || s.scans.Load() >= searches-1 {
		s.retain(now)
	}
	s.watchDirs(l)
	gone := func(dir string) bool { _, ok := dirs[dir]; return !ok }
	maps.DeleteFunc(s.swept, func(dir string, _ int64) bool { return gone(dir) })
	maps.DeleteFunc(s.settled, func(dir string, _ map[fileID]stat) bool { return gone(dir) })
	s.first = false
	clear(s.aside)
	s.scans.Add(1)
}

// Run implements input.Source.
func (s *Source) Run(ctx context.Context, ready func(input.Stream)) error {
	s.announce = ready
	if s.options.Once {
		return s.runOnce(ctx)
	}
	return s.follow(ctx)
}

// start lists for the first time. What is found, and where it ended, must be
// known even if the next thing is a crash.
func (s *Source) start() {
	s.scan(time.Now())
	_ = s.store.Flush() // the store says why not, and tries again
}

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
