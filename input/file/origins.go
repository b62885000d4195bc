package file

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// originsDocument is the name under which the store keeps the origins.
func (s *Source) originsDocument() string {
	if s.options.Namespace == Namespace {
		return "rotated"
	}
	return s.options.Namespace + " rotated"
}

// origins hold, for each glob, when it was first given. Rotated files last written before
// that are history and stay unread; so do those from before the floor, as it is no longer
// known whether they were delivered.
type origins struct {
	Globs map[string]int64 `json:"globs"` // when each was first given
	Floor int64            `json:"floor,omitempty"`
}

// memory holds the records of earlier runs and of files that are no longer followed.
type memory struct {
	dormant dormant
	origins origins
}

// wakeOrigins reads the document of earlier runs. One that cannot be read counts as none.
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
		s.store.Put(s.originsDocument(), document)
	}
}

// raiseFloor makes what was rotated before at history, as the records that told what of it
// was delivered are forgotten.
func (s *Source) raiseFloor(at int64) {
	if at > s.origins.Floor {
		s.origins.Floor = at
		s.keepOrigins()
	}
}

// since is the time from which the rotated files of a source are wanted. asked is false if
// no glob named the source before.
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

// before reports whether found was rotated before any glob named its source.
func (s *Source) before(found sighting, source string) bool {
	since, asked := s.since(source)
	if found.packed {
		return !asked || !found.since(since)
	}
	return !asked || found.stat.mtime < since
}

// retain notes which records are of files that were not found, and forgets those not found
// for a long time.
func (s *Source) retain(now time.Time) {
	d := s.dormant
	for key, r := range d {
		switch {
		case s.options.Spooled:
			s.forget(key)
		case r.Gone == 0:
			r.Gone = now.Unix()
			d[key] = r
			s.store.Set(s.options.Namespace, key, func() any { return r })
		case now.Sub(time.Unix(r.Gone, 0)) > forgetAfter:
			s.forget(key)
			s.raiseFloor(now.Add(-forgetAfter).UnixNano())
		}
	}
	if len(d) > dormantMax {
		byAge := slices.SortedFunc(maps.Keys(d), func(a, b string) int { return cmp.Compare(d[a].Gone, d[b].Gone) })
		for _, key := range byAge[:len(d)-dormantMax] {
			s.raiseFloor(d[key].Mtime + 1)
			s.forget(key)
		}
	}
}

func (s *Source) forget(key string) {
	delete(s.dormant, key)
	s.store.Delete(s.options.Namespace, key)
}
