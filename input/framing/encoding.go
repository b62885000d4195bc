package framing

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is how a file's characters are written. Ollama writes UTF-8; Windows
// PowerShell makes UTF-16 of it.
type Encoding uint8

const (
	UTF8 Encoding = iota
	UTF16LE
	UTF16BE
)

func (e Encoding) String() string { return [...]string{"utf-8", "utf-16le", "utf-16be"}[e] }

var bom = []byte("\ufeff")

// EncodingOf tells the encoding by the first bytes of a file: by its mark, or by
// the zeros that Latin letters have in UTF-16. What a truncation left empty at the
// beginning says nothing.
func EncodingOf(head []byte) Encoding {
	switch {
	case len(head) < 2 || head[0] != 0 && head[1] != 0 && head[0] < 0xfe:
		return UTF8
	case head[0] == 0xff && head[1] == 0xfe:
		return UTF16LE
	case head[0] == 0xfe && head[1] == 0xff:
		return UTF16BE
	}
	first := 0
	for first < len(head) && head[first] == 0 {
		first++
	}
	first &^= 1 // positions in UTF-16 are even
	return evident(head[first:min(len(head), first+tellingHead)])
}

// evident tells UTF-16 without a mark by where the zeros stand.
func evident(b []byte) Encoding {
	b = b[:len(b)&^1]
	var zeros, letters [2]int
	for i, c := range b {
		switch {
		case c == 0:
			zeros[i&1]++
		case c < 0x80:
			letters[i&1]++
		}
	}
	least := max(2, len(b)/4)
	switch {
	case zeros[1] >= least && zeros[1] > 2*zeros[0] && letters[0] >= least:
		return UTF16LE
	case zeros[0] >= least && zeros[0] > 2*zeros[1] && letters[1] >= least:
		return UTF16BE
	}
	return UTF8
}

// LineEnd is where in b the first line ends and how many bytes end it; -1 if it
// does not end there. odd: b begins in the middle of a character of two bytes.
func (e Encoding) LineEnd(b []byte, odd bool) (at, size int) {
	if e == UTF8 {
		return bytes.IndexByte(b, '\n'), 1
	}
	from := 0
	if odd {
		from = 1
	}
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1, 2
		}
		i += from
		start := i
		if e == UTF16BE {
			start--
		}
		aligned := (start&1 == 1) == odd
		if aligned && start >= 0 && start+2 <= len(b) && b[start]+b[start+1] == '\n' && (b[start] == 0 || b[start+1] == 0) {
			return start, 2
		}
		from = i + 1
	}
}

// Append appends what src says to dst as UTF-8. Half a character at the end of src
// becomes U+FFFD, and so does half a pair.
func (e Encoding) Append(dst, src []byte) []byte {
	if e == UTF8 {
		return append(dst, src...)
	}
	for i := 0; i < len(src); i += 2 {
		if i+1 == len(src) {
			return utf8.AppendRune(dst, utf8.RuneError)
		}
		r := e.unit(src[i:])
		if utf16.IsSurrogate(r) {
			pair := utf8.RuneError
			if i+3 < len(src) {
				pair = utf16.DecodeRune(r, e.unit(src[i+2:]))
			}
			if r = pair; r != utf8.RuneError {
				i += 2
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

func (e Encoding) unit(b []byte) rune {
	if e == UTF16LE {
		return rune(b[0]) | rune(b[1])<<8
	}
	return rune(b[1]) | rune(b[0])<<8
}

// Text makes UTF-8 of what comes from a pipe. The zero Text knows nothing of it yet.
type Text struct {
	known    bool
	encoding Encoding
	held     []byte // bytes that are not understood yet
}

// tellingHead is how many bytes suffice to know an encoding: the stamps that lines
// begin with are Latin in any language.
const tellingHead = 16

// Decode returns what data says, which may be less than is there; final: nothing
// comes after it. The result is valid until the next call.
func (t *Text) Decode(data []byte, final bool) []byte {
	if t.known && t.encoding == UTF8 {
		return data
	}
	if len(t.held) > 0 {
		data = append(t.held, data...)
	}
	if !t.known {
		if len(data) < tellingHead && !final && bytes.IndexByte(data, '\n') < 0 {
			t.held = bytes.Clone(data)
			return nil
		}
		t.known, t.encoding = true, EncodingOf(data)
	}
	whole := data
	if t.encoding != UTF8 && !final {
		whole = data[:t.encoding.whole(data)]
	}
	t.held = bytes.Clone(data[len(whole):])
	if t.encoding == UTF8 {
		return whole
	}
	return t.encoding.Append(nil, whole)
}

// whole is how much of b are whole characters.
func (e Encoding) whole(b []byte) int {
	n := len(b) &^ 1
	if n >= 2 {
		if r := e.unit(b[n-2:]); utf16.IsSurrogate(r) && r < 0xdc00 {
			n -= 2
		}
	}
	return n
}
