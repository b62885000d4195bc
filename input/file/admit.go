package file

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// admit makes generations of files not known: continued ones where a checkpoint
// fits, held ones where they may be copies, new ones else. dirs are where rotation
// may have laid others.
func (s *Source) admit(fresh []sighting, dirs map[string]bool, now time.Time) {
	var born []*generation
	resumeNamed := func(accept func(record, sighting) bool) {
		fresh = slices.DeleteFunc(fresh, func(found sighting) bool {
			accepted := func(r record) bool { return r.ID == found.stat.id && accept(r, found) }
			if !s.dormant.any(accepted) {
				return false
			}
			found.packed = packedName(found.path)
			g := s.resume(found, accepted, now)
			born = appendNew(born, g)
			return g != nil
		})
	}
	resumeNamed(func(r record, _ sighting) bool { return r.telling() })
	if s.searching() {
		born = append(born, s.findMoved(now)...)
	}
	fresh = slices.DeleteFunc(fresh, func(found sighting) bool {
		g := s.resume(found, nil, now)
		born = appendNew(born, g)
		return g != nil
	})
	if s.searching() {
		born = append(born, s.findCopies(now)...)
	}
	resumeNamed(record.wasEmptyAt)
	for _, found := range fresh {
		a := s.examine(found)
		if a == nil {
			continue
		}
		if a.packed() && (s.repeats(a) || s.skipsOld(a.path)) {
			s.pass(found, a)
			continue
		}
		if !s.hold(a) {
			born = append(born, s.begin(a, now))
		}
	}
	for _, g := range born {
		dirs[filepath.Dir(g.source)] = true
	}
	s.lineUp(append(born, s.sweepAll(dirs, now)...), now)
}

func appendNew(all []*generation, g *generation) []*generation {
	if g == nil {
		return all
	}
	return append(all, g)
}

// arrival is a file no generation is known to have.
type arrival struct {
	path string
	stat stat
	file content
	head []byte
}

// examine opens a file found, nil if it is not one to read now. Why not has been said.
func (s *Source) examine(found sighting) *arrival {
	if s.passes(found) {
		return nil
	}
	f, st, err := s.openFile(found.path)
	if err != nil {
		if !os.IsNotExist(err) {
			s.notices.unreadable(found.path, err)
		}
		return nil
	}
	head, err := readHead(f, make([]byte, headSize))
	switch {
	case err != nil:
		s.notices.unreadable(found.path, err)
	case s.known(st) != nil || s.held[st.id] != nil:
		// the path has just been given to a file that is known: next time
	case found.packed && isGzip(head):
		return s.examinePacked(found, f)
	case isCompressed(head):
		s.notices.compressed(found.path)
		s.ignored[found.name()] = st.size
	case mayBeCompressed(head):
		// too short to tell: next time
	default:
		s.notices.readable(found.path)
		return &arrival{path: found.path, stat: st, file: f, head: head}
	}
	f.Close()
	return nil
}

// resume continues a generation of an earlier run or one that was out of sight,
// nil if found is none. accept says which records count, nil: those alike.
func (s *Source) resume(found sighting, accept func(record) bool, now time.Time) *generation {
	if len(s.dormant) == 0 {
		return nil
	}
	a := s.examine(found)
	if a == nil {
		return nil
	}
	if accept == nil {
		accept = alike(a)
	}
	g := s.goOn(a, accept, now)
	if g == nil {
		a.file.Close()
	}
	return g
}

// goOn continues a generation that accept lets pass in a, nil if none fits.
func (s *Source) goOn(a *arrival, accept func(record) bool, now time.Time) *generation {
	key, ok := s.dormant.find(a, accept)
	if !ok {
		return nil
	}
	r := s.dormant[key]
	delete(s.dormant, key)
	g := s.generate(a, r.Source, key, r.Offset, now)
	g.carry, g.born = r.Carry, r.Born
	g.resumed = &r
	if a.path != r.Source {
		g.state = rotated
	}
	g.gone = !s.wanted(a.path)
	s.keep(g)
	return g
}

// begin makes a new generation of a.
func (s *Source) begin(a *arrival, now time.Time) *generation {
	offset := int64(0)
	if s.skipsOld(a.path) {
		offset = lastLine(a.file, a.stat.size)
	}
	g := s.generate(a, a.path, newKey(), offset, now)
	s.keep(g)
	return g
}

// beginAside makes a new generation of a, which has left the path of its source.
func (s *Source) beginAside(a *arrival, source string, now time.Time) *generation {
	g := s.generate(a, source, newKey(), 0, now)
	g.state, g.gone = rotated, true
	s.keep(g)
	return g
}

// skipsOld: what a file says that is found at path now is not wanted.
func (s *Source) skipsOld(path string) bool {
	return s.first && s.options.StartAtEnd && !s.store.Damaged() && !s.knows(path)
}

// knows: a file of that source was followed before.
func (s *Source) knows(source string) bool {
	return s.dormant.any(func(r record) bool { return r.Source == source && !r.Old }) ||
		slices.ContainsFunc(s.all(), func(g *generation) bool { return g.source == source })
}

// generate makes a generation of a that begins at offset, not yet lined up.
func (s *Source) generate(a *arrival, source, key string, offset int64, now time.Time) *generation {
	g := &generation{owner: s, source: source, key: key, born: a.stat.mtime}
	g.path, g.seen, g.most, g.written, g.changed = a.path, a.stat, a.stat.size, a.stat.mtime, now
	g.limit, g.head, g.rested = -1, a.head, true
	g.off, g.handed, g.started, g.committed = offset, offset, offset, offset
	g.record = g.checkpoint
	if offset == 0 && !tells(a.head) {
		g.head = nil
	}
	if s.options.Once {
		g.limit = a.stat.size
	}
	if g.packed = a.packed(); g.packed {
		g.seen.size = max(g.seen.size, offset)
	}
	if g.packed && s.options.Once {
		g.limit = endless
	}
	m, before, err := readMark(a.file, offset)
	if err != nil {
		// changed under our hands: Read finds out
		m = mark{end: offset}
	}
	g.before, g.marks = slices.Clone(before), []mark{m}
	s.adopt(g, a.file)
	s.byID[a.stat.id] = g
	s.names[a.path] = g
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations = append(slices.Clip(s.generations), g)
	return g
}

// lastLine is where the last line begins that has no end yet, or else the end.
func lastLine(f io.ReaderAt, size int64) int64 {
	buf := make([]byte, 64<<10)
	start := max(0, size-int64(len(buf)))
	n, err := f.ReadAt(buf[:size-start], start)
	if i := bytes.LastIndexByte(buf[:n], '\n'); i >= 0 {
		return start + int64(i) + 1
	} else if err == nil && start == 0 {
		return 0
	}
	return size
}
