package file

import (
	"slices"
	"sync"
)

// all returns the generations there are now.
func (s *Source) all() []*generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generations
}

// drop ends following g.
func (s *Source) drop(g *generation) {
	g.mu.Lock()
	g.becomeLocked(retires)
	g.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations = slices.DeleteFunc(slices.Clone(s.generations), func(other *generation) bool { return other == g })
}

// registry is all generations there are.
type registry struct {
	mu          sync.Mutex
	generations []*generation // guarded by mu; changed by Run only
	byID        map[fileID]*generation
}

// known is the generation that has the file, nil if there is none: once a
// generation has let go of its file, the same inode is another one if it has changed.
func (s *Source) known(st stat) *generation {
	g := s.byID[st.id]
	if g == nil {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state.isOver() && g.file == nil && (g.seen.size != st.size || g.seen.mtime != st.mtime) {
		delete(s.byID, st.id)
		return nil
	}
	return g
}

// of returns the generations of a source, those that are not in line yet among them.
func (s *Source) of(source string) []*generation {
	return slices.DeleteFunc(slices.Clone(s.all()), func(g *generation) bool { return g.source != source })
}
