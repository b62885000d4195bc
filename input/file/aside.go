package file

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// youngAside is how long a file beside a source may be of use that is of none now:
// empty, or a copy of what is not truncated yet.
const youngAside = time.Minute

// verdicts are on files that need not be looked into again as they are.
type verdicts struct {
	ignored map[name]int64             // compressed files, with their sizes
	passed  map[fileID]stat            // gzipped files that say nothing new
	settled map[string]map[fileID]stat // by directory: files beside sources that are accounted for
	swept   map[string]int64           // the mtimes of directories when all in them were
}

func newVerdicts() verdicts {
	return verdicts{
		ignored: make(map[name]int64), passed: make(map[fileID]stat),
		settled: make(map[string]map[fileID]stat), swept: make(map[string]int64),
	}
}

// sweepAll finds what rotation has laid beside the sources where a directory has
// changed since the last time, or where force says that it may have.
func (s *Source) sweepAll(dirs map[string]bool, now time.Time) []*generation {
	var born []*generation
	for dir, force := range dirs {
		if force || s.stirred(dir) {
			born = append(born, s.sweep(dir, now)...)
		}
	}
	return born
}

// stirred: names in dir have changed since it was swept.
func (s *Source) stirred(dir string) bool {
	st, err := statPath(dir)
	swept, ok := s.swept[dir]
	return err == nil && (!ok || swept != st.mtime)
}

// sweep accounts for the files in dir that have a name which the rotation of a
// source gives: each is followed, or known to say nothing new. What neither is
// was written and rotated since the last look, and is read. Names that change
// meanwhile may hide a file, so it looks again until they are at rest.
func (s *Source) sweep(dir string, now time.Time) []*generation {
	var born []*generation
	delete(s.swept, dir)
	for range looks {
		began := time.Now()
		before, err := statPath(dir)
		if err != nil {
			return born
		}
		beside, err := s.siblings(dir, s.rotatedAside)
		if err != nil {
			return born // what cannot be listed is looked for again
		}
		found, settled := s.account(dir, beside, now)
		born = append(born, found...)
		after, err := statPath(dir)
		switch {
		case err != nil:
			return born
		case after.mtime != before.mtime && len(beside) > 0:
			continue
		case settled && after.mtime == before.mtime && before.mtime < began.Add(-mtimeTick).UnixNano():
			s.swept[dir] = before.mtime
		}
		break
	}
	return born
}

// account makes generations of those beside, in dir, that are of no known content.
// settled: there is none that has to be looked at again.
func (s *Source) account(dir string, beside []sighting, now time.Time) (born []*generation, settled bool) {
	settled = true
	before := s.settled[dir]
	delete(s.settled, dir) // what is not there any more is forgotten
	maps.DeleteFunc(s.aside, func(g *generation, _ sighting) bool { return filepath.Dir(g.source) == dir })
	for _, found := range beside {
		source, ok := s.rotatedOf(found)
		if !ok || s.held[found.stat.id] != nil {
			continue
		}
		if g := s.known(found.stat); g != nil {
			if g.source == source {
				s.aside[g] = found
			}
			continue
		}
		if before[found.stat.id] == found.stat || s.before(found, source) {
			s.settle(dir, found.stat)
			continue
		}
		if found.numbered(source) && !s.begunSince(source, found.stat.mtime) {
			continue
		}
		g, done := s.judgeAside(found, source, now)
		switch {
		case g != nil:
			s.aside[g] = found
			born = append(born, g)
		case done:
			s.settle(dir, found.stat)
		default:
			settled = settled && now.Sub(time.Unix(0, found.stat.mtime)) > youngAside
		}
	}
	return born, settled
}

// settle notes that a file in dir is accounted for until it changes.
func (s *Source) settle(dir string, st stat) {
	if s.settled[dir] == nil {
		s.settled[dir] = make(map[fileID]stat)
	}
	s.settled[dir][st.id] = st
}

// rotatedOf is the source whose rotation gives a file the name it was found under,
// if the file is not one to be followed by that name.
func (s *Source) rotatedOf(found sighting) (source string, ok bool) {
	if matchesAny(s.patterns, found.path) && !found.packed || s.unpacks(found.path) || matchesAny(s.exclude, found.path) {
		return "", false
	}
	dir, name := filepath.Split(found.path)
	if found.packed {
		name = unpackedName(name)
	}
	source = dir + unrotated(name)
	return source, source != dir+name && s.wanted(source)
}

