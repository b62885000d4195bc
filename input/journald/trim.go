package journald

import "strconv"

// trim is a writer for one line of JSON that keeps at most limit bytes of each value's content,
// so that a line of any length takes bounded memory. How much it cut off the message is added as
// a member of its own.
type trim struct {
	limit int
	out   []byte

	depth, shown int    // how deep we are; how deep what was kept is
	text, quoted bool   // inside a string; its opening quote was kept
	escape       int    // how much of an escape is still to come; -1: its letter
	point        uint64 // the value of a \u escape so far
	key          bool   // at depth 1: before the colon
	name         []byte // of the member
	said         int    // how much was kept of the value
	over         bool   // the value is over its limit
	gone         int64
}

// goneKey is no name a journal field can have.
const goneKey = "gone"

func (t *trim) write(piece []byte) {
	for _, c := range piece {
		if t.text {
			t.inString(c)
		} else {
			t.between(c)
		}
	}
}

// line returns the trimmed line, once all of it was written.
func (t *trim) line() []byte {
	if t.gone == 0 || t.depth != 0 {
		return t.out
	}
	t.out = append(t.out[:len(t.out)-1], `,"`+goneKey+`":"`...)
	t.out = strconv.AppendInt(t.out, t.gone, 10)
	return append(t.out, `"}`...)
}

func (t *trim) between(c byte) {
	switch c {
	case '{', '[':
		if t.depth++; t.keep(c) {
			t.shown = t.depth
		}
		t.key = t.depth == 1
	case '}', ']':
		if t.depth > 1 {
			t.say(1)
		}
		if t.depth <= t.shown {
			t.out = append(t.out, c)
			t.shown--
		}
		if t.depth--; t.depth == 1 {
			t.over = false
		}
	case '"':
		t.text, t.quoted = true, t.keep(c)
		if t.key {
			t.name = t.name[:0]
		}
	case ',':
		if t.depth > 1 {
			t.say(1)
		} else {
			t.key = true
		}
		t.keep(c)
	case ':':
		t.key, t.said = false, 0
		t.keep(c)
	default:
		t.keep(c)
	}
}

func (t *trim) inString(c byte) {
	if t.escape == 0 && c == '"' {
		if t.text = false; t.quoted {
			t.out = append(t.out, c)
		}
		if t.depth == 1 {
			t.over = false
		}
		return
	}
	t.keep(c)
	switch {
	case t.escape < 0 && c == 'u':
		t.escape, t.point = 4, 0
	case t.escape < 0:
		t.escape = 0
		t.say(1)
	case t.escape > 0:
		t.point = t.point<<4 | hex([]byte{c})
		if t.escape--; t.escape == 0 {
			t.say(length(t.point))
		}
	case c == '\\':
		t.escape = -1
	default:
		if t.key && len(t.name) < 64 {
			t.name = append(t.name, c)
		}
		t.say(1)
	}
}

func (t *trim) keep(c byte) bool {
	if !t.over {
		t.out = append(t.out, c)
	}
	return !t.over
}

// say counts n bytes of the value's content, which were just kept or dropped.
func (t *trim) say(n int) {
	if t.over {
		if string(t.name) == "MESSAGE" {
			t.gone += int64(n)
		}
		return
	}
	t.said += n
	t.over = t.said >= t.limit && !t.key
}

// length returns how many bytes an escaped character takes in UTF-8; half of a surrogate pair
// takes half of the pair's four.
func length(point uint64) int {
	switch {
	case point < 0x80:
		return 1
	case point < 0x800 || 0xd800 <= point && point < 0xe000:
		return 2
	}
	return 3
}
