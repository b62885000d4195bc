package file

import "os"

// verdicts remembers which files need not be opened again until they change.
type verdicts struct {
	ignored map[name]int64             // compressed files, with their sizes
	passed  map[fileID]stat            // gzipped files that say nothing new
	settled map[string]map[fileID]stat // by directory: files beside sources that are accounted for
	swept   map[string]int64           // the mtimes of directories when all in them were
}

func newVerdicts() verdicts {
	return verdicts{
		ignored: make(map[name]int64), passed: make(map[fileID]stat),
		settled: make(map[string]map[fileID]stat), swept: make(map[string]int64),
	}
}

// settle notes that a file in dir needs no decision until it changes.
func (s *Source) settle(dir string, st stat) {
	if s.settled[dir] == nil {
		s.settled[dir] = make(map[fileID]stat)
	}
	s.settled[dir][st.id] = st
}

// examine opens a file found, and returns nil if it is not to be read now. It logs why not.
func (s *Source) examine(found sighting) *arrival {
	if s.passes(found) {
		return nil
	}
	f, _, err := s.openFile(found.path)
	if err != nil {
		if !os.IsNotExist(err) {
			s.notices.unreadable(found.path, err)
		}
		return nil
	}
	st, head, err := lookInto(f)
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

// examinePacked looks into a gzipped file found. It owns f.
func (s *Source) examinePacked(found sighting, f plain) *arrival {
	p := unpack(f, 0)
	st, head, err := lookInto(p)
	switch damage := p.damaged(); {
	case err != nil:
		s.notices.unreadable(found.path, err)
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

// pass closes a file that is not to be read. A gzipped one is not opened again before it
// changes.
func (s *Source) pass(found sighting, a *arrival) {
	a.file.Close()
	if found.packed {
		s.passed[found.stat.id] = found.stat
	}
}

// passes reports whether a file was opened before, and is not to be read as long as it does
// not change.
func (s *Source) passes(found sighting) bool {
	if found.packed {
		return s.passed[found.stat.id] == found.stat
	}
	size, ok := s.ignored[found.name()]
	return ok && found.stat.size >= size
}
