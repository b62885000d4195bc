package file

import (
	"path/filepath"
	"slices"
	"time"
)

// searches is in how many listings the files of earlier runs are looked for: one
// that is made while a rotation moves every file on may miss them all.
const searches = 3

func (s *Source) searching() bool { return s.scans.Load() < searches }

// findMoved looks beside their last paths for recorded files that have left the
// globs since: rotated while nobody looked.
func (s *Source) findMoved(now time.Time) []*generation {
	return s.search(func(found sighting, r record) bool { return r.ID == found.stat.id && r.telling() }, now)
}

// findCopies looks there for copies of recorded files that are no more what they
// were: rotated by copytruncate.
func (s *Source) findCopies(now time.Time) []*generation {
	return s.search(func(found sighting, r record) bool {
		if found.packed {
			return r.telling() && found.rotatedWith(r) && found.since(r.Mtime)
		}
		return r.telling() && rotatedName(filepath.Base(r.Path), filepath.Base(found.path))
	}, now)
}

// search resumes the dormant records of the last run at files beside their paths.
func (s *Source) search(accept func(sighting, record) bool, now time.Time) []*generation {
	dirs := make(map[string]string) // a path in each
	for _, r := range s.dormant {
		if r.Gone == 0 && s.asked(r) {
			dirs[filepath.Dir(r.Path)] = r.Path
		}
	}
	var born []*generation
	for _, path := range dirs {
		_ = s.atRest(path, func(beside []sighting) { // what cannot be listed is looked for again
			for _, found := range beside {
				accepted := func(r record) bool { return r.Gone == 0 && s.asked(r) && accept(found, r) }
				if s.known(found.stat) != nil || !s.dormant.any(accepted) {
					continue
				}
				born = appendNew(born, s.resume(found, accepted, now))
			}
		})
	}
	return born
}

// admit makes generations of files not known: continued ones where a checkpoint
// fits, held ones where they may be copies, new ones else.
func (s *Source) admit(fresh []sighting, now time.Time) (born []*generation) {
	resumeNamed := func(accept func(record, sighting) bool) {
		fresh = slices.DeleteFunc(fresh, func(found sighting) bool {
			accepted := func(r record) bool { return r.ID == found.stat.id && accept(r, found) }
			if !s.dormant.any(accepted) {
				return false
			}
			found.packed = packedName(found.path)
			g := s.resume(found, accepted, now)
			born = appendNew(born, g)
			return g != nil
		})
	}
	resumeNamed(func(r record, _ sighting) bool { return r.telling() })
	if s.searching() {
		born = append(born, s.findMoved(now)...)
	}
	fresh = slices.DeleteFunc(fresh, func(found sighting) bool {
		g := s.resume(found, nil, now)
		born = appendNew(born, g)
		return g != nil
	})
	if s.searching() {
		born = append(born, s.findCopies(now)...)
	}
	resumeNamed(record.wasEmptyAt)
	for _, found := range fresh {
		if a := s.examine(found); a != nil {
			born = appendNew(born, s.decideListed(found, a, now))
		}
	}
	return born
}

// decideListed does what is due with a file that the globs name.
func (s *Source) decideListed(found sighting, a *arrival, now time.Time) *generation {
	var copied *candidate
	r := reconcile(listed, func(q question) bool {
		switch q {
		case isRepeated:
			return a.packed() && s.repeats(a)
		case isOld:
			return a.packed() && s.skipsOld(a.path)
		case isAlike:
			copied = s.perhapsCopy(a)
			return copied != nil
		}
		return false
	})
	switch r.then {
	case putBy:
		s.pass(found, a)
	case keepBack:
		s.held[a.stat.id] = copied
	case begin:
		return s.begin(a, now)
	}
	return nil
}

// resume continues a generation of an earlier run or one that was out of sight,
// nil if found is none. accept says which records count, nil: those alike.
func (s *Source) resume(found sighting, accept func(record) bool, now time.Time) *generation {
	if len(s.dormant) == 0 {
		return nil
	}
	a := s.examine(found)
	if a == nil {
		return nil
	}
	if accept == nil {
		accept = alike(a)
	}
	g := s.goOn(a, accept, now)
	if g == nil {
		a.file.Close()
	}
	return g
}
