package sourcetypes

import (
	"bytes"
	"hash/maphash"
	"sync/atomic"
)

// verdicts remembers texts that were found to be harmless, since a log says the same again
// and again. What is in it depends on the text alone and on how it was judged, and the text
// is compared as a whole: it never answers for another one. It is bounded, and whoever fills
// it with other texts makes it slower, not wrong. A text is kept when it comes the second
// time, so that those that come once cost no memory. It is for any number of goroutines.
type verdicts struct {
	slots [verdictSlots]atomic.Pointer[harmlessText]
	seen  [verdictSlots]atomic.Uint64 // the last id that was to go into a slot
}

const (
	verdictSlots = 2048
	maxVerdict   = 512 // bytes of a text that is kept
)

// harmlessText is a text that is harmless, and as what.
type harmlessText struct {
	as   judged
	text string
}

// judged says as what a text was judged.
type judged uint8

const (
	byWord         judged = iota // word by word
	byWordStrictly               // and nobody knows what it is of
	asValue                      // as a whole, or else word by word
	asValueStrictly
	asMessage // as one that is known words alone
	asLine    // as all there is
	asStamped // as what stands in a line behind slog's stamp
)

// remembered are the verdicts of all streams.
var remembered verdicts

var seed = maphash.MakeSeed()

// id is what a text is found by; 0 if it is not kept.
func (v *verdicts) id(as judged, text []byte) uint64 {
	if v == nil || len(text) == 0 || len(text) > maxVerdict {
		return 0
	}
	return maphash.Bytes(seed, text) + uint64(as)
}

// has reports whether the text of this id is known to be harmless.
func (v *verdicts) has(id uint64, as judged, text []byte) bool {
	if id == 0 {
		return false
	}
	is := v.slots[id%verdictSlots].Load()
	return is != nil && is.as == as && is.text == string(text)
}

// add says that it is.
func (v *verdicts) add(id uint64, as judged, text []byte) {
	if id == 0 {
		return
	}
	if v.seen[id%verdictSlots].Swap(id) == id {
		v.slots[id%verdictSlots].Store(&harmlessText{as, string(text)})
	}
}

// only walks over a text of one line. What it finds depends on the shape of that text alone, and
// not on the time in it, unless PROMPTS lets some of it stay that is not harmless.
func (c *concealer) only() {
	rest, as := c.text, asLine
	if n := stampLen(rest); n > 0 {
		rest, as = rest[n:], asStamped
	}
	var id uint64
	var is []byte
	if c.n.verdicts != nil && len(rest) <= maxVerdict {
		is = shape(c.n.shape[:0], rest)
		id = c.n.verdicts.id(as, is)
	}
	if c.n.verdicts.has(id, as, is) {
		return
	}
	c.line(0, len(c.text))
	if c.done == 0 && c.n.opts.Prompts == Off {
		c.n.verdicts.add(id, as, is)
	}
}

// stampLen measures time= and a time at the start of a line.
func stampLen(line []byte) int {
	if !hasPrefix(line, "time=") {
		return 0
	}
	end := bytes.IndexByte(line[:min(len(line), 48)], ' ')
	if end < 0 || !plainNumber(line[5:end]) {
		return 0
	}
	return end
}

// constant is the function of this name, which remembers.
func (c *concealer) constant(msg []byte) bool {
	id := c.n.verdicts.id(asMessage, msg)
	if c.n.verdicts.has(id, asMessage, msg) {
		return true
	}
	if !constant(msg) {
		return false
	}
	c.n.verdicts.add(id, asMessage, msg)
	return true
}
