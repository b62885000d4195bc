package framing

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Encoding is a character encoding of a log. Ollama writes UTF-8; Windows PowerShell turns it
// into UTF-16.
type Encoding uint8

const (
	UTF8 Encoding = iota
	UTF16LE
	UTF16BE
)

func (e Encoding) String() string { return [...]string{"utf-8", "utf-16le", "utf-16be"}[e] }

var bom = []byte("\ufeff")

// EncodingOf returns the encoding of a file by its first bytes: by a byte order mark, or by the
// zeros that Latin letters have in UTF-16. Zeros that a truncation left at the beginning are
// skipped.
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

// evident recognizes UTF-16 without a mark by the positions of zeros.
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

// LineEnd returns where in b the first line ends, and how many bytes its terminator has; -1 if b
// has no line end. odd: b begins in the middle of a character of two bytes.
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

// Append appends src, decoded, to dst as UTF-8. Half a character at the end of src becomes
// U+FFFD, and so does half a surrogate pair.
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

// TellingLine is how many bytes at the beginning of a line are examined to find its encoding.
const TellingLine = 64

// At returns the encoding of the line that b begins with. e is the encoding of the line before,
// which is kept unless the bytes contradict it: Windows PowerShell appends UTF-16 to a log in
// UTF-8, and a command prompt UTF-8 to one in UTF-16.
func (e Encoding) At(b []byte) Encoding {
	head := b[:min(len(b), TellingLine)]
	if marked := EncodingOf(head[:min(len(head), 2)]); marked != UTF8 && evident(head[2:]) == marked {
		return marked
	}
	zero, end := bytes.IndexByte(head, 0), bytes.IndexByte(head, '\n')
	if zero < 0 {
		if e == UTF8 || len(head) >= tellingHead && validStart(head) || end >= leastLine && ascii(head[:end]) {
			return UTF8
		}
		return e
	}
	if e == UTF8 && end >= 0 && len(bytes.TrimRight(head[:end], "\r")) == 0 {
		return UTF8 // an empty line, and behind it one in UTF-16
	}
	// A line's end in UTF-16 has a zero behind it, at the least, and stands where a letter does.
	if end >= leastLine && (end+1 < zero || end%2 == 1 || e == UTF8) && zero > end &&
		(ascii(head[:end]) || end >= tellingHead && utf8.Valid(head[:end])) {
		return UTF8 // a short one
	}
	if is := evident(head[:min(len(head), tellingHead)]); is != UTF8 {
		return is
	}
	return e
}

// leastLine is the length from which a line in ASCII cannot be confused with one in UTF-16.
const leastLine = 4

// validStart reports whether b can be the beginning of a text in UTF-8.
func validStart(b []byte) bool {
	for cut := range min(utf8.UTFMax, len(b)) {
		if utf8.Valid(b[:len(b)-cut]) {
			return true
		}
	}
	return false
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf || c < ' ' && c != '\t' && c != '\r' && c != 0x1b {
			return false
		}
	}
	return true
}

// Text decodes what comes from a pipe into UTF-8. The zero Text has not seen any of it.
type Text struct {
	known    bool
	encoding Encoding
	within   bool   // what comes next continues a line
	held     []byte // bytes that cannot be decoded yet
}

const (
	// tellingHead is how many bytes suffice to recognize an encoding: the time stamps that lines
	// begin with are Latin in any language.
	tellingHead = 16
	// heldLine is how many bytes of a line may wait for its end, which shows its encoding.
	heldLine = 4 << 10
)

// Decode returns the text of data, which may be less than all of it; final: nothing comes after
// it. The result is valid until the next call.
func (t *Text) Decode(data []byte, final bool) []byte {
	if len(t.held) > 0 {
		data = append(t.held, data...)
		t.held = nil
	}
	if !t.known {
		if len(data) < tellingHead && !final && bytes.IndexByte(data, '\n') < 0 {
			t.held = bytes.Clone(data)
			return nil
		}
		t.known, t.encoding = true, EncodingOf(data)
	}
	if t.encoding == UTF8 && bytes.IndexByte(data, 0) < 0 && !bytes.Contains(data, markLittle) {
		begins := bytes.LastIndexByte(data, '\n') + 1 // the line that does not end here
		if lone := len(data) == begins+1; lone && !final && (begins > 0 || !t.within) {
			t.held, data = []byte{data[begins]}, data[:begins] // perhaps half a character
		}
		t.within = len(data) > begins || begins == 0 && t.within
		return data
	}
	return t.decodeLines(data, final)
}

// markLittle is the mark that Windows' programs write.
var markLittle = []byte{0xff, 0xfe}

// decodeLines is Decode where encodings may change from line to line.
func (t *Text) decodeLines(data []byte, final bool) (text []byte) {
	for len(data) > 0 {
		if !t.within {
			t.encoding = t.encoding.At(data)
		}
		end, size := t.encoding.LineEnd(data, false)
		switch {
		case end >= 0:
			text = t.encoding.Append(text, data[:end+size])
			data, t.within = data[end+size:], false
		case final:
			return t.encoding.Append(text, data)
		case !t.within && len(data) < heldLine:
			t.held = bytes.Clone(data)
			return text
		default:
			whole := len(data)
			if t.encoding != UTF8 {
				whole = t.encoding.whole(data)
			}
			t.held, t.within = bytes.Clone(data[whole:]), true
			return t.encoding.Append(text, data[:whole])
		}
	}
	return text
}

// whole returns how many bytes of b are whole characters.
func (e Encoding) whole(b []byte) int {
	n := len(b) &^ 1
	if n >= 2 {
		if r := e.unit(b[n-2:]); utf16.IsSurrogate(r) && r < 0xdc00 {
			n -= 2
		}
	}
	return n
}
