package exchange

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"ollama-hec/sourcetypes/internal/text"
)

// inString reads on in a string that is wanted.
func (s *scanner) inString(p []byte) []byte {
	i := ordinary(p)
	if i > 0 {
		s.unpaired()
		s.add(p[:i])
	}
	if i == len(p) {
		return nil
	}
	switch p[i] {
	case '"':
		s.unpaired()
		s.endString()
	case '\\':
		s.state = inEscape
	default: // a line end and the like must be escaped
		s.state = broken
	}
	return p[i+1:]
}

func (s *scanner) endString() {
	s.flush()
	if !s.key {
		s.done('"', nil)
		return
	}
	s.key = false
	s.state = wantColon
	s.node = nil
	if s.length <= maxWord {
		s.node = s.stack[s.depth-1].node.named(s.word[:s.length])
	}
}

// escape takes what follows a backslash.
func (s *scanner) escape(c byte) {
	s.state = inString
	if c == 'u' {
		s.flush()
		s.state, s.hex, s.digits = inHex, 0, 0
		return
	}
	i := bytes.IndexByte([]byte(`"\/bfnrt`), c)
	if i < 0 {
		s.state = broken
		return
	}
	s.unpaired()
	s.flush()
	s.deliver(escapes[i : i+1])
}

var escapes = []byte("\"\\/\b\f\n\r\t")

// hexDigit takes one of the four digits of a \u escape.
func (s *scanner) hexDigit(c byte) {
	digit, ok := text.Hex([]byte{c}, 1)
	if !ok {
		s.state = broken
		return
	}
	s.hex = s.hex<<4 | digit
	if s.digits++; s.digits < 4 {
		return
	}
	s.state = inString
	if s.high != 0 {
		if r := utf16.DecodeRune(s.high, s.hex); r != utf8.RuneError {
			s.high = 0
			s.addRune(r)
			return
		}
		s.unpaired()
	}
	if s.hex >= 0xd800 && s.hex < 0xdc00 {
		s.high = s.hex
		return
	}
	s.addRune(s.hex)
}

// unpaired replaces the first half of two \u escapes if it has no other half.
func (s *scanner) unpaired() {
	if s.high != 0 {
		s.high = 0
		s.addRune(utf8.RuneError)
	}
}

func (s *scanner) addRune(r rune) {
	var buf [utf8.UTFMax]byte
	s.deliver(utf8.AppendRune(buf[:0], r)) // what is no character becomes U+FFFD
}

// add takes bytes of a string as they stand, which may not be UTF-8, or end within a
// character.
func (s *scanner) add(p []byte) {
	if s.partial == 0 && utf8.Valid(p) {
		s.deliver(p)
		return
	}
	for s.partial > 0 && len(p) > 0 {
		s.utf8[s.partial] = p[0]
		if utf8.FullRune(s.utf8[:s.partial+1]) {
			if r, n := utf8.DecodeRune(s.utf8[:s.partial+1]); n > 1 {
				s.partial, p = 0, p[1:]
				s.addRune(r)
			} else {
				s.replaceFirst()
			}
			continue
		}
		s.partial, p = s.partial+1, p[1:]
	}
	tail := incomplete(p)
	for whole := p[:len(p)-tail]; len(whole) > 0; {
		n := validLen(whole)
		if n > 0 {
			s.deliver(whole[:n])
		}
		if n < len(whole) {
			s.addRune(utf8.RuneError)
			n++
		}
		whole = whole[n:]
	}
	s.partial += copy(s.utf8[s.partial:], p[len(p)-tail:])
}

// replaceFirst replaces the first byte of what was to become a character and did not.
func (s *scanner) replaceFirst() {
	s.addRune(utf8.RuneError)
	rest := s.utf8
	n := s.partial
	s.partial = 0
	s.add(rest[1:n])
}

// flush replaces what is left of a character that is not complete.
func (s *scanner) flush() {
	for ; s.partial > 0; s.partial-- {
		s.addRune(utf8.RuneError)
	}
}

// incomplete measures a character at the end of p that may go on.
func incomplete(p []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(p); n++ {
		c := p[len(p)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(p[len(p)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// validLen measures what is UTF-8 at the start of p.
func validLen(p []byte) int {
	if utf8.Valid(p) {
		return len(p)
	}
	i := 0
	for i < len(p) {
		r, n := utf8.DecodeRune(p[i:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		i += n
	}
	return i
}

// deliver hands on a part of a string.
func (s *scanner) deliver(p []byte) {
	if !s.key {
		s.sink.text(s.node, p)
		return
	}
	if s.length <= maxWord {
		copy(s.word[s.length:], p)
	}
	s.length += len(p)
}

// endsText has what ends a run of bytes that stand for themselves.
var endsText = text.Table(func(c byte) bool { return c == '"' || c == '\\' || c < 0x20 })
