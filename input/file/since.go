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
	given := make(map[string]int64)
	for _, p := range s.patterns {
		since, ok := s.origins.Globs[p.glob]
		if !ok {
			since = now.Add(-mtimeTick).UnixNano()
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
		s.store.Set(namespace, key, func() any { return r })
	}
}
