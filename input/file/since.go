package file

import (
	"encoding/json"
	"maps"
	"time"
)

// originsDocument is where the store keeps them.
const originsDocument = "rotated"

// origins are the times, as of files' mtimes, before which nothing rotated is read:
// it was there before anybody asked, or it is so old that it is not known any more
// that it was delivered.
type origins struct {
	Globs map[string]int64 `json:"globs"` // when each was first given
	Floor int64            `json:"floor,omitempty"`
}

// memory is what earlier runs have left, and what is no longer followed.
type memory struct {
	dormant dormant
	origins origins
}

// wakeOrigins reads what earlier runs left. If that makes no sense, nothing is known.
func wakeOrigins(document []byte) origins {
	var o origins
	if json.Unmarshal(document, &o) != nil || o.Globs == nil {
		o.Globs = make(map[string]int64)
	}
	return o
}

func (s *Source) keepOrigins() {
	document, err := json.Marshal(s.origins)
	if err == nil { // as always
		s.store.Put(originsDocument, document)
	}
}

// raiseFloor gives up telling what was rotated before at from what is new.
func (s *Source) raiseFloor(at int64) {
	if at > s.origins.Floor {
		s.origins.Floor = at
		s.keepOrigins()
	}
}

// settleOrigins begins the time of the globs that are new, forgets the ones no
// longer given, and passes over what lies beside the sources of new ones already.
func (s *Source) settleOrigins(l *listing, now time.Time) {
	for dir := range s.sourceDirs(l) {
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

// oldRecord says of a file that there is nothing to read in it.
func oldRecord(source string, found sighting, a *arrival, now time.Time) record {
	r := record{
		Source: source, Path: found.path, ID: a.stat.id, Size: a.stat.size, Mtime: a.stat.mtime,
		Head: digestOf(a.head), Packed: found.packed, Old: true, Gone: now.Unix(),
	}
	if found.packed {
		return r // how much there is in it would have to be found out
	}
	if m, before, err := readMark(a.file, a.stat.size); err == nil {
		r.Offset, r.Anchor = m.end, anchor{End: m.end, digest: digestOf(before)}
	}
	return r
}

// since is the time from which what is rotated at source is wanted, if anything of
// it was asked for before.
func (s *Source) since(source string) (since int64, asked bool) {
	earlier := func(t int64) {
		if !asked || t < since {
			since, asked = t, true
		}
	}
	for _, p := range s.patterns {
		if t, known := s.origins.Globs[p.glob]; known && p.matches(source) {
			earlier(t)
		}
	}
	last := int64(0) // of what was followed at source by another glob
	for _, r := range s.dormant {
		if r.Source == source && !r.Old {
			last = max(last, r.Mtime)
		}
	}
	if last > 0 {
		earlier(last)
	}
	return max(since, s.origins.Floor), asked
}

// before: found was rotated before anything of its source was wanted.
func (s *Source) before(found sighting, source string) bool {
	since, asked := s.since(source)
	if found.packed {
		return !asked || !found.since(since)
	}
	return !asked || found.stat.mtime < since
}
