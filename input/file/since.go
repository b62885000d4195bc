package file

import (
	"maps"
	"time"
)

// settleOrigins begins the time of the globs that are new, forgets the ones no
// longer given, and passes over what lies beside the sources of new ones already.
func (s *Source) settleOrigins(dirs map[string]bool, now time.Time) {
	for dir := range dirs {
		s.passOver(dir, now)
	}
	followed := s.lastFollowed()
	given := make(map[string]int64)
	for _, p := range s.patterns {
		since, ok := s.origins.Globs[p.glob]
		if !ok {
			since = now.Add(-mtimeTick).UnixNano()
			for source, last := range followed {
				if p.matches(source) {
					since = min(since, last)
				}
			}
		}
		given[p.glob] = since
	}
	if !maps.Equal(given, s.origins.Globs) {
		s.origins.Globs = given
		s.keepOrigins()
	}
}

// passOver notes the files in dir that were rotated before their source was ever
// asked for, so that they are known whatever they are renamed or gzipped to.
func (s *Source) passOver(dir string, now time.Time) {
	beside, err := s.siblings(dir, s.rotatedAside)
	if err != nil {
		return // their times tell
	}
	for _, found := range beside {
		source, ok := s.rotatedOf(found)
		if !ok {
			continue
		}
		if _, asked := s.since(source); asked {
			continue
		}
		a := s.examine(found)
		if a == nil {
			continue
		}
		r := oldRecord(source, found, a, now)
		a.file.Close()
		key := newKey()
		s.dormant[key] = r
		s.store.Set(s.options.Namespace, key, func() any { return r })
	}
}

// lastFollowed is, for each source that another glob asked for, when what is known of
// it was last written: what was rotated there since then is wanted by a new glob, too,
// also once the records are those of files that are followed again.
func (s *Source) lastFollowed() map[string]int64 {
	last := make(map[string]int64)
	for _, r := range s.dormant {
		if !r.Old {
			last[r.Source] = max(last[r.Source], r.Mtime)
		}
	}
	return last
}
