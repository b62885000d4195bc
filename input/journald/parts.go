package journald

import (
	"bytes"
	"iter"
	"time"
)

// line is what a process wrote as one, or the beginning of it.
type line struct {
	text []byte
	size int64 // of the whole, of which text may be only the beginning
	time int64
}

// parts are lines journald has cut, whose end is still to come: one for each
// connection to the journal, the oldest first.
type parts []part

type part struct {
	connection []byte
	line
	seen int64 // when the last part came
}

const (
	maxParts = 8
	// maxGap is when a part has waited in vain: the rest of a line follows at
	// once, unless its process died.
	maxGap = int64(10 * time.Second)
)

// join adds text to the line its connection has begun and returns the line it
// completes, whose text is the caller's to keep. cut says that more follows.
func (p *parts) join(e *entry, piece line, cut bool, limit int) (line, bool) {
	connection := e.stream
	if len(connection) == 0 {
		connection = e.pid
	}
	i := 0
	for i < len(*p) && !bytes.Equal((*p)[i].connection, connection) {
		i++
	}
	if i == len(*p) {
		*p = append(*p, part{connection: bytes.Clone(connection), line: line{time: piece.time}})
	}
	at := &(*p)[i]
	at.add(piece, limit)
	if !cut {
		return p.close(i), true
	}
	if len(*p) > maxParts {
		return p.close(0), true
	}
	return line{}, false
}

// add keeps one byte more than limit, which is what input.Limit cuts by.
func (p *part) add(piece line, limit int) {
	p.size += piece.size
	p.seen = piece.time
	p.text = append(p.text, piece.text[:min(len(piece.text), max(0, limit+1-len(p.text)))]...)
}

// stale are the lines that got no end, once the journal is at now.
func (p *parts) stale(now int64) iter.Seq[line] {
	return func(yield func(line) bool) {
		for i := 0; i < len(*p); {
			if now-(*p)[i].seen <= maxGap {
				i++
			} else if !yield(p.close(i)) {
				return
			}
		}
	}
}

func (p *parts) close(i int) line {
	closed := (*p)[i].line
	*p = append((*p)[:i], (*p)[i+1:]...)
	return closed
}
