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

// dirty says whether text may hold anything that cleaner removes: a byte that
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

// cleaner takes from a line what is not text: colour codes, a carriage return
// at its end, bytes that are not UTF-8. Each such byte becomes U+FFFD, as a
// range over a Go string has it.
type cleaner struct {
	buf []byte
}

// line returns the cleaned text: a part of text, or where it had to be
// rewritten, a text that is good until the next call.
func (c *cleaner) line(text []byte) (clean []byte, was cleaned) {
	text = trimReturns(text)
	was.invalid = !utf8.Valid(text)
	was.rewritten = was.invalid || bytes.IndexByte(text, 0x1b) >= 0
	if !was.rewritten {
		return text, was
	}
	out := c.buf[:0]
	for i := 0; i < len(text); {
		if text[i] == 0x1b {
			if n, reset := colourCode(text[i:]); n > 0 {
				was.colour = opened
				if reset {
					was.colour = closed
				}
				i += n
				continue
			}
		}
		r, size := utf8.DecodeRune(text[i:])
		out = utf8.AppendRune(out, r) // RuneError for a byte that is none
		i += size
	}
	c.buf = out
	return trimReturns(out), was
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