// numbered: the name is that of source with something in it, as app-1.log. It may as
// well be that of another log that somebody still writes.
func (found sighting) numbered(source string) bool {
	return !strings.HasPrefix(filepath.Base(found.path), filepath.Base(source))
}

// begunSince: what is at source now was begun after at, when what it was before may
// have been rotated.
func (s *Source) begunSince(source string, at int64) bool {
	g := s.youngest(source)
	return g != nil && g.born >= at
}

func (s *Source) rotatedAside(found sighting) bool {
	_, ok := s.rotatedOf(found)
	return ok
}

// judgeAside finds out what a file beside its source is: a generation to be read,
// done with, or neither yet.
func (s *Source) judgeAside(found sighting, source string, now time.Time) (g *generation, done bool) {
	if s.passes(found) || found.packed && s.dormant.any(func(r record) bool { return r.Packed && r.done(found.stat) }) {
		return nil, true
	}
	a := s.examine(found)
	if a == nil {
		return nil, false
	}
	delivered := func(r record) bool {
		if r.Old && r.ID == a.stat.id && found.numbered(source) {
			return true
		}
		return !r.Packed && r.done(a.stat) && r.fits(a) || r.ofLog(source) && (r.said(a) || r.zippedTo(a))
	}
	if s.dormant.any(delivered) {
		a.file.Close()
		return nil, true
	}
	if g := s.goOn(a, ofSource(source, a), now); g != nil {
		return g, false
	}
	s.refresh(source, s.of(source), now)
	if len(a.head) == 0 || s.copied(a) || s.replaced(a, source) {
		s.pass(found, a)
		return nil, false
	}
	return s.beginAside(a, source, now), false
}

// ofSource accepts the records that a, found beside source, may go on with. A few
// bytes in common prove nothing of what was at another path.
func ofSource(source string, a *arrival) func(record) bool {
	return func(r record) bool {
		return r.Head.Len > 0 && (r.ofLog(source) || r.ID == a.stat.id || r.Offset >= anchorSize)
	}
}

// ofLog: what is recorded was at source once, or found when it had been rotated there.
func (r record) ofLog(source string) bool {
	dir, name := filepath.Split(r.Source)
	return r.Source == source || dir+unrotated(name) == source
}

// said: a is a copy that was made before the recorded file, which begins the same,
// had grown to what was delivered of it.
func (r record) said(a *arrival) bool {
	return !a.packed() && a.stat.size < r.Offset && a.stat.mtime <= r.Mtime &&
		r.begins(a)
}

// zippedTo: a is the recorded file, gzipped since it was done with. Its time and its
// beginning tell, so that nobody has to unpack all of it.
func (r record) zippedTo(a *arrival) bool {
	return a.packed() && r.Done && !r.Packed && r.Head.Len > 0 &&
		(a.stat.mtime == r.Mtime || a.stat.mtime == r.Mtime-r.Mtime%int64(time.Second)) && r.begins(a)
}

// done: st is the recorded file's, unchanged since all of it was delivered.
func (r record) done(st stat) bool {
	if r.ID != st.id || r.Mtime != st.mtime {
		return false
	}
	return r.Packed && (r.Done || r.Old) || !r.Packed && r.Head.Len > 0 && r.Offset >= st.size
}

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

// looks is how often files beside a path are looked at, at most.
const looks = 5

// atRest has look at the files beside path, again if some were renamed meanwhile:
// it may have met one twice then, and another not.
func (s *Source) atRest(path string, look func(beside []sighting)) error {
	same := func(a, b sighting) bool { return a.name() == b.name() }
	dir := filepath.Dir(path)
	beside, err := s.siblings(dir, anyName)
	for range looks {
		if err != nil {
			return err
		}
		look(slices.Clone(beside))
		before := beside
		if beside, err = s.siblings(dir, anyName); slices.EqualFunc(beside, before, same) {
			break
		}
	}
	return err
}

func anyName(sighting) bool { return true }

// siblings are the regular files in dir, under names they were given by renaming
// or gzipping perhaps, that want lets pass by those. While a file stands beside what
// it is gzipped to, that is not finished.
func (s *Source) siblings(dir string, want func(sighting) bool) ([]sighting, error) {
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
		found := sighting{path: filepath.Join(dir, e.Name())}
		found.packed = packedName(found.path) && !names[unpackedName(e.Name())] && !matchesAny(s.exclude, found.path)
		if !want(found) {
			continue
		}
		if found.stat, err = statPath(found.path); err == nil && found.stat.regular {
			all = append(all, found)
		}
	}
	return all, nil
}
