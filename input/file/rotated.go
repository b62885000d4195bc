package file

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// searches is in how many listings the files of earlier runs are looked for: one
// that is made while a rotation moves every file on may miss them all.
const searches = 3

func (s *Source) searching() bool { return s.scans.Load() < searches }

// findMoved looks beside their last paths for recorded files that accept lets pass
// and that have left the globs since: rotated while nobody looked.
func (s *Source) findMoved(accept func(record) bool, now time.Time) []*generation {
	return s.search(func(found sighting, r record) bool { return r.ID == found.stat.id && accept(r) }, now)
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
				if s.known(found.stat.id) != nil || !s.dormant.any(accepted) {
					continue
				}
				g := s.resume(found, accepted, now)
				born = appendNew(born, g)
				if g == nil {
					s.noteRewritten(found)
				}
			}
		})
	}
	return born
}

// rewritten is a file that no longer says what a checkpoint knows of it: copied and
// truncated, then written to, then renamed. What it says now nobody has seen.
type rewritten struct {
	sighting
	source string
	mtime  int64
}

// noteRewritten notes a file that goes on with no record, if one has its name in
// the file system. That record may soon be taken for a copy.
func (s *Source) noteRewritten(found sighting) {
	for _, r := range s.dormant {
		if r.ID == found.stat.id && r.telling() && r.Gone == 0 && s.asked(r) {
			s.rewritten = append(s.rewritten, rewritten{found, r.Source, r.Mtime})
			return
		}
	}
}

// findMissed finds the missed generations of the sources that born, or what has
// departed, show to have been rotated.
func (s *Source) findMissed(born []*generation, now time.Time) []*generation {
	var missed []*generation
	for _, source := range s.rotatedSources(born) {
		missed = append(missed, s.missedOf(source, born, now)...)
	}
	for _, w := range s.rewritten {
		missed = append(missed, s.missedAmong([]sighting{w.sighting}, w.source, epoch{mtime: w.mtime, turn: noTurn}, now)...)
	}
	s.rewritten = nil
	if !s.first && s.searching() {
		for source, since := range s.stopped {
			missed = append(missed, s.missedSince(source, since, now)...)
		}
	}
	return missed
}

// missedOf finds generations of a source that came and went between two listings:
// beside it, under a name rotation gives, younger than the generation that was
// known, and none that is.
func (s *Source) missedOf(source string, born []*generation, now time.Time) []*generation {
	var missed []*generation
	_ = s.atRest(source, func(beside []sighting) { // what cannot be listed cannot be found
		since := s.lastKnown(source, born, beside)
		if s.first {
			s.stopped[source] = since
		}
		missed = append(missed, s.missedAmong(beside, source, since, now)...)
	})
	return missed
}

// missedSince finds generations of a source that are younger than since.
func (s *Source) missedSince(source string, since epoch, now time.Time) []*generation {
	var missed []*generation
	_ = s.atRest(source, func(beside []sighting) {
		missed = append(missed, s.missedAmong(beside, source, since, now)...)
	})
	return missed
}

func (s *Source) missedAmong(beside []sighting, source string, since epoch, now time.Time) []*generation {
	var missed []*generation
	for _, found := range beside {
		if s.known(found.stat.id) != nil || s.held[found.stat.id] != nil ||
			!since.before(source, found) || !found.rotatedFrom(source) ||
			matchesAny(s.patterns, found.path) && !found.packed || matchesAny(s.exclude, found.path) {
			continue
		}
		if g := s.resume(found, record.telling, now); g != nil {
			missed = append(missed, g) // a copy of a file that is known
			continue
		}
		a := s.examine(found)
		if a == nil {
			continue
		}
		if s.copied(a) || s.replaced(a, source) {
			s.pass(found, a)
			continue
		}
		g := s.generate(a, source, newKey(), 0, now)
		g.departed, g.gone = true, true
		s.keep(g)
		missed = append(missed, g)
	}
	return missed
}

