package file

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
)

// ofSource accepts the records that a file found beside source may continue. A few bytes in
// common prove nothing about a file at another path.
func ofSource(source string, a *arrival) func(record) bool {
	return func(r record) bool {
		return r.Head.Len > 0 && (r.ofLog(source) || r.ID == a.stat.id || r.Offset >= anchorSize)
	}
}

// ofLog reports whether the recorded file was at source once, or was found when it had been
// rotated there.
func (r record) ofLog(source string) bool {
	if r.Source == source || !strings.HasPrefix(r.Source, strings.TrimSuffix(source, filepath.Ext(source))) {
		return r.Source == source // soon decided, for it is asked of thousands
	}
	dir, name := filepath.Split(r.Source)
	return dir+unrotated(name) == source
}

// said reports whether a is an older copy of the recorded file: both begin the same, and r
// was delivered beyond the end of a.
func (r record) said(a *arrival) bool {
	return !a.packed() && a.stat.size < r.Offset && a.stat.mtime <= r.Mtime &&
		r.begins(a)
}

// zippedTo reports whether a is the recorded file, gzipped after it was read to its end.
// The time and the beginning tell, so that nobody has to unpack all of it.
func (r record) zippedTo(a *arrival) bool {
	return a.packed() && r.Done && !r.Packed && r.Head.Len > 0 &&
		(a.stat.mtime == r.Mtime || a.stat.mtime == r.Mtime-r.Mtime%int64(time.Second)) && r.begins(a)
}

// done reports whether st is that of the recorded file, unchanged since all of it was
// delivered.
func (r record) done(st stat) bool {
	if r.ID != st.id || r.Mtime != st.mtime {
		return false
	}
	return r.Packed && (r.Done || r.Old) || !r.Packed && r.Head.Len > 0 && r.Offset >= st.size
}

// oldRecord makes a record of a file in which there is nothing to read.
func oldRecord(source string, found sighting, a *arrival, now time.Time) record {
	r := record{
		Source: source, Path: found.path, ID: a.stat.id, Size: a.stat.size, Mtime: a.stat.mtime,
		Head: digestOf(a.head), Packed: found.packed, fate: fate{Old: true, Gone: now.Unix()},
	}
	if found.packed {
		return r // how much there is in it would have to be found out
	}
	if m, before, err := readMark(a.file, a.stat.size); err == nil {
		r.Offset, r.Anchor = m.end, anchor{End: m.end, digest: digestOf(before)}
	}
	return r
}

const (
	// A file not seen for so long is forgotten, and so are the ones longest
	// gone beyond that many.
	forgetAfter = 7 * 24 * time.Hour
	dormantMax  = 4096
)

// record is what a checkpoint stores about a generation.
type record struct {
	Source  string      `json:"source"`
	Path    string      `json:"path"`
	ID      fileID      `json:"id"`
	Size    int64       `json:"size"`
	Mtime   int64       `json:"mtime"`
	Born    int64       `json:"born,omitempty"` // Mtime when it was found first
	Head    digest      `json:"head"`
	Offset  int64       `json:"offset"`
	Anchor  anchor      `json:"anchor"`
	Carry   input.Carry `json:"carry"`
	Framing string      `json:"framing,omitempty"` // of its lines, as package framing keeps it
	Packed  bool        `json:"packed,omitempty"`  // the file is gzipped; all else is of what it says
	fate
}

// fate is what has become of a recorded file.
type fate struct {
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

// dormant holds the records that no generation continues, by key.
type dormant map[string]record

func wakeDormant(store *checkpoint.Store, namespace string) (dormant, error) {
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

// find returns the key of the record to continue in a, out of those that accept approves:
// the one read furthest, so that nothing is repeated where a file has an outdated record,
// too. The record of a deleted file may fit its gzipped copy.
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

// about reports whether r can be about a's content. A file that was empty is not continued
// in a gzipped one.
func (r record) about(a *arrival) bool {
	if a.packed() {
		return r.Head.Len > 0
	}
	return !r.Deleted
}

// telling reports whether the file was followed and can be recognized by its content.
func (r record) telling() bool { return r.Head.Len > 0 && !r.Old }

// wasEmptyAt reports whether the file was empty when it was last seen, not long ago and
// under a name that it may have had where it was found. Nothing but its identity in the
// file system tells such a file, and that is soon given to others.
func (r record) wasEmptyAt(found sighting) bool {
	return !r.telling() && r.Gone == 0 &&
		(r.Path == found.path || found.rotatedFrom(r.Path) && filepath.Dir(r.Path) == filepath.Dir(found.path))
}

// fits reports whether a is the recorded file, which may have grown.
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

// begins reports whether a begins as the recorded file did.
func (r record) begins(a *arrival) bool {
	return len(a.head) >= r.Head.Len && digestOf(a.head[:r.Head.Len]) == r.Head
}

// rotatedWith reports whether rotation gives such a name to r's file, which may already
// have had a rotated name when it was found.
func (s sighting) rotatedWith(r record) bool {
	name := unpackedName(filepath.Base(s.path))
	return s.rotatedFrom(r.Source) || name == filepath.Base(r.Path) || rotatedName(unrotated(filepath.Base(r.Path)), name)
}
