package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// sourceDirs are the directories where rotation may lay something: those of what
// was found and of what is or was followed. true: it has just done so perhaps.
func (s *Source) sourceDirs(l *listing) map[string]bool {
	dirs := make(map[string]bool)
	for dir := range l.dirs {
		dirs[dir] = false
	}
	for _, found := range l.sightings {
		dirs[filepath.Dir(found.path)] = false
	}
	for _, g := range s.all() {
		dirs[filepath.Dir(g.source)] = false
	}
	for _, source := range s.left {
		dirs[filepath.Dir(source)] = true
	}
	if s.searching() {
		for _, r := range s.dormant {
			if s.asked(r) {
				dirs[filepath.Dir(r.Source)] = true
			}
		}
		for dir := range dirs {
			dirs[dir] = true
		}
	}
	return dirs
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

// settleAstray finds out where what was in files goes on that hold something else.
func (s *Source) settleAstray(now time.Time) {
	for _, g := range s.all() {
		g.mu.Lock()
		due := g.state.astray() && !g.busy
		g.mu.Unlock()
		if !due {
			continue
		}
		if born, replaced := s.succeed(g, now); replaced {
			// it may have happened more than once
			s.lineUp(append(born, s.sweep(filepath.Dir(g.source), now)...), now)
		}
	}
}

// missing says which of the globs that somebody gave lead to nothing.
func (s *Source) missing(l *listing) {
	for _, p := range s.patterns {
		if !l.hides(p) && !slices.ContainsFunc(l.sightings, func(found sighting) bool { return p.matches(found.path) }) {
			s.notices.unmatched(p.glob, HintUnmatched(p.glob), s.options.Once)
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
				g.observeLocked(found.stat, now)
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

// locate decides where g is, given the paths that were found to lead to it.
func (s *Source) locate(g *generation, paths []string, now time.Time) {
	g.mu.Lock()
	if g.state.isOver() || g.state == sought {
		g.mu.Unlock()
		return
	}
	if len(paths) == 0 && s.stillThereLocked(g) {
		paths = []string{g.path}
	}
	if slices.Contains(paths, g.source) {
		g.becomeLocked(returns)
	} else {
		s.departLocked(g, now)
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

// stillThereLocked reports whether g's path leads to it though no listing named it, or nobody
// knows. A path that cannot be looked at has not been deleted.
func (s *Source) stillThereLocked(g *generation) bool {
	st, err := statPath(g.path)
	if err != nil {
		return !os.IsNotExist(err)
	}
	return st.id == g.seen.id && (!g.gone || s.wanted(g.path))
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
	s.loseLocked(g, "log file was removed before it was read to its end",
		"raise the limit of open files, so that files are held open until they are read")
}

// watchDirs has the directories of a listing watched, and those that symlinks
// found in it lead to.
func (s *Source) watchDirs(l *listing) {
	if s.watch == nil {
		return
	}
	for _, found := range l.sightings {
		if found.target == "" {
			continue
		}
		l.dirs[filepath.Dir(found.target)] = true
		if g := s.byID[found.stat.id]; g != nil {
			s.names[found.target] = g
		}
	}
	for path, err := range l.failed { // what is closed is looked at in each scan
		if errors.Is(err, fs.ErrPermission) {
			delete(l.dirs, path)
		}
	}
	if s.watch.follow(l.dirs) {
		s.scanWanted.Store(true)
	}
}
