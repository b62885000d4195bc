package file

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// endless is the limit of a file that may be read to its end.
const endless = math.MaxInt64

// reopened is the content of g's file, which was opened again.
func (g *generation) reopened(f plain) content {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.packed {
		return unpack(f, g.seen.size)
	}
	return f
}

// loseLocked gives up the bytes of g that were not read, counts them and logs why.
func (s *Source) loseLocked(g *generation, why, hint string) {
	if unread := g.most - g.off; unread > 0 {
		s.counters.lostBytes.Add(uint64(unread))
		s.log.Warn(why, "file", g.path, "bytes", unread, "hint", hint)
	}
	g.becomeLocked(runsOut)
	s.closeFileLocked(g)
}

// What the rest of the process needs of its descriptors, and what is enough.
const (
	descriptorReserve = 32
	descriptorsEnough = 8192
)

func defaultMaxOpen() int {
	limit := descriptorLimit()
	if limit == 0 {
		return descriptorsEnough
	}
	return int(min(max(limit/2, 8), max(limit, descriptorReserve+8)-descriptorReserve, descriptorsEnough))
}

// descriptors bounds how many files are open. A file that can be opened again by its name
// is closed for another, the least recently read first; one that cannot is always kept
// open.
type descriptors struct {
	max   int
	clock atomic.Uint64 // counts Reads

	mu   sync.Mutex // the last one taken
	open map[*generation]bool
}

func (d *descriptors) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.open)
}

// makeRoom closes files until fewer than limit are open or none can be closed.
func (s *Source) makeRoom(limit int) {
	d := &s.descriptors
	if d.count() < limit {
		return
	}
	d.mu.Lock()
	victims := slices.Collect(maps.Keys(d.open))
	d.mu.Unlock()
	slices.SortFunc(victims, func(a, b *generation) int { return cmp.Compare(a.used.Load(), b.used.Load()) })
	for _, unread := range []bool{false, true} {
		for _, g := range victims {
			if d.count() < limit {
				return
			}
			g.mu.Lock()
			if g.dispensableLocked(unread) {
				s.closeFileLocked(g)
			}
			g.mu.Unlock()
		}
	}
}

// dispensableLocked reports whether g's file can be closed now and opened again later.
func (g *generation) dispensableLocked(evenUnread bool) bool {
	if g.busy || g.gone || g.state.astray() || g.seen.links == 0 {
		return false
	}
	return evenUnread || g.off+g.scanned >= g.seen.size && g.committed >= g.handed
}

// errMoved means that the path leads to another file by now.
var errMoved = errors.New("another file has taken its place")

// reopen opens g's file again. It is called without g.mu, and logs why it failed.
func (s *Source) reopen(g *generation) error {
	g.mu.Lock()
	path, id := g.path, g.seen.id
	g.mu.Unlock()
	f, st, err := s.openFile(path)
	switch {
	case err == nil && st.id != id:
		f.Close()
		err = errMoved
		fallthrough
	case errors.Is(err, fs.ErrNotExist):
		s.scanWanted.Store(true)
		s.wakeUp()
		return err
	case err != nil:
		s.notices.unreadable(path, err)
		return err
	}
	s.notices.readable(path)
	s.adopt(g, g.reopened(f))
	return nil
}

// openFile opens a regular file, closing others if need be.
func (s *Source) openFile(path string) (plain, stat, error) {
	s.makeRoom(s.descriptors.max)
	f, err := openShared(path)
	for n := s.descriptors.count(); outOfDescriptors(err) && n > 0; n = min(n-1, s.descriptors.count()) {
		s.makeRoom(n)
		f, err = openShared(path)
	}
	if err != nil {
		return plain{}, stat{}, err
	}
	st, err := statFile(f)
	if err == nil && !st.regular {
		err = fmt.Errorf("open %s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return plain{}, stat{}, err
	}
	return plain{f}, st, nil
}

// adopt makes f the open file of g. It is called without g.mu.
func (s *Source) adopt(g *generation, f content) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.file != nil || g.state.isOver() {
		f.Close()
		return
	}
	g.file = f
	g.rested = true
	s.descriptors.mu.Lock()
	defer s.descriptors.mu.Unlock()
	s.descriptors.open[g] = true
}

// closeFileLocked closes g's file.
func (s *Source) closeFileLocked(g *generation) {
	if g.file != nil {
		g.file.Close()
		s.detachLocked(g)
	}
}

// detachLocked takes g's file from it without closing the file.
func (s *Source) detachLocked(g *generation) {
	g.file = nil
	s.descriptors.mu.Lock()
	defer s.descriptors.mu.Unlock()
	delete(s.descriptors.open, g)
}
