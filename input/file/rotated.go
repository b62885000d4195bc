package file

import (
	"path/filepath"
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

// asked: the globs still name the source. What was taken out of PATHS is not
// looked for beside it.
func (s *Source) asked(r record) bool {
	return matchesAny(s.patterns, r.Source) && !matchesAny(s.exclude, r.Source)
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
