package sourcetypes

import (
	"strings"
	"unicode/utf8"
)

// Recognition says how much of a log looks like Ollama's. A log of which nothing does
// is most often another one, or one whose lines something stands before that nobody
// here knows.
type Recognition struct {
	Events int64 // of ollama:server
	Known  int64 // of them, in a form that Ollama's lines have
	// Examples are, while nothing is known, the first lines, redacted as in their
	// events and cut.
	Examples []string
}

// None reports whether nothing looks like Ollama's, of as many events as it takes to
// say so.
func (r *Recognition) None() bool { return r.Known == 0 && r.Events >= fewestEvents }

const (
	fewestEvents  = 3
	maxExamples   = 3
	exampleLength = 100 // bytes
)

// Recognition is how much of what was emitted so far looks like Ollama's.
func (n *Normalizer) Recognition() Recognition {
	r := Recognition{Known: n.known, Examples: n.strange}
	for _, count := range n.counts.Classes {
		r.Events += count
	}
	return r
}

// recognize counts a block that is of a form which hardly anything but Ollama's log
// has: a stamp, a crash, the words of a start. Until one is, it keeps examples of
// the texts shipped.
func (n *Normalizer) recognize(b *block, text []byte) {
	switch {
	case b.stamped, b.class == ClassCrash, b.class == ClassStartup:
		n.known++
		n.strange = nil
		return
	case n.known > 0, len(n.strange) == maxExamples, len(text) == 0:
		return
	}
	line := string(text[:min(len(text), exampleLength+utf8.UTFMax)])
	line, _, _ = strings.Cut(line, "\n")
	if len(line) > exampleLength {
		line = strings.ToValidUTF8(line[:exampleLength], "") + "…"
	}
	n.strange = append(n.strange, line)
}
