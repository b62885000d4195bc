package file

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
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
		s.settleOrigins(l, now)
	}
	clear(s.names)
	s.left = s.left[:0]
	paths, fresh := s.recognize(l, now)
	for _, g := range s.all() {
		s.locate(g, paths[g], now)
	}
	s.lookAt(s.unknown(), now)
	dirs := s.sourceDirs(l)
	s.admit(fresh, dirs, now)
	s.settleCopies(now)
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

// unknown are the generations of which nothing is known yet. Who they are is to be
// found out before anything is taken for new that may be a copy of theirs.
func (s *Source) unknown() []*generation {
	return slices.DeleteFunc(slices.Clone(s.all()), func(g *generation) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return len(g.head) > 0 || g.off > 0 || g.state.isOver()
	})
}

// missing says which of the globs that somebody gave lead to nothing.
func (s *Source) missing(l *listing) {
	for _, p := range s.patterns {
		if !slices.ContainsFunc(l.sightings, func(found sighting) bool { return p.matches(found.path) }) {
			s.notices.unmatched(p.glob, s.options.Once)
		}
	}
}

// dropped says which files of the last run the globs no longer name.
func (s *Source) dropped() {
	for _, r := range s.dormant {
		if r.Gone == 0 && !s.asked(r) {
			s.log.Info("not followed any more: PATHS no longer names it", "file", r.Path)
		}
	}
}

// recognize sorts what was found into the paths of each generation and files
// not known, each once however many names lead to it.
func (s *Source) recognize(l *listing, now time.Time) (paths map[*generation][]string, fresh []sighting) {
	paths = make(map[*generation][]string)
	seen := make(map[fileID]bool)
	for _, found := range l.sightings {
		if !found.stat.regular {
			s.notices.skipped(found.path, found.stat)
			continue
		}
		g := s.known(found.stat)
		switch {
		case g != nil:
			paths[g] = append(paths[g], found.path)
			s.names[found.path] = g
			g.mu.Lock()
			if g.file == nil {
				g.observe(found.stat, now)
			}
			g.mu.Unlock()
		case s.held[found.stat.id] != nil:
			s.held[found.stat.id].path = found.path
		case !seen[found.stat.id]:
			found.packed = s.unpacks(found.path)
			fresh = append(fresh, found)
		}
		seen[found.stat.id] = true
	}
	return paths, fresh
}

// known is the generation that has the file, nil if there is none: once a
// generation has let go of its file, the same inode is another one if it has changed.
func (s *Source) known(st stat) *generation {
	g := s.byID[st.id]
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.isOver() && g.file == nil && (g.seen.size != st.size || g.seen.mtime != st.mtime) {
		delete(s.byID, st.id)
		return nil
	}
	return g
}

// locate decides where g is, given the paths that were found to lead to it.
func (s *Source) locate(g *generation, paths []string, now time.Time) {
	g.mu.Lock()
	if g.state.isOver() || g.state == sought {
		g.mu.Unlock()
		return
	}
	if len(paths) == 0 && s.stillThere(g) {
		paths = []string{g.path}
	}
	if slices.Contains(paths, g.source) {
		g.become(returns)
	} else {
		s.depart(g, now)
	}
	g.gone = len(paths) == 0
	if len(paths) > 0 && !slices.Contains(paths, g.path) {
		g.path = paths[0]
	}
	lost := g.gone && g.file == nil
	g.mu.Unlock()
	if lost {
		s.recover(g)
	}
}

// depart notes that the path of g's source no longer leads to it. It needs g.mu.
func (s *Source) depart(g *generation, now time.Time) {
	if g.become(departs) {
		s.counters.rotations.Add(1)
		s.left = append(s.left, g.source)
		g.changed = now
	}
}

// stillThere: no listing named g, yet its path leads to it, or who knows. A
// path that cannot be looked at has not been deleted. It needs g.mu.
func (s *Source) stillThere(g *generation) bool {
	st, err := statPath(g.path)
	if err != nil {
		return !os.IsNotExist(err)
	}
	return st.id == g.seen.id && (!g.gone || s.wanted(g.path))
}

// wanted: a file found at path is to be followed.
func (s *Source) wanted(path string) bool {
	return matchesAny(s.patterns, path) && !s.leaves(path)
}

// leaves: a file at path is left alone, whatever the patterns say.
func (s *Source) leaves(path string) bool {
	return matchesAny(s.exclude, path) || s.options.Keep != nil && !s.options.Keep(path)
}

// recover opens a file again that was closed to save descriptors and then moved
// out of sight.
func (s *Source) recover(g *generation) {
	beside, err := s.siblings(filepath.Dir(g.path), anyName)
	if err != nil && !os.IsNotExist(err) {
		s.notices.unreadable(filepath.Dir(g.path), err)
		return // who knows: the next scan looks again
	}
	for _, found := range beside {
		if found.stat.id != g.seen.id {
			continue
		}
		f, st, err := s.openFile(found.path)
		switch {
		case err == nil && st.id == g.seen.id:
			g.mu.Lock()
			g.path = found.path
			g.mu.Unlock()
			s.adopt(g, g.reopened(f))
			return
		case err == nil:
			f.Close()
		case !os.IsNotExist(err):
			s.notices.unreadable(found.path, err)
			return // likewise
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	s.lose(g, "log file was removed before it was read to its end: raise the limit of open files, so that files are held")
}

// lose gives up what of g was not read. It needs g.mu.
func (s *Source) lose(g *generation, why string) {
	if unread := g.most - g.off; unread > 0 {
		s.counters.lostBytes.Add(uint64(unread))
		s.log.Warn(why, "file", g.path, "bytes", unread)
	}
	g.become(runsOut)
	s.closeFile(g)
}
