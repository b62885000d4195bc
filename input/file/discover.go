package file

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// scan expands the globs and brings the generations in line with what is found.
func (s *Source) scan(now time.Time) {
	l := list(s.patterns, s.leaves)
	s.notices.listed(l.failed)
	s.entries = l.entries
	if s.first && s.options.Keep == nil {
		s.missing(l)
	}
	if s.first {
		s.dropped()
	}
	clear(s.names)
	s.left = s.left[:0]
	paths, fresh := s.recognize(l, now)
	for _, g := range s.all() {
		s.locate(g, paths[g], now)
	}
	s.admit(fresh, now)
	s.settleCopies(now)
	if s.options.Once || s.scans.Load() >= searches-1 {
		s.dormant.retain(s.store, now)
	}
	s.watchDirs(l)
	s.first, s.entries = false, nil
	s.listed = now.Add(-mtimeTick).UnixNano()
	s.scans.Add(1)
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
		g := s.known(found.stat.id)
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
// generation has let go of its file, the same inode is another one.
func (s *Source) known(id fileID) *generation {
	g := s.byID[id]
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.over && g.file == nil {
		delete(s.byID, id)
		return nil
	}
	return g
}

// locate decides where g is, given the paths that were found to lead to it.
func (s *Source) locate(g *generation, paths []string, now time.Time) {
	g.mu.Lock()
	if g.over {
		g.mu.Unlock()
		return
	}
	if len(paths) == 0 && s.stillThere(g) {
		paths = []string{g.path}
	}
	departed := !slices.Contains(paths, g.source)
	if departed && !g.departed {
		s.counters.rotations.Add(1)
		s.left = append(s.left, g.source)
		g.changed = now
	}
	if !departed {
		g.final, g.drained = false, false
	}
	g.departed, g.gone = departed, len(paths) == 0
	if len(paths) > 0 && !slices.Contains(paths, g.path) {
		g.path = paths[0]
	}
	lost := g.gone && g.file == nil
	g.mu.Unlock()
	if lost {
		s.recover(g)
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
	beside, err := s.siblings(g.path)
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
	g.withoutMore()
	s.closeFile(g)
}

// looks is how often files beside a path are looked at, at most.
const looks = 5

// atRest has look at the files beside path, again if some were renamed meanwhile:
// it may have met one twice then, and another not.
func (s *Source) atRest(path string, look func(beside []sighting)) error {
	same := func(a, b sighting) bool { return a.name() == b.name() }
	beside, err := s.siblings(path)
	for range looks {
		if err != nil {
			return err
		}
		look(slices.Clone(beside))
		before := beside
		if beside, err = s.siblings(path); slices.EqualFunc(beside, before, same) {
			break
		}
	}
	return err
}

// siblings are the regular files beside path, under names they were given by
// renaming or gzipping it perhaps. While a file stands beside what it is gzipped
// to, that is not finished.
func (s *Source) siblings(path string) ([]sighting, error) {
	dir := filepath.Dir(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []sighting
	names := make(map[string]bool)
	for _, e := range entries {
		names[e.Name()] = true
	}
	for _, e := range entries {
		if e.Type()&^fs.ModeSymlink != 0 {
			continue
		}
		full := filepath.Join(dir, e.Name())
		if st, err := statPath(full); err == nil && st.regular {
			packed := packedName(full) && !names[unpackedName(e.Name())] && !matchesAny(s.exclude, full)
			all = append(all, sighting{path: full, stat: st, packed: packed})
		}
	}
	return all, nil
}
