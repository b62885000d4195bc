package file

import (
	"maps"
	"path/filepath"
	"time"
)

// youngAside is how long a file beside a source may be of use that is of none now:
// empty, or a copy of what is not truncated yet.
const youngAside = time.Minute

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

// begunSince: what is at source now was begun after at, when what it was before may
// have been rotated.
func (s *Source) begunSince(source string, at int64) bool {
	g := s.youngest(source)
	return g != nil && g.born >= at
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
