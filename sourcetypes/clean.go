package sourcetypes

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// colour is what the colour codes of a line leave behind for the next.
type colour uint8

const (
	unchanged colour = iota
	opened           // a colour is still on
	closed           // it was turned off
)

// dirty reports whether text may hold anything that cleaner removes: a byte that
// is not ASCII, or a control character. A tab counts too.
func dirty(text []byte) bool {
	const low, high = 0x2020202020202020, 0x8080808080808080
	for ; len(text) >= 8; text = text[8:] {
		x := binary.LittleEndian.Uint64(text)
		if (x|(x-low)&^x)&high != 0 {
			return true
		}
	}
	for _, c := range text {
		if c < 0x20 || c >= 0x80 {
			return true
		}
	}
	return false
}

// cleaner takes from a line what is not text: the escape sequences of a terminal, a
// carriage return at its end, what a progress bar wrote over, bytes that are not UTF-8.
// Each such byte becomes U+FFFD, as a range over a Go string has it.
type cleaner struct {
	buf []byte
}

// line returns the cleaned text: a part of text, or where it had to be
// rewritten, a text that is good until the next call.
func (c *cleaner) line(text []byte) (clean []byte, was cleaned) {
	text = trimReturns(text)
	was.invalid = !utf8.Valid(text)
	escapes := bytes.IndexByte(text, escape) >= 0 || bytes.Contains(text, []byte("\u009b"))
	was.rewritten = was.invalid || escapes
	if was.rewritten {
		text = c.rewrite(text, &was)
	}
	return lastState(trimReturns(text)), was
}

const escape = 0x1b

func (c *cleaner) rewrite(text []byte, was *cleaned) []byte {
	out := c.buf[:0]
	open := true // a command to the terminal may still end
	for i := 0; i < len(text); {
		if text[i] == escape || text[i] == 0xc2 && i+1 < len(text) && text[i+1] == 0x9b {
			if n, reset := colourCode(text[i:]); n > 0 {
				was.colour = opened
				if reset {
					was.colour = closed
				}
				i += n
				continue
			}
			i += sequenceLen(text[i:], &open)
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		out = utf8.AppendRune(out, r) // RuneError for a byte that is none
		i += size
	}
	c.buf = out
	return out
}

// sequenceLen measures the escape sequence at the start of b. Where it is cut, that is
// what begins it alone. open says that a command may have an end: where one has none,
// none behind it has, and it is not looked for again.
func sequenceLen(b []byte, open *bool) int {
	i := 1
	if b[0] != escape { // the control sequence introducer as one character
		return controlLen(b, 2)
	}
	if len(b) == 1 {
		return 1
	}
	switch c := b[1]; {
	case c == '[':
		return controlLen(b, 2)
	case c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_':
		if *open {
			for i = 2; i < len(b); i++ {
				if b[i] == '\a' {
					return i + 1
				}
				if b[i] == escape && i+1 < len(b) && b[i+1] == '\\' {
					return i + 2
				}
			}
			*open = false
		}
		return 2
	}
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x30 {
		i++
	}
	if i < len(b) && b[i] >= 0x30 && b[i] < 0x7f {
		return i + 1
	}
	return 1
}

// controlLen measures a control sequence whose introducer has n bytes.
func controlLen(b []byte, n int) int {
	i := n
	for i < len(b) && b[i] >= 0x30 && b[i] < 0x40 {
		i++
	}
	for i < len(b) && b[i] >= 0x20 && b[i] < 0x30 {
		i++
	}
	if i < len(b) && b[i] >= 0x40 && b[i] < 0x7f {
		return i + 1
	}
	return n
}

// lastState returns of a line that was written over with carriage returns what it said
// last. It takes only a text that begins with the same word, and is no log line, for the same
// line: else
// whoever can write a carriage return could hide what stands before it, and begin a
// line of his own.
func lastState(text []byte) []byte {
	i := bytes.LastIndexByte(text, '\r')
	if i < 0 {
		return text
	}
	first, _, _ := bytes.Cut(text[:i], []byte(" "))
	last, _, ok := bytes.Cut(text[i+1:], []byte(" "))
	if !ok || len(first) == 0 || !bytes.Equal(first, last) || first[0] == '[' || bytes.IndexByte(first, '=') >= 0 {
		return text
	}
	return text[i+1:]
}

// cleaned is what a line was found to be.
type cleaned struct {
	rewritten bool
	invalid   bool
	colour    colour
}

func trimReturns(text []byte) []byte {
	for len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	return text
}

// uncut returns text without the mark that the input puts at the end of a line
// it cut: no event derived from the line has it.
func uncut(text []byte) []byte {
	const end = " bytes dropped]"
	if !bytes.HasSuffix(text, []byte(end)) {
		return text
	}
	i := len(text) - len(end)
	for i > 0 && digit(text[i-1]) {
		i--
	}
	if rest, ok := bytes.CutSuffix(text[:i], []byte(" [ollama-hec: line cut, ")); ok {
		return rest
	}
	return text
}

// colourCode measures the colour code at the start of b; 0 if there is none.
// reset says that it turns colours off.
func colourCode(b []byte) (n int, reset bool) {
	if len(b) < 3 || b[1] != '[' {
		return 0, false
	}
	reset = true
	for i, c := range b[2:] {
		switch {
		case c == 'm':
			return i + 3, reset
		case digit(c) || c == ';' || c == ':':
			reset = reset && c == '0'
		default:
			return 0, false
		}
	}
	return 0, false
}
