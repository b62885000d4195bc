package file

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
)

const (
	namespace = "file"

	// A file not seen for so long is forgotten, and so are the ones longest
	// gone beyond that many.
	forgetAfter = 7 * 24 * time.Hour
	dormantMax  = 4096
)

// record is what a checkpoint says of a generation.
type record struct {
	Source string      `json:"source"`
	Path   string      `json:"path"`
	ID     fileID      `json:"id"`
	Size   int64       `json:"size"`
	Mtime  int64       `json:"mtime"`
	Born   int64       `json:"born,omitempty"` // Mtime when it was found first
	Head   digest      `json:"head"`
	Offset int64       `json:"offset"`
	Anchor anchor      `json:"anchor"`
	Carry  input.Carry `json:"carry"`
	Packed bool        `json:"packed,omitempty"` // the file is gzipped; all else is of what it says
	// Deleted: the content is nowhere any more, and only its time is of interest.
	Deleted bool `json:"deleted,omitempty"`
	// Done: the file had come to rest, and all of it was delivered.
	Done bool  `json:"done,omitempty"`
	Old  bool  `json:"old,omitempty"`  // rotated before it was asked for: nothing up to here is read
	Gone int64 `json:"gone,omitempty"` // since when it is not found, in seconds since 1970
}

// anchor is the digest of the bytes before End, a place at or before the offset.
type anchor struct {
	End int64 `json:"end"`
	digest
}

// checkpoint is g's record, for the store to write.
func (g *generation) checkpoint() any {
	g.exactMark()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forgotten {
		return nil
	}
	if g.headSum.Len != len(g.head) { // it only ever grows
		g.headSum = digestOf(g.head)
	}
	m := g.marks[0]
	a := anchor{End: m.end, digest: digest{Len: m.len}}
	if m.len > 0 {
		a.Sum = hex.EncodeToString(m.sum[:])
	}
	return &record{
		Source: g.source, Path: g.path, ID: g.seen.id, Size: g.seen.size, Mtime: g.seen.mtime, Born: g.born,
		Head: g.headSum, Offset: g.committed, Anchor: a, Carry: g.carry, Packed: g.packed, Gone: g.goneAt,
	}
}

// pruneMarks leaves one mark at or before committed. It needs mu.
func (g *generation) pruneMarks() {
	n := 0
	for n+1 < len(g.marks) && g.marks[n+1].end <= g.committed {
		n++
	}
	g.marks = slices.Delete(g.marks, 0, n)
}

// exactMark marks the committed offset where it lies between two places marked.
// What stands before it in the file now counts only if the file still holds,
// afterwards, what was read up to the next mark. A gzipped file stays as it is,
// and going back in it is dear.
func (g *generation) exactMark() {
	g.mu.Lock()
	at, f := g.committed, g.file
	if f == nil || g.packed || g.state.astray() || len(g.marks) < 2 || g.marks[0].end == at {
		g.mu.Unlock()
		return
	}
	after := g.marks[1]
	g.mu.Unlock()

	var buf, check [anchorSize]byte
	before, err := readBefore(f, at, int(min(at, anchorSize)), &buf)
	if err != nil || !after.holds(f, &check) {
		return
	}
	m := markOf(at, before)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.committed == at && g.marks[0].end < at {
		g.marks[0] = m
	}
}

// dormant are the records no live generation has, by key.
type dormant map[string]record

func wakeDormant(store *checkpoint.Store) (dormant, error) {
	d := make(dormant)
	for key, raw := range store.Records(namespace) {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("record %s: %w", key, err)
		}
		if r.Offset < 0 || r.Head.Len < 0 || r.Anchor.Len < 0 || r.Anchor.End < int64(r.Anchor.Len) {
			return nil, fmt.Errorf("record %s makes no sense", key)
		}
		d[key] = r
	}
	return d, nil
}

// retain notes which records are of files not found, and forgets the ones that
// have been for long.
func (s *Source) retain(now time.Time) {
	d := s.dormant
	for key, r := range d {
		switch {
		case r.Gone == 0:
			r.Gone = now.Unix()
			d[key] = r
			s.store.Set(namespace, key, func() any { return r })
		case now.Sub(time.Unix(r.Gone, 0)) > forgetAfter:
			s.forget(key)
			s.raiseFloor(now.Add(-forgetAfter).UnixNano())
		}
	}
	if len(d) > dormantMax {
		byAge := slices.SortedFunc(maps.Keys(d), func(a, b string) int { return cmp.Compare(d[a].Gone, d[b].Gone) })
		for _, key := range byAge[:len(d)-dormantMax] {
			s.raiseFloor(d[key].Mtime + 1)
			s.forget(key)
		}
	}
}

func (s *Source) forget(key string) {
	delete(s.dormant, key)
	s.store.Delete(namespace, key)
}

// find returns the record to resume a at, of those that accept lets pass: the
// furthest one, so that of a file and its outdated record nothing is repeated.
// What was deleted may be there gzipped.
func (d dormant) find(a *arrival, accept func(record) bool) (string, bool) {
	best, found := "", false
	for key, r := range d {
		if accept(r) && r.about(a) && (!found || r.Offset > d[best].Offset) && r.fits(a) {
			best, found = key, true
		}
	}
	return best, found
}

func (d dormant) any(accept func(record) bool) bool {
	for _, r := range d {
		if accept(r) {
			return true
		}
	}
	return false
}

// alike accepts records of files that the file system calls otherwise. A few
// bytes in common prove nothing, unless the name says the same: as rotation
// gives it to a copy, or with an inode on a device that is numbered anew.
func alike(a *arrival) func(record) bool {
	return func(r record) bool {
		return !r.Old && (r.Offset >= anchorSize || r.Path == a.path && r.ID.Ino == a.stat.id.Ino ||
			r.telling() && rotatedName(filepath.Base(r.Path), filepath.Base(a.path)))
	}
}

// about: r can be of a's content. What an empty file became is not gzipped.
func (r record) about(a *arrival) bool {
	if a.packed() {
		return r.Head.Len > 0
	}
	return !r.Deleted
}

// telling: there is something to know the file by, and it was followed.
func (r record) telling() bool { return r.Head.Len > 0 && !r.Old }

// wasEmptyAt: the file said nothing when it was last seen, not long ago and under a
// name that it may have had where it was found. For nothing else tells it but its name
// in the file system, which others are soon given.
func (r record) wasEmptyAt(found sighting) bool {
	return !r.telling() && r.Gone == 0 && (r.Path == found.path || found.rotatedFrom(r.Path) && filepath.Dir(r.Path) == filepath.Dir(found.path))
}

// fits: a is the recorded file, grown perhaps.
func (r record) fits(a *arrival) bool {
	if !r.begins(a) {
		return false
	}
	if r.Anchor.Len > 0 {
		var buf [anchorSize]byte
		before, err := readBefore(a.file, r.Anchor.End, min(r.Anchor.Len, anchorSize), &buf)
		if err != nil || digestOf(before) != r.Anchor.digest {
			return false
		}
	}
	return a.reaches(r.Offset)
}

// begins: a begins as the recorded file did.
func (r record) begins(a *arrival) bool {
	return len(a.head) >= r.Head.Len && digestOf(a.head[:r.Head.Len]) == r.Head
}

// readMark marks offset and returns the bytes before it.
func readMark(f io.ReaderAt, offset int64) (mark, []byte, error) {
	var buf [anchorSize]byte
	before, err := readBefore(f, offset, int(min(offset, anchorSize)), &buf)
	if err != nil {
		return mark{}, nil, err
	}
	return markOf(offset, before), before, nil
}

func newKey() string { return rand.Text()[:16] }
