package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// gapEnd is where the white space at i ends, as it stands, escaped (\t, \\n)
// or percent-encoded. It goes over so many ends of lines.
func (s *scan) gapEnd(i, lines int) int {
	b, from := s.text, i
	for i < len(b) {
		end, c := i+1, b[i]
		switch c {
		case '\\':
			for end < len(b) && b[end] == '\\' && end-i < maxEscapes {
				end++
			}
			if end == len(b) {
				return i
			}
			c = escapeOf(b[end])
			end++
		case '%':
			if c = percentByte(b[i:]); c == '%' {
				return i
			}
			end = i + 3
		}
		switch {
		case c == '\n' && lines > 0:
			lines--
		case c != ' ' && c != '\t' && c != '\r':
			s.steps += i - from
			return i
		}
		i = end
	}
	s.steps += i - from
	return i
}

// escapeOf is what a letter behind a backslash stands for, if it is white space.
func escapeOf(letter byte) byte {
	switch letter {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return 0
}

// percentByte is the byte that %xx at the start of b stands for; % if it is none.
func percentByte(b []byte) byte {
	if len(b) < 3 || b[0] != '%' {
		return '%'
	}
	v, ok := text.Hex(b[1:], 2)
	if !ok {
		return '%'
	}
	return byte(v)
}

// closes reports whether the quote at i closes the text that i stands in,
// rather than opening one.
func (s *scan) closes(i int) bool {
	b := s.text
	if i+1 < len(b) && (wordByte[b[i+1]] || b[i+1] == '\\') {
		return false
	}
	return b[i] == '"' && s.inside(i)
}

// wordByte has what a word may begin with that no text ends with.
var wordByte = text.Table(func(c byte) bool { return text.Ident[c] || c >= 0x80 })

// quoted measures a value in quotes at i, with so many backslashes before the
// first quote.
func (s *scan) quoted(i, slashes int) (from, to int, ok bool) {
	from, to, ok = text.Quoted(s.text, i, slashes)
	s.steps += max(0, to-from)
	return from, to, ok
}

// plain appends what so much of a text stands for, at whatever depth it is
// quoted or encoded: \" and \\\" are ", %3A is :, &quot; is ". at is where each
// byte, and the end, stands in the text.
func plain(dst, b []byte, from, most int, at *[maxLink + 1]int) []byte {
	i := from
	for i < len(b) && i-from < most && len(dst) < maxLink {
		at[len(dst)] = i
		c, n := plainByte(b[i:])
		dst = append(dst, c)
		i += n
	}
	at[len(dst)] = i
	return dst
}

// plainByte is the character that b begins with, and how long it is written.
func plainByte(b []byte) (c byte, n int) {
	switch b[0] {
	case '\\':
		return plainEscape(b)
	case '%':
		if c = percentByte(b); c != '%' {
			return c, 3
		}
	case '&':
		for _, e := range [...]struct {
			entity string
			c      byte
		}{{"&quot;", '"'}, {"&#34;", '"'}, {"&apos;", '\''}, {"&#39;", '\''}, {"&gt;", '>'}, {"&lt;", '<'}} {
			if text.HasPrefix(b, e.entity) {
				return e.c, len(e.entity)
			}
		}
	}
	return b[0], 1
}

func plainEscape(b []byte) (c byte, n int) {
	for n < len(b) && b[n] == '\\' && n < maxEscapes {
		n++
	}
	if n == len(b) {
		return '\\', 1
	}
	switch c := b[n]; c {
	case '"', '\'', '`', '/':
		return c, n + 1
	case 'u', 'x':
		digits := text.EscapeDigits(c)
		if v, ok := text.Hex(b[n+1:], digits); ok && v < 0x80 {
			return byte(v), n + 1 + digits
		}
	}
	if c := escapeOf(b[n]); c != 0 {
		return c, n + 1
	}
	return '\\', 1
}

// escapedQuote measures a quote at the start of b that is written as \u0022 or \u0027, behind
// any number of backslashes; 0 if there is none.
func escapedQuote(b []byte) int {
	if len(b) < len(`\u0022`) || b[0] != '\\' {
		return 0
	}
	c, n := plainEscape(b)
	if n < len(`\u0022`) || c != '"' && c != '\'' {
		return 0
	}
	return n
}

// betweenEscapedQuotes measures a value in such quotes at i.
func (s *scan) betweenEscapedQuotes(i int) (from, to int, ok bool) {
	n := escapedQuote(s.text[i:])
	if n == 0 {
		return 0, 0, false
	}
	from = i + n
	to = bytes.Index(s.text[from:], s.text[i:from])
	if to < 0 {
		s.steps += len(s.text) - from
		return 0, 0, false
	}
	s.steps += to
	return from, from + to, true
}

// nextByte is where the first c at i or later stands, at most so far away; -1:
// nowhere.
func nextByte(b []byte, i, most int, c byte) int {
	if n := bytes.IndexByte(b[i:min(len(b), i+most)], c); n >= 0 {
		return i + n
	}
	return -1
}
