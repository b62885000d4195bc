// Package text reads bytes of log lines: what a byte is, where a quoted text
// ends, what its escapes stand for. It never allocates but for what it appends.
package text

import (
	"bytes"
	"unicode/utf8"
)

// Span is a part of a text.
type Span struct{ From, To int }

// Digit reports whether c is one of 0 to 9.
func Digit(c byte) bool { return c-'0' <= 9 }

// Lower reports whether c is one of a to z.
func Lower(c byte) bool { return c-'a' <= 'z'-'a' }

// Upper reports whether c is one of A to Z.
func Upper(c byte) bool { return c-'A' <= 'Z'-'A' }

// HexDigit reports whether c is a hexadecimal digit.
func HexDigit(c byte) bool { return Digit(c) || (c|0x20)-'a' <= 'f'-'a' }

// Ident has the bytes names are made of: letters, digits, _ and -.
var Ident = Table(func(c byte) bool { return Digit(c) || Lower(c|0x20) || c == '_' || c == '-' })

// Table tabulates a question about a byte.
func Table(is func(c byte) bool) (t [256]bool) {
	for c := range t {
		t[c] = is(byte(c))
	}
	return t
}

// HasPrefix reports whether b begins with prefix.
func HasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// EqualFold reports whether b is the word lower, whatever its case. Only ASCII
// letters have two cases here.
func EqualFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if Upper(c) {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// Escaped reports whether the byte at i stands behind an odd number of backslashes.
func Escaped(b []byte, i int) bool {
	n := i
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (i-n)%2 == 1
}

// ClosingQuote finds the quote that closes what begins at i; -1 if none does.
func ClosingQuote(b []byte, i int) int {
	for i < len(b) {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return -1
		}
		i += j
		if !Escaped(b, i) {
			return i
		}
		i++
	}
	return -1
}

// AppendUnquoted appends what a text in the quotes of strconv.Quote stands
// for. An escape it does not know stays as it is.
func AppendUnquoted(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 || i+1 == len(b) {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		n := 0
		dst, n = appendEscape(dst, b[i:])
		b = b[i+n:]
	}
}

// appendEscape appends what the escape at the start of b stands for. n is how
// long the escape is.
func appendEscape(dst, b []byte) (_ []byte, n int) {
	c := b[1]
	if i := bytes.IndexByte([]byte(`ntrabfv\"'`), c); i >= 0 {
		return append(dst, "\n\t\r\a\b\f\v\\\"'"[i]), 2
	}
	digits := EscapeDigits(c)
	r, ok := Hex(b[2:], digits)
	switch {
	case digits == 0 || !ok:
		return append(dst, '\\', c), 2
	case c == 'x':
		return append(dst, byte(r)), 4
	}
	return utf8.AppendRune(dst, r), 2 + digits
}

// EscapeDigits is how many hexadecimal digits follow \x, \u or \U; else 0.
func EscapeDigits(letter byte) int {
	switch letter {
	case 'x':
		return 2
	case 'u':
		return 4
	case 'U':
		return 8
	}
	return 0
}

// Hex reads so many hexadecimal digits at the start of b.
func Hex(b []byte, digits int) (v rune, ok bool) {
	if len(b) < digits {
		return 0, false
	}
	for _, c := range b[:digits] {
		if !HexDigit(c) {
			return 0, false
		}
		v <<= 4
		if Digit(c) {
			v |= rune(c - '0')
		} else {
			v |= rune(c|0x20-'a') + 10
		}
	}
	return v, true
}
