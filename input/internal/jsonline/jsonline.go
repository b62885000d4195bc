// Package jsonline walks through one line of JSON without building anything: it finds where a
// string ends, where a value ends and what a string holds.
//
// It reads what container runtimes and journalctl write, and does not check that a line is JSON:
// broken lines are skipped without an error.
package jsonline

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Members calls visit with each key and value of the object in line, as they are written: the
// value with its quotes, the key without. It stops when visit returns false, and reports whether
// the object was whole.
func Members(line []byte, visit func(key, value []byte) bool) bool {
	i := Space(line, 0)
	if i >= len(line) || line[i] != '{' {
		return false
	}
	i = Space(line, i+1)
	if i < len(line) && line[i] == '}' {
		return Space(line, i+1) == len(line)
	}
	for i < len(line) && line[i] == '"' {
		end := StringEnd(line, i)
		if end < 0 {
			return false
		}
		key := line[i+1 : end-1]
		if i = Space(line, end); i >= len(line) || line[i] != ':' {
			return false
		}
		i = Space(line, i+1)
		if end = ValueEnd(line, i); end < 0 {
			return false
		}
		if !visit(key, line[i:end]) {
			return false
		}
		if i = Space(line, end); i >= len(line) {
			return false
		}
		if line[i] == '}' {
			return Space(line, i+1) == len(line)
		}
		if line[i] != ',' {
			return false
		}
		i = Space(line, i+1)
	}
	return false
}

// Space returns the first index from i on that holds no white space.
func Space(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n') {
		i++
	}
	return i
}

// StringEnd returns the index after the closing quote of the string whose opening quote is at i,
// or -1.
func StringEnd(b []byte, i int) int {
	from := i + 1
	for at := from; ; {
		q := bytes.IndexByte(b[at:], '"')
		if q < 0 {
			return -1
		}
		q += at
		escapes := 0
		for k := q - 1; k >= from && b[k] == '\\'; k-- {
			escapes++
		}
		if escapes%2 == 0 {
			return q + 1
		}
		at = q + 1
	}
}

// ValueEnd returns the index after the value that begins at i, or -1.
func ValueEnd(b []byte, i int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return StringEnd(b, i)
	case '{', '[':
		return nestedEnd(b, i)
	}
	start := i
	for i < len(b) && b[i] != ',' && b[i] != '}' && b[i] != ']' && b[i] > ' ' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func nestedEnd(b []byte, i int) int {
	for depth := 0; i < len(b); {
		switch b[i] {
		case '"':
			if i = StringEnd(b, i); i < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
		i++
	}
	return -1
}

// AppendText appends s, the content of a string without its quotes, with its escapes decoded. It
// never writes more than it has read, so dst may be s[:0]. Half a surrogate pair becomes U+FFFD;
// an escape that JSON does not have stays as it is.
func AppendText(dst, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			return append(dst, s...)
		}
		dst = append(dst, s[:i]...)
		escape := s[i+1]
		if escape == 'u' {
			if r, n := hexRune(s[i:]); n > 0 {
				dst = utf8.AppendRune(dst, r)
				s = s[i+n:]
				continue
			}
		}
		if c := plainEscape(escape); c != 0 {
			dst = append(dst, c)
		} else {
			dst = append(dst, '\\', escape)
		}
		s = s[i+2:]
	}
}

func plainEscape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	}
	return 0
}

// hexRune reads \uXXXX, or two of them that are one character, and says how
// many bytes they took; 0 if these are no hex digits.
func hexRune(s []byte) (rune, int) {
	high, ok := hex4(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(high) {
		return high, 6
	}
	if low, ok := hex4(s[6:]); ok {
		if r := utf16.DecodeRune(high, low); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 6
}

func hex4(s []byte) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range s[2:6] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
