package file

import (
	"bytes"
	"cmp"
	"path/filepath"
	"slices"
	"time"
)

// mtimeTick is how much earlier than it is a file may be said to be written to.
const mtimeTick = 20 * time.Millisecond

// mtimeGrain is how much of a file's time may be lost where gzip restores it.
const mtimeGrain = 2 * time.Second

// unpacks: the patterns name gzipped files, and one found at path is meant.
func (s *Source) unpacks(path string) bool {
	return packedName(path) && slices.ContainsFunc(s.patterns, func(p pattern) bool {
		return packedName(p.glob) && p.matches(path)
	})
}

// examinePacked looks into a gzipped file found. It owns f.
func (s *Source) examinePacked(found sighting, f plain) *arrival {
	p := unpack(f, 0)
	head, err := readHead(p, make([]byte, headSize))
	st, err2 := p.stat()
	switch damage := p.damaged(); {
	case cmp.Or(err, err2) != nil:
		s.notices.unreadable(found.path, cmp.Or(err, err2))
		p.Close()
		return nil
	case len(head) == 0 && damage != nil && !unfinished(damage):
		s.notices.damaged(found.path, damage)
	case isCompressed(head):
		s.notices.compressed(found.path)
	case len(head) > 0:
		s.notices.readable(found.path)
		return &arrival{path: found.path, stat: st, file: p, head: head}
	}
	s.pass(found, &arrival{file: p})
	return nil
}

// packed: a is gzipped, and its head and file are what it says.
func (a *arrival) packed() bool {
	_, ok := a.file.(*packed)
	return ok
}

// reaches: a says at least n bytes.
func (a *arrival) reaches(n int64) bool {
	if !a.packed() || n == 0 {
		return a.stat.size >= n
	}
	var last [anchorSize]byte
	_, err := readBefore(a.file, n, 1, &last)
	return err == nil
}

// pass lets go of a file that is of no use, and does not look into it again
// before it changes if it is gzipped.
func (s *Source) pass(found sighting, a *arrival) {
	a.file.Close()
	if found.packed {
		s.passed[found.stat.id] = found.stat
	}
}

// passes: it was looked into, and there was nothing to read.
func (s *Source) passes(found sighting) bool {
	if found.packed {
		return s.passed[found.stat.id] == found.stat
	}
	size, ok := s.ignored[found.name()]
	return ok && found.stat.size >= size
}

// repeats: a is gzipped, and what it says is read as another file, or was.
func (s *Source) repeats(a *arrival) bool {
	return slices.ContainsFunc(s.all(), func(g *generation) bool {
		g.mu.Lock()
		head, at, before, f := g.head, g.off, slices.Clone(g.before), g.file
		size, past := g.seen.size, g.state != active
		g.mu.Unlock()
		if len(head) == 0 || !bytes.HasPrefix(a.head, head) {
			return false
		}
		var ours, theirs [anchorSize]byte
		if at == 0 && f != nil {
			var err error
			if before, err = readBefore(f, size, int(min(size, anchorSize)), &ours); err != nil {
				return false // closed, or less than it was
			}
			at = size
		}
		if !past && at < headSize {
			return false // too little to know it by
		}
		there, err := readBefore(a.file, at, len(before), &theirs)
		return err == nil && bytes.Equal(before, there)
	})
}

// rotatedFrom: the name says that it was source once.
func (s sighting) rotatedFrom(source string) bool {
	name := filepath.Base(s.path)
	if s.packed {
		name = unpackedName(name)
	}
	return rotatedName(filepath.Base(source), name)
}

// rotatedWith: the name says that it was r's file once, which may have been found
// rotated already.
func (s sighting) rotatedWith(r record) bool {
	name := unpackedName(filepath.Base(s.path))
	return s.rotatedFrom(r.Source) || name == filepath.Base(r.Path) || rotatedName(unrotated(filepath.Base(r.Path)), name)
}

// since: the file may say what was still written at mtime.
func (s sighting) since(mtime int64) bool { return s.stat.mtime >= mtime-int64(mtimeGrain) }

func packedLast(a, b sighting) int {
	switch {
	case a.packed == b.packed:
		return 0
	case b.packed:
		return -1
	}
	return 1
}
