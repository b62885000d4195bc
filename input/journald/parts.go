package journald

import (
	"bytes"
	"iter"
	"time"

	"ollama-hec/input"
)

// line is a line that a process wrote, or the beginning of it.
type line struct {
	text   []byte
	size   int64 // of the whole, of which text may be only the beginning
	time   int64
	output input.Output
	caller string
}

// parts are lines that were cut and whose end is still to come: one for each
// connection, the oldest first.
type parts []part

type part struct {
	over connection
	line
	seen int64 // when the last part came
}

const (
	maxParts = 8
	// maxGap is how long a part waits for the rest of its line: the rest follows at once, unless
	// the process died.
	maxGap = int64(10 * time.Second)
)

// join adds text to the line its connection has begun and returns the line it
// completes, whose text is the caller's to keep.
func (p *parts) join(e *entry, piece line, limit int) (line, bool) {
	over := e.connection()
	i := 0
	for i < len(*p) && !(*p)[i].over.same(over) {
		i++
	}
	if i == len(*p) {
		over.id = bytes.Clone(over.id)
		*p = append(*p, part{over: over, line: line{time: piece.time, output: piece.output}})
	}
	at := &(*p)[i]
	at.add(piece, limit)
	if !e.cut() {
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

// stale yields, and removes, the lines that will get no end, once the journal is at now.
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
