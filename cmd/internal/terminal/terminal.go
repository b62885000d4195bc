// Package terminal makes foreign text harmless to print: file names, replies, what Ollama logs.
// Escaped text can neither colour a terminal, move its cursor, begin what looks like another
// line, nor reverse the direction of writing.
//
// Text that is printable stays as it is, so what is escaped cannot always be told
// from what looks escaped.
package terminal

import (
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text returns s with everything escaped that is not printable, line ends too, as Go writes it:
// \n, \x1b, \u202e, and \xff for a byte that is no UTF-8.
func Text(s string) string { return escaped(s, "") }

// Lines is Text for what may have several lines.
func Lines(s string) string { return escaped(s, "\n") }

func escaped(s, kept string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return odd(r, kept) }) {
		return s
	}
	var out strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			out.WriteString(`\x` + strconv.FormatUint(uint64(s[0]), 16))
		case odd(r, kept):
			q := strconv.QuoteRune(r)
			out.WriteString(q[1 : len(q)-1])
		default:
			out.WriteString(s[:size])
		}
		s = s[size:]
	}
	return out.String()
}

func odd(r rune, kept string) bool {
	return r == utf8.RuneError || !unicode.IsPrint(r) && !strings.ContainsRune(kept, r)
}

// NewJSON returns a writer of JSON in which the characters that JSON allows and a
// terminal obeys are written as \u escapes, which mean the same. Each write ends with
// a whole character.
func NewJSON(w io.Writer) io.Writer { return &jsonWriter{w: w} }

type jsonWriter struct {
	w   io.Writer
	buf []byte
}

func (j *jsonWriter) Write(text []byte) (int, error) {
	if !obeyed(text) {
		return j.w.Write(text)
	}
	j.buf = AppendJSON(j.buf[:0], text)
	if _, err := j.w.Write(j.buf); err != nil {
		return 0, err
	}
	return len(text), nil
}

// obeyed reports whether there may be something in text to escape.
func obeyed(text []byte) bool {
	for _, c := range text {
		// The first bytes of U+0080, U+061C, U+2028 and those that follow.
		if c == 0x7f || c == 0xc2 || c == 0xd8 || c == 0xe2 || c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return true
		}
	}
	return false
}

// commands reports whether a terminal may obey r, other than as white space.
func commands(r rune) bool {
	switch r {
	case '\n', '\t', '\r':
		return false
	case '\u2028', '\u2029':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

// AppendJSON appends JSON text in which what a terminal obeys is escaped.
func AppendJSON(dst, text []byte) []byte {
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if commands(r) {
			const hex = "0123456789abcdef"
			dst = append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
		} else {
			dst = append(dst, text[:size]...)
		}
		text = text[size:]
	}
	return dst
}
