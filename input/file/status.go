package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
)

// FileStatus says how far a file is read and delivered.
type FileStatus struct {
	Key       string // tells it from others that were at the same path
	Path      string // where it is now
	Source    string // where it was found first: the source of its events
	State     string // what has become of it
	Attention string // whether it is being read
	Open      bool
	Deleted   bool
	Size      int64
	Offset    int64 // read to here
	Committed int64 // delivered to here
	Whole     int64 // lines that have an end reach to here, as far as is known
	Lag       int64 // bytes not delivered yet
}

// Files says how far each file is.
func (s *Source) Files() []FileStatus {
	all := s.all()
	files := make([]FileStatus, 0, len(all))
	for _, g := range all {
		files = append(files, g.status())
	}
	return files
}

func (g *generation) status() FileStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	f := FileStatus{
		Key: g.key, Path: g.path, Source: g.source, Open: g.file != nil,
		State: g.state.String(), Attention: g.attention.String(), Deleted: g.seen.links == 0,
		Size: g.seen.size, Offset: g.off, Committed: g.committed, Whole: g.seen.size,
		Lag: max(0, g.seen.size-g.committed),
	}
	if g.state == active && g.attention == idle && g.off+g.scanned >= g.seen.size {
		f.Whole = g.off
	}
	return f
}

// Stats says what happened since the start, and what is held now.
type Stats struct {
	Rotations   uint64 // files renamed or removed from where they were found
	Truncations uint64 // files whose content was replaced
	CutLines    uint64 // lines longer than allowed
	LostBytes   uint64 // removed or overwritten before they were read
	Fallbacks   uint64 // times that polling stood in for notifications
	Storms      uint64 // times that there were too many notifications to listen to
	Files       int    // followed
	Open        int    // of these, open
	HeldDeleted int64  // bytes of disk held by deleted files
}

type counters struct {
	rotations, truncations, cutLines, lostBytes, fallbacks, storms atomic.Uint64
	heldDeleted                                                    atomic.Int64
}

// Stats returns the counts so far.
func (s *Source) Stats() Stats {
	c := &s.counters
	return Stats{
		Rotations: c.rotations.Load(), Truncations: c.truncations.Load(),
		CutLines: c.cutLines.Load(), LostBytes: c.lostBytes.Load(),
		Fallbacks: c.fallbacks.Load(), Storms: c.storms.Load(),
		Files: len(s.all()), Open: s.descriptors.count(), HeldDeleted: c.heldDeleted.Load(),
	}
}

// Unread returns the files that could not be read when they were looked at last, and those
// that a pattern without wildcards names and that are not there, or are nothing that can be followed.
func (s *Source) Unread() []string {
	unread := s.notices.unread()
	for _, p := range s.patterns {
		path := filepath.FromSlash(p.glob)
		_, err := os.Stat(path)
		if gone := errors.Is(err, fs.ErrNotExist); p.literal() && (gone || s.notices.left(path)) && !s.met(path) {
			unread = append(unread, path)
		}
	}
	slices.Sort(unread)
	return slices.Compact(unread)
}

// met reports whether a file of that source was followed.
func (s *Source) met(source string) bool {
	return slices.ContainsFunc(s.all(), func(g *generation) bool { return g.source == source })
}
