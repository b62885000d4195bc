package file

import (
	"maps"
	"path/filepath"
	"time"
)

// youngAside is how long an empty or duplicate rotated file is looked at again: it may
// yet become the only copy of lines that were not read.
const youngAside = time.Minute

// sweepAll finds the files that rotation has put beside the sources, in each directory that
// has changed since it was last looked through, or that dirs marks as perhaps changed.
func (s *Source) sweepAll(dirs map[string]bool, now time.Time) []*generation {
	var born []*generation
	for dir, force := range dirs {
		if force || s.stirred(dir) {
			born = append(born, s.sweep(dir, now)...)
		}
	}
	return born
}

// stirred reports whether names in dir have changed since sweep looked through it.
func (s *Source) stirred(dir string) bool {
	st, err := statPath(dir)
	swept, ok := s.swept[dir]
	return err == nil && (!ok || swept != st.mtime)
}

// sweep decides on every file in dir that has a name which the rotation of a source gives.
// A file of known content is continued or skipped; any other was written and rotated since
// the last look, and is read from its start. Names that change meanwhile may hide a file,
// so sweep looks again until nothing changes.
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

// account makes generations of the files beside a source in dir whose content is not known.
// settled reports whether none of them has to be looked at again.
func (s *Source) account(dir string, beside []sighting, now time.Time) (born []*generation, settled bool) {
	settled = true
	before, refreshed := s.settled[dir], make(map[string]bool)
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
		g, r := s.decideBeside(&fileBeside{
			s: s, found: found, source: source, accounted: before[found.stat.id] == found.stat,
			now: now, refreshed: refreshed,
		})
		switch {
		case g != nil:
			s.aside[g] = found
			born = append(born, g)
		case r.then == skip:
			s.settle(dir, found.stat)
		case r.when != isOtherLog:
			settled = settled && now.Sub(time.Unix(0, found.stat.mtime)) > youngAside
		}
	}
	return born, settled
}

// begunSince reports whether what is at source now was begun after at, the time when
// what was there before may have been rotated.
func (s *Source) begunSince(source string, at int64) bool {
	g := s.youngest(source)
	return g != nil && g.born >= at
}

// decideBeside decides on a file beside its source and acts on the decision.
func (s *Source) decideBeside(f *fileBeside) (*generation, rule) {
	r := reconcile(beside, f.is)
	if r.then == resume {
		if g := s.goOn(f.arrival, ofSource(f.source, f.arrival), f.now); g != nil {
			return g, r
		}
	}
	switch {
	case r.then == beginAside:
		return s.beginAside(f.arrival, f.source, f.now), r
	case r.then == putBy:
		s.pass(f.found, f.arrival)
	case f.arrival != nil:
		f.arrival.file.Close()
	}
	return nil, r
}

// fileBeside answers the questions about a file beside its source. It opens the file only
// when a question cannot be answered otherwise.
type fileBeside struct {
	s         *Source
	found     sighting
	source    string
	accounted bool
	now       time.Time
	refreshed map[string]bool // sources
	arrival   *arrival        // nil: not opened
}

func (f *fileBeside) is(q question) bool {
	s, found := f.s, f.found
	switch q {
	case isAccounted:
		return f.accounted
	case isPast:
		return s.before(found, f.source)
	case isOtherLog:
		return found.numbered(f.source) && !s.begunSince(f.source, found.stat.mtime)
	case isDone:
		return s.passes(found) || found.packed && s.dormant.any(func(r record) bool { return r.Packed && r.done(found.stat) })
	case isIllegible:
		f.arrival = s.examine(found)
		return f.arrival == nil
	case isDelivered:
		return s.dormant.any(f.delivered)
	case isRecorded:
		_, ok := s.dormant.find(f.arrival, ofSource(f.source, f.arrival))
		return ok
	case isEmpty:
		if !f.refreshed[f.source] { // once a sweep: there may be thousands of both
			f.refreshed[f.source] = true
			s.refresh(f.source, s.of(f.source), f.now)
		}
		return len(f.arrival.head) == 0
	case isCopied:
		return s.copied(f.arrival)
	case isContinued:
		f.arrival.refresh() // its original may be truncated since it was copied to the end
		return s.replaced(f.arrival, f.source)
	}
	return false
}

// delivered reports whether r says that all the file holds was delivered.
func (f *fileBeside) delivered(r record) bool {
	a := f.arrival
	if r.Old && r.ID == a.stat.id && f.found.numbered(f.source) {
		return true
	}
	return !r.Packed && r.done(a.stat) && r.fits(a) || (r.said(a) || r.zippedTo(a)) && r.ofLog(f.source)
}
