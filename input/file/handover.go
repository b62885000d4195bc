package file

import "ollama-hec/input"

// handOver gives to a generation about to be begun what its predecessor knows, and
// reports whether it can be begun.
func handOver(from, to *generation) bool {
	from.mu.Lock()
	defer from.mu.Unlock()
	to.mu.Lock()
	defer to.mu.Unlock()
	if from.busy || !handLine(from, to) {
		return false
	}
	if to.resumed == nil && to.off == to.started {
		to.carry = from.carry
	}
	return true
}

// handLine hands over what there is of a line that rotation came in the middle of.
// The predecessor is not done with before the line is delivered. If nothing comes
// to go on with the line, the predecessor ends it as it is when its time is over.
// It needs mu of both.
func handLine(from, to *generation) bool {
	switch {
	case !from.pending || to.off > 0 || to.attention != idle || to.busy:
		return true
	case to.seen.size == 0:
		return from.state >= ended // else there is nothing to begin with
	case from.more():
		from.become(refills)
		return false
	case from.scanned > 0:
		return true // the last record is no whole one
	}
	to.frames.Inherit(&from.frames, input.Position(to.off))
	to.parent, from.pending = from, false
	return true
}

// more: there is more in g's file than was read. The runtime begins the next file
// after its last word in this one. It needs mu.
func (g *generation) more() bool {
	if g.state.isOver() || g.file == nil {
		return false
	}
	st, err := g.file.stat()
	return err == nil && st.size > g.off+g.scanned
}
