package file

import (
	"encoding/json"
	"time"
)

// What is known of the time before a file was followed: files rotated then are not
// read. It is kept by glob, and by source where records of delivered files were
// dropped, which could else be taken for new ones.
const sinceNamespace = "rotated"

// origins are those times, in nanoseconds as of files' mtimes.
type origins struct {
	globs   map[string]int64
	sources map[string]int64
}

// origin is one of them in a checkpoint.
type origin struct {
	Glob   string `json:"glob,omitempty"`
	Source string `json:"source,omitempty"`
	Since  int64  `json:"since"`
}

func (o origin) key() string {
	if o.Glob != "" {
		return "glob " + o.Glob
	}
	return "source " + o.Source
}

// wakeOrigins reads what earlier runs left.
func wakeOrigins(records map[string]json.RawMessage) origins {
	o := origins{globs: make(map[string]int64), sources: make(map[string]int64)}
	for _, raw := range records {
		var r origin
		switch err := json.Unmarshal(raw, &r); {
		case err != nil: // nothing is known then
		case r.Glob != "":
			o.globs[r.Glob] = r.Since
		default:
			o.sources[r.Source] = r.Since
		}
	}
	return o
}

// settleOrigins begins the time of the globs that are new, forgets the ones no
// longer given, and passes over what lies beside the sources of new ones already.
func (s *Source) settleOrigins(l *listing, now time.Time) {
	given := make(map[string]bool)
	var fresh []pattern
	for _, p := range s.patterns {
		given[p.glob] = true
		if _, ok := s.origins.globs[p.glob]; !ok {
			fresh = append(fresh, p)
		}
	}
	for glob := range s.origins.globs {
		if !given[glob] {
			delete(s.origins.globs, glob)
			s.store.Delete(sinceNamespace, origin{Glob: glob}.key())
		}
	}
	for dir := range s.sourceDirs(l) {
		s.passOver(dir, now)
	}
	for _, p := range fresh {
		s.origins.globs[p.glob] = now.Add(-mtimeTick).UnixNano()
		s.keepOrigin(origin{Glob: p.glob, Since: s.origins.globs[p.glob]})
	}
}

func (s *Source) keepOrigin(o origin) {
	s.store.Set(sinceNamespace, o.key(), func() any { return o })
}

// passOver notes the files in dir that were rotated before their source was ever
// asked for, so that they are known whatever they are renamed or gzipped to.
func (s *Source) passOver(dir string, now time.Time) {
	beside, err := s.siblings(dir)
	if err != nil {
		return // their times tell
	}
	for _, found := range beside {
		source, ok := s.rotatedOf(found)
		if !ok || s.known(found.stat) != nil {
			continue
		}
		if _, ok := s.since(source); ok {
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
func (s *Source) since(source string) (int64, bool) {
	since, ok := int64(0), false
	earlier := func(t int64) {
		if !ok || t < since {
			since, ok = t, true
		}
	}
	for _, p := range s.patterns {
		if t, known := s.origins.globs[p.glob]; known && p.matches(source) {
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
	return max(since, s.origins.sources[source]), ok
}

// before: found was rotated before anything of its source was wanted.
func (s *Source) before(found sighting, source string) bool {
	since, ok := s.since(source)
	if found.packed {
		return !ok || !found.since(since)
	}
	return !ok || found.stat.mtime < since
}

// raiseOrigin notes that what was rotated at source before since is not known any more.
func (s *Source) raiseOrigin(source string, since int64) {
	if since > s.origins.sources[source] {
		s.origins.sources[source] = since
		s.keepOrigin(origin{Source: source, Since: since})
	}
}
