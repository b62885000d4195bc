package file

import "bytes"

// doubt reports whether g's file no longer holds what was read of it, and then marks g to
// go on elsewhere. It is true as well while a Read has the file, as that cannot be told
// then.
func (g *generation) doubt() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.state.isOver():
		return false
	case g.busy:
		return true
	case !g.state.astray() && !g.holdsLocked():
		g.becomeLocked(displaces)
		g.most = g.off // how much more there was is not known
	}
	return g.state.astray()
}

// holdsLocked reports whether g's file holds what was read of it.
func (g *generation) holdsLocked() bool {
	if g.file == nil {
		return true // who knows
	}
	head, err := readHead(g.file, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, g.head) {
		return err != nil
	}
	var buf [anchorSize]byte
	before, err := readBefore(g.file, g.off, len(g.before), &buf)
	return err == nil && bytes.Equal(before, g.before)
}

// fingerprint is what a content is known by: how it begins, and what stands before the
// place that it was read to.
type fingerprint struct {
	head    []byte // its first bytes; at most headSize
	headSum digest // of head, or of the beginning of it
	off     int64  // where the next record begins
	before  []byte // the bytes before off; at most anchorSize
}

// says reports whether f begins with all of a's content, judged by a's first and last
// bytes.
func says(f content, a *arrival) bool {
	head, err := readHead(f, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, a.head) {
		return false
	}
	var ours, theirs [anchorSize]byte
	n := int(min(a.stat.size, anchorSize))
	here, err := readBefore(f, a.stat.size, n, &ours)
	there, err2 := readBefore(a.file, a.stat.size, n, &theirs)
	return err == nil && err2 == nil && bytes.Equal(here, there)
}

// learnHeadLocked reads the first bytes of a file that was shorter before, so that the file
// can be recognized even if nobody reads it. It reports whether the file was empty before
// and never announced.
//
// Such a generation is as old as what it says now, not as the empty file: others may have come
// and gone at its path in between.
func (g *generation) learnHeadLocked() (begun bool) {
	if g.file == nil || g.busy || g.state.astray() || len(g.head) == headSize || g.seen.size <= int64(len(g.head)) {
		return false
	}
	head, err := readHead(g.file, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, g.head) {
		return false // Read finds out
	}
	if mayBeCompressed(head) || !tells(head) && !isCompressed(head) {
		return false // too short to tell
	}
	if len(g.head) == 0 && g.off == 0 {
		begun = g.attention == idle
		if st, err := g.file.stat(); err == nil {
			g.written = st.mtime
		}
	}
	g.head = head
	return begun
}
