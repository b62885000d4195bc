package sourcetypes

import (
	"bytes"
	"unicode/utf8"
)

// field is one key=value of a slog line, where it stands in the line. Quotes
// are not part of key and value; what they hold is escaped.
type field struct {
	key, value span
	quotedKey  bool
	quoted     bool
}

// nextField reads the field at i, or behind the spaces there. next is where it
// ends. It is not ok if there is no field: at the end of the line, or where
// something else stands.
func nextField(b []byte, i int) (f field, next int, ok bool) {
	i = skipSpaces(b, i)
	if i == len(b) {
		return f, i, false
	}
	if b[i] == '"' {
		end := closingQuote(b, i+1)
		if end < 0 || end+1 >= len(b) || b[end+1] != '=' {
			return f, i, false
		}
		f.key, f.quotedKey = span{i + 1, end}, true
		i = end + 2
	} else {
		start := i
		for i < len(b) && b[i] != '=' && b[i] != ' ' && b[i] != '"' && b[i] != '\n' {
			i++
		}
		if i == len(b) || b[i] != '=' {
			return f, start, false
		}
		f.key = span{start, i}
		i++
	}
	if i < len(b) && b[i] == '"' {
		end := closingQuote(b, i+1)
		if end < 0 { // cut short
			f.value, f.quoted = span{i + 1, len(b)}, true
			return f, len(b), true
		}
		f.value, f.quoted = span{i + 1, end}, true
		return f, end + 1, true
	}
	end := len(b)
	for j, c := range b[i:] {
		if c == ' ' || c == '\n' {
			end = i + j
			break
		}
	}
	f.value = span{i, end}
	return f, end, true
}

// closingQuote finds the quote that closes what begins at i; -1 if none does.
func closingQuote(b []byte, i int) int {
	for i < len(b) {
		j := bytes.IndexByte(b[i:], '"')
		if j < 0 {
			return -1
		}
		i += j
		if !escaped(b, i) {
			return i
		}
		i++
	}
	return -1
}

// appendUnquoted appends what a text in the quotes of strconv.Quote stands
// for. An escape it does not know stays as it is.
func appendUnquoted(dst, b []byte) []byte {
	for {
		i := bytes.IndexByte(b, '\\')
		if i < 0 || i+1 == len(b) {
			return append(dst, b...)
		}
		dst = append(dst, b[:i]...)
		b = b[i:]
		n := 2
		switch c := b[1]; c {
		case 'n':
			dst = append(dst, '\n')
		case 't':
			dst = append(dst, '\t')
		case 'r':
			dst = append(dst, '\r')
		case 'a':
			dst = append(dst, '\a')
		case 'b':
			dst = append(dst, '\b')
		case 'f':
			dst = append(dst, '\f')
		case 'v':
			dst = append(dst, '\v')
		case '\\', '"', '\'':
			dst = append(dst, c)
		case 'x', 'u', 'U':
			digits := 2
			if c == 'u' {
				digits = 4
			} else if c == 'U' {
				digits = 8
			}
			r, ok := hexValue(b[2:], digits)
			if !ok {
				dst = append(dst, '\\', c)
				break
			}
			n += digits
			if c == 'x' {
				dst = append(dst, byte(r))
			} else {
				dst = utf8.AppendRune(dst, r)
			}
		default:
			dst = append(dst, '\\', c)
		}
		b = b[n:]
	}
}

func hexValue(b []byte, digits int) (v rune, ok bool) {
	if len(b) < digits {
		return 0, false
	}
	for _, c := range b[:digits] {
		if !hexDigit(c) {
			return 0, false
		}
		v <<= 4
		switch {
		case digit(c):
			v |= rune(c - '0')
		default:
			v |= rune(c|0x20-'a') + 10
		}
	}
	return v, true
}