// rotatedSources are the sources whose path leads elsewhere than it did when
// their youngest generation was last seen there, or when it led nowhere.
func (s *Source) rotatedSources(born []*generation) []string {
	sources := slices.Clone(s.left)
	for _, g := range born {
		again := s.latest[g.source] != nil || s.dormant.any(func(r record) bool { return r.Deleted && r.Source == g.source })
		made := !s.first && g.resumed == nil && s.rotatedBeside(g.source)
		if again || made || s.first && g.departed {
			sources = append(sources, g.source)
		}
	}
	if s.first {
		for _, r := range s.dormant {
			if (r.Gone == 0 || r.Deleted) && s.asked(r) {
				sources = append(sources, r.Source)
			}
		}
		for _, g := range born {
			if g.resumed != nil {
				sources = append(sources, g.source)
			}
		}
		// but not those whose file is the one of the checkpoint
		sources = slices.DeleteFunc(sources, func(source string) bool {
			return slices.ContainsFunc(born, func(g *generation) bool {
				return g.source == source && !g.departed && g.resumed != nil && g.resumed.telling()
			})
		})
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

// epoch is what is known of a source's youngest generation: the end of its time.
type epoch struct {
	mtime int64
	turn  turn // of its rotated name
}

// lastKnown looks for the name of that generation now among the files beside it.
func (s *Source) lastKnown(source string, born []*generation, beside []sighting) epoch {
	last := epoch{turn: noTurn}
	note := func(g *generation) {
		if g.written <= last.mtime {
			return
		}
		last = epoch{mtime: g.written, turn: noTurn}
		for _, found := range beside {
			if found.stat.id == g.seen.id && !g.suspect {
				last.mtime = max(last.mtime, found.stat.mtime)
				last.turn = turnOf(source, found.path)
			}
		}
	}
	if g := s.latest[source]; g != nil {
		note(g)
		return last
	}
	for _, g := range born {
		switch {
		case g.source != source || g.resumed == nil:
		case g.resumed.telling():
			note(g)
		case g.resumed.Mtime > last.mtime: // nothing was known of it but when that was
			last = epoch{mtime: g.resumed.Mtime, turn: noTurn}
		}
	}
	for _, r := range s.dormant {
		if r.Source == source && r.Mtime > last.mtime {
			last = epoch{mtime: r.Mtime, turn: noTurn}
		}
	}
	if last.mtime == 0 {
		last.mtime = s.listed // it was not there
	}
	return last
}

// rotatedBeside: there are names beside source that its rotation gives. It is a
// cheap question, as most often there are none.
func (s *Source) rotatedBeside(source string) bool {
	dir := filepath.Dir(source)
	entries, ok := s.entries[dir]
	if !ok {
		entries, _ = os.ReadDir(dir) // what cannot be listed cannot be found
		if s.entries != nil {
			s.entries[dir] = entries
		}
	}
	return slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return rotatedName(filepath.Base(source), unpackedName(e.Name()))
	})
}

// before: found was rotated after the time of e.
func (e epoch) before(source string, found sighting) bool {
	if c, ok := turnOf(source, found.path).compare(e.turn); ok {
		return c > 0
	}
	return e.mtime > 0 && found.stat.mtime >= e.mtime
}

// lineUp has each of born read after the generations of its source before it.
func (s *Source) lineUp(born []*generation) {
	slices.SortStableFunc(born, older)
	for _, g := range born {
		last := s.latest[g.source]
		switch {
		case last == nil || last.departed || last.over:
			s.follows(g, last)
			s.latest[g.source] = g
		default: // found late: the latest one is at the path already
			s.follows(g, s.waiting[last])
			s.follows(last, g)
		}
	}
}

// follows has g wait for what came before it, if anything did.
func (s *Source) follows(g, before *generation) {
	if before != nil {
		s.waiting[g] = before
	}
}

// older orders generations of one source by age.
func older(a, b *generation) int {
	if a.departed != b.departed {
		if a.departed {
			return -1
		}
		return 1
	}
	if c, ok := turnOf(a.source, a.path).compare(turnOf(b.source, b.path)); ok && c != 0 && a.source == b.source {
		return c
	}
	return cmp.Compare(a.seen.mtime, b.seen.mtime)
}
