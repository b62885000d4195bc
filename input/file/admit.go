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

// admit makes generations of files that are not known: it continues a record where one
// fits, keeps a file back where it may be a copy, and begins a new generation otherwise.
func (s *Source) admit(fresh []sighting, now time.Time) (born []*generation) {
	for _, c := range claims {
		switch {
		case !c.nearby:
			fresh = slices.DeleteFunc(fresh, func(found sighting) bool {
				found.packed = found.packed || c.unzip && packedName(found.path)
				g := s.resume(found, func(r record) bool { return c.accept(r, found) }, now)
				born = appendNew(born, g)
				return g != nil
			})
		case s.searching():
			born = append(born, s.search(c, now)...)
		}
	}
	for _, found := range fresh {
		if a := s.examine(found); a != nil {
			born = appendNew(born, s.decideListed(found, a, now))
		}
	}
	return born
}

// search continues the records of the last run in files beside their paths.
func (s *Source) search(c claim, now time.Time) (born []*generation) {
	dirs := make(map[string]string) // a path in each
	for _, r := range s.dormant {
		if r.Gone == 0 && s.asked(r) {
			dirs[filepath.Dir(r.Path)] = r.Path
		}
	}
	for _, path := range dirs {
		_ = s.atRest(path, func(beside []sighting) { // what cannot be listed is looked for again
			for _, found := range beside {
				if s.known(found.stat) == nil {
					accept := func(r record) bool { return r.Gone == 0 && c.accept(r, found) && s.asked(r) }
					born = appendNew(born, s.resume(found, accept, now))
				}
			}
		})
	}
	return born
}

// decideListed decides on a file that the globs name and acts on the decision.
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

// resume continues a record in a file found, out of those that accept approves. It returns
// nil if none fits.
func (s *Source) resume(found sighting, accept func(record) bool, now time.Time) *generation {
	if !s.dormant.any(accept) {
		return nil
	}
	a := s.examine(found)
	if a == nil {
		return nil
	}
	g := s.goOn(a, accept, now)
	if g == nil {
		a.file.Close()
	}
	return g
}
