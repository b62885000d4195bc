package file

import (
	"bytes"
	"io"
	"slices"
	"time"

	"ollama-hec/input/framing"
)

// moveTo continues g in a copy of its file.
func (s *Source) moveTo(g *generation, a *arrival, now time.Time) {
	delete(s.held, a.stat.id)
	g.mu.Lock()
	if s.byID[g.seen.id] == g {
		delete(s.byID, g.seen.id)
	}
	s.closeFileLocked(g)
	g.path, g.seen, g.most, g.written = a.path, a.stat, a.stat.size, a.stat.mtime
	if g.packed = a.packed(); g.packed {
		g.seen.size = max(g.seen.size, g.off)
	}
	g.changed, g.news = now, true
	g.missed = 0
	g.scanned, g.blank = 0, 0
	if g.gone = !s.wanted(a.path); a.path != g.source {
		g.becomeLocked(moves)
	} else {
		g.becomeLocked(comesHome)
	}
	g.mu.Unlock()
	s.byID[a.stat.id] = g
	s.adopt(g, a.file)
	s.keep(g)
}

// goOn continues a generation in a, out of those that accept approves. It returns nil if
// none fits.
func (s *Source) goOn(a *arrival, accept func(record) bool, now time.Time) *generation {
	key, ok := s.dormant.find(a, accept)
	if !ok {
		return nil
	}
	r := s.dormant[key]
	delete(s.dormant, key)
	g := s.generate(a, r.Source, key, r.Offset, now)
	g.mu.Lock()
	g.carry, g.born = r.Carry, r.Born
	if g.framing = r.Framing; g.framing != "" {
		g.frames.Recall(g.framing)
	}
	g.resumed = &r
	if a.path != r.Source {
		g.state = rotated
	}
	g.gone = !s.wanted(a.path)
	g.mu.Unlock()
	s.keep(g)
	return g
}

// begin makes a new generation that reads a from its start.
func (s *Source) begin(a *arrival, now time.Time) *generation {
	offset := int64(0)
	if s.skipsOld(a.path) {
		offset = lastLine(a.file, a.stat.size)
	}
	g := s.generate(a, a.path, newKey(), offset, now)
	s.keep(g)
	return g
}

// beginAside makes a new generation of a file that was rotated away from the path of its
// source.
func (s *Source) beginAside(a *arrival, source string, now time.Time) *generation {
	g := s.generate(a, source, newKey(), 0, now)
	g.mu.Lock()
	g.state, g.gone = rotated, true
	g.mu.Unlock()
	s.keep(g)
	return g
}

// skipsOld reports whether a file found at path is history: only what is written to it from
// now on is read.
func (s *Source) skipsOld(path string) bool {
	return s.first && s.options.StartAtEnd && !s.store.Damaged() && !s.knows(path)
}

// knows reports whether a file of that source was followed before.
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
	g.frames.Set(framing.Options{Named: framing.NamedForOllama(source), Zone: s.options.Zone})
	switch {
	case s.options.Spooled:
		g.frames.Plain()
	case offset > 0:
		g.frames.Begin(a.head)
	}
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
	s.notices.follows(g.path, offset)
	s.adopt(g, a.file)
	s.byID[a.stat.id] = g
	s.names[a.path] = g
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations = append(slices.Clip(s.generations), g)
	return g
}

// lastLine returns where a last line without an end begins, or the end of the file if the
// last line has one.
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

func appendNew(all []*generation, g *generation) []*generation {
	if g == nil {
		return all
	}
	return append(all, g)
}
