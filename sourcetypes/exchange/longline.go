package exchange

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// Of a line that is too long to be kept, what counts is: Go's server takes lines of a
// megabyte, and what is padded means the same to it.

// endOfLine is how much of the end of a long first line is kept: a space, a version and
// the first byte of a line end.
const endOfLine = len(" HTTP/1.1\r")

// keep keeps a part of a line that is not complete.
func (s *side) keep(part []byte) {
	switch {
	case s.state != inHead || len(part) == 0:
		s.keepUpTo(part, 0)
	case s.head.first == nil:
		s.keepUpTo(part, endOfLine)
	default:
		s.keepField(part)
	}
}

// keepField keeps a part of a header field, without the space before its value and
// without the zeros before a length.
func (s *side) keepField(part []byte) {
	if len(s.line) == 0 && (part[0] == ' ' || part[0] == '\t') { // the field before goes on
		s.keepUpTo(part[:1], 0)
		part = part[1:]
	}
	field, value := s.field, 1
	if len(s.line) == 0 || s.line[0] != ' ' && s.line[0] != '\t' {
		colon := bytes.IndexByte(s.line, ':')
		if colon < 0 {
			name := bytes.IndexByte(part, ':') + 1
			if name == 0 {
				s.keepUpTo(part, 0)
				return
			}
			s.keepUpTo(part[:name], 0)
			part, colon = part[name:], len(s.line)-1
		}
		field, value = s.line, colon+1
	}
	if len(s.line) == value {
		part = bytes.TrimLeft(part, " \t")
	}
	if isLength(field) {
		if len(s.line) == value && len(part) > 0 && part[0] == '0' {
			s.keepUpTo(part[:1], 0)
		}
		if string(s.line[value:]) == "0" {
			part = bytes.TrimLeft(part, "0")
		}
	}
	s.keepUpTo(part, 0)
}

// isLength reports whether a header field is that of a body's length.
func isLength(field []byte) bool {
	name, _, _ := bytes.Cut(field[:min(len(field), maxOther)], []byte{':'})
	return text.EqualFold(name, "content-length")
}

// keepUpTo keeps a part of a line up to the limit. Of a longer one the last bytes, as
// many as end says, are those of the line's end so far.
func (s *side) keepUpTo(part []byte, end int) {
	most := s.limit(len(s.line) + len(part))
	fits := min(len(part), max(0, most-end-len(s.line)))
	s.line = append(s.line, part[:fits]...)
	part = part[fits:]
	if len(part) == 0 {
		return
	}
	if len(part) > end {
		part = part[len(part)-end:]
	}
	last := s.line[most-end:]
	gone := max(0, len(last)+len(part)-end)
	copy(last, last[gone:])
	s.line = append(s.line[:len(s.line)-gone], part...)
}
