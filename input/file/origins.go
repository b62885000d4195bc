package file

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// originsDocument is where the store keeps them.
func (s *Source) originsDocument() string {
	if s.options.Namespace == Namespace {
		return "rotated"
	}
	return s.options.Namespace + " rotated"
}

// origins hold, for each glob, when it was first given. Rotated files last written before
// that are history and stay unread; so do those from before the floor, of which it is
// not known any more whether they were delivered.
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
		s.store.Put(s.originsDocument(), document)
	}
}

// raiseFloor gives up telling what was rotated before at from what is new.
func (s *Source) raiseFloor(at int64) {
	if at > s.origins.Floor {
		s.origins.Floor = at
		s.keepOrigins()
	}
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

// before reports whether found was rotated before anything of its source was wanted.
func (s *Source) before(found sighting, source string) bool {
	since, asked := s.since(source)
	if found.packed {
		return !asked || !found.since(since)
	}
	return !asked || found.stat.mtime < since
}

// retain notes which records are of files not found, and forgets the ones that
// have been for long.
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
