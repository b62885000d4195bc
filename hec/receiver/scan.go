package receiver

// scanner walks JSON text as encoding/json accepts it: strict grammar, any
// bytes from 0x20 inside strings, nesting up to 10000.
type scanner struct {
	b      []byte
	i      int
	spaced bool // whitespace was seen between tokens
}

const maxNesting = 10000

// space skips whitespace and reports whether anything follows.
func (s *scanner) space() bool {
	for ; s.i < len(s.b); s.i++ {
		switch s.b[s.i] {
		case ' ', '\n', '\r', '\t':
			s.spaced = true
		default:
			return true
		}
	}
	return false
}

// next skips whitespace and then c, if that is what comes.
func (s *scanner) next(c byte) bool {
	if s.space() && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

// value walks over one value and reports whether it is one.
func (s *scanner) value(depth int) bool {
	if !s.space() {
		return false
	}
	switch s.b[s.i] {
	case '{':
		return s.object(depth, nil)
	case '[':
		return s.array(depth)
	case '"':
		return s.text()
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

// object walks over an object, calling member with each key, quoted, and value.
func (s *scanner) object(depth int, member func(key, value []byte)) bool {
	if depth > maxNesting {
		return false
	}
	s.i++
	if s.next('}') {
		return true
	}
	for {
		if !s.space() || s.b[s.i] != '"' {
			return false
		}
		from := s.i
		if !s.text() {
			return false
		}
		key := s.b[from:s.i]
		if !s.next(':') || !s.space() {
			return false
		}
		from = s.i
		if !s.value(depth + 1) {
			return false
		}
		if member != nil {
			member(key, s.b[from:s.i])
		}
		if s.next('}') {
			return true
		}
		if !s.next(',') {
			return false
		}
	}
}

func (s *scanner) array(depth int) bool {
	if depth > maxNesting {
		return false
	}
	s.i++
	if s.next(']') {
		return true
	}
	for {
		if !s.value(depth + 1) {
			return false
		}
		if s.next(']') {
			return true
		}
		if !s.next(',') {
			return false
		}
	}
}

func (s *scanner) text() bool {
	for s.i++; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return true
		case c < ' ':
			return false
		case c == '\\':
			if !s.escape() {
				return false
			}
		}
	}
	return false
}

// escape leaves the scanner on the last byte of the escape it is on.
func (s *scanner) escape() bool {
	s.i++
	if s.i == len(s.b) {
		return false
	}
	switch s.b[s.i] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			s.i++
			if s.i == len(s.b) || !hex(s.b[s.i]) {
				return false
			}
		}
		return true
	}
	return false
}

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (s *scanner) literal(word string) bool {
	if len(s.b)-s.i < len(word) || string(s.b[s.i:s.i+len(word)]) != word {
		return false
	}
	s.i += len(word)
	return true
}

func (s *scanner) number() bool {
	s.accept('-')
	if !s.accept('0') && !s.digits() {
		return false
	}
	if s.accept('.') && !s.digits() {
		return false
	}
	if s.accept('e') || s.accept('E') {
		if !s.accept('-') {
			s.accept('+')
		}
		return s.digits()
	}
	return true
}

func (s *scanner) accept(c byte) bool {
	if s.i < len(s.b) && s.b[s.i] == c {
		s.i++
		return true
	}
	return false
}

func (s *scanner) digits() bool {
	from := s.i
	for s.i < len(s.b) && '0' <= s.b[s.i] && s.b[s.i] <= '9' {
		s.i++
	}
	return s.i > from
}
