package captured

import (
	"cmp"
	"slices"
	"time"
)

// sighting is the end and the duration of a request that was seen, and its number: those of
// one index are numbered in the order in which they came.
type sighting struct {
	end, duration int64
	number        uint64
}

// family is what sightings are found by: those of a kind that lasted about as long.
type family struct {
	kind  kind
	lasts int64 // in units of lastsWithin
}

// index finds, among many sightings, the one of a kind and a duration that ended closest to
// a time, and looks at few others.
type index struct {
	families map[family][]sighting // by end, and of those that ended at once the earliest first
	looks    int                   // how many sightings were looked at so far; tests ask
}

func newIndex() index { return index{families: make(map[family][]sighting)} }

func familyOf(k kind, s sighting) family { return family{k, s.duration / int64(lastsWithin)} }

// place is where a sighting is among those of its family, or belongs.
func place(all []sighting, s sighting) (i int, there bool) {
	return slices.BinarySearchFunc(all, s, func(a, b sighting) int {
		return cmp.Or(cmp.Compare(a.end, b.end), cmp.Compare(a.number, b.number))
	})
}

// add adds a sighting, which most often is the last of its family.
func (x *index) add(k kind, s sighting) {
	f := familyOf(k, s)
	i, _ := place(x.families[f], s)
	x.families[f] = slices.Insert(x.families[f], i, s)
}

// remove takes a sighting out, and reports whether it was there.
func (x *index) remove(k kind, s sighting) bool {
	f := familyOf(k, s)
	all := x.families[f]
	i, there := place(all, s)
	switch {
	case !there:
		return false
	case len(all) == 1:
		delete(x.families, f)
	case i < len(all)/2: // the shorter side moves
		copy(all[1:i+1], all[:i])
		x.families[f] = all[1:]
	default:
		x.families[f] = slices.Delete(all, i, i+1)
	}
	return true
}

// wanted is what a sighting has to be.
type wanted struct {
	kind        kind
	end         int64
	least, most int64  // the duration
	before      uint64 // the number
}

// want is a sighting that fits a time and durations.
func want(k kind, end time.Time, least, most time.Duration, before uint64) wanted {
	return wanted{k, end.UnixNano(), int64(least), int64(most), before}
}

// closest finds the wanted sighting that ended closest to the wanted end; of several, the
// earliest.
func (x *index) closest(w wanted) (best sighting, found bool) {
	for lasts := w.least / int64(lastsWithin); lasts <= w.most/int64(lastsWithin); lasts++ {
		all := x.families[family{w.kind, lasts}]
		if len(all) == 0 {
			continue
		}
		at, _ := place(all, sighting{end: w.end})
		for _, s := range [...]func([]sighting, int, wanted) (sighting, bool){x.from, x.until} {
			if s, ok := s(all, at, w); ok && (!found || w.closer(s, best)) {
				best, found = s, true
			}
		}
	}
	return best, found
}

// from finds the first wanted sighting at a place or behind it.
func (x *index) from(all []sighting, at int, w wanted) (sighting, bool) {
	for _, s := range all[at:] {
		if x.looks++; w.away(s) > endsWithin {
			break
		}
		if w.is(s) {
			return s, true
		}
	}
	return sighting{}, false
}

// until finds the last wanted sighting before a place; of those that ended at once, the first.
func (x *index) until(all []sighting, at int, w wanted) (sighting, bool) {
	for at > 0 && w.away(all[at-1]) <= endsWithin {
		first, _ := place(all, sighting{end: all[at-1].end})
		for _, s := range all[first:at] {
			if x.looks++; w.is(s) {
				return s, true
			}
		}
		at = first
	}
	return sighting{}, false
}

func (w wanted) away(s sighting) time.Duration { return time.Duration(s.end - w.end).Abs() }

// is reports whether a sighting of the right kind and end is wanted.
func (w wanted) is(s sighting) bool {
	return s.duration >= w.least && s.duration <= w.most && s.number < w.before
}

func (w wanted) closer(s, than sighting) bool {
	return cmp.Or(cmp.Compare(w.away(s), w.away(than)), cmp.Compare(s.number, than.number)) < 0
}
