package exchange

import (
	"unicode/utf8"

	"ollama-hec/sourcetypes/internal/text"
)

// scanner reads one JSON value, in pieces of any size, as Go's encoding/json reads it
// into a struct: names match whatever their case, the last of two alike counts, what is
// no UTF-8 is replaced, and what follows the first value is not looked at. It holds
// nothing of the text but a name or a number that is not complete; what a place in the
// text is for, nodes say, and what is there goes to a sink.
//
// It is not a check: some texts that Go refuses pass, since a number's form and the
// kind of a bracket in what nobody wants are not looked at.
type scanner struct {
	sink  sink
	state scanState
	depth int
	stack [maxNested]level

	node *node // what the value that follows or is being read is for; nil: nothing
	key  bool  // the string that is being read is a name

	skipped int // brackets that are open in what nobody wants

	word   [maxWord]byte // a name or a number that is not complete
	length int           // of it; beyond maxWord it is no more than counted

	utf8    [utf8.UTFMax]byte // a character that is not complete
	partial int               // how much of it
	hex     rune              // of a \u escape
	digits  int               // of it that were read
	high    rune              // the first half of two \u escapes
}

// level is an object or a list that is open.
type level struct {
	node *node
	list bool
}

const (
	maxNested = 16 // deeper than anything of interest is
	maxWord   = 64
)

// sink gets what stands at the nodes that have a field.
type sink interface {
	// begin: a value begins with this byte. Where it is a string, false skips its text.
	begin(n *node, first byte) bool
	// text is a further part of a string. It is good during the call.
	text(n *node, part []byte)
	// end: the value is complete. word is a number, or true, false or null.
	end(n *node, first byte, word []byte)
}

type scanState uint8

const (
	wantValue scanState = iota
	wantElement
	wantName
	wantFirstName
	wantColon
	wantNext
	inString
	inEscape
	inHex
	inWord
	inSkipped
	inSkippedString
	inSkippedEscape
	ended
	broken // no JSON, or a part of it is missing
)

// begin makes s ready for a value at a node.
func (s *scanner) begin(n *node, to sink) {
	s.sink, s.node, s.state, s.depth = to, n, wantValue, 0
	s.partial, s.high, s.key = 0, 0, false
}

// feed reads a further piece.
func (s *scanner) feed(p []byte) {
	for len(p) > 0 {
		switch s.state {
		case inString:
			p = s.inString(p)
		case inEscape:
			s.escape(p[0])
			p = p[1:]
		case inHex:
			s.hexDigit(p[0])
			p = p[1:]
		case inWord:
			p = s.inWord(p)
		case inSkipped:
			p = s.skip(p)
		case inSkippedString:
			p = s.skipString(p)
		case inSkippedEscape:
			s.state, p = inSkippedString, p[1:]
		case ended, broken:
			return
		default:
			if !space[p[0]] {
				s.structure(p[0])
				if s.state == inWord {
					continue // its first byte is a part of it
				}
			}
			p = p[1:]
		}
	}
}

// finish says that nothing follows: a number may have ended so.
func (s *scanner) finish() {
	if s.state == inWord && s.depth == 0 {
		s.endWord()
	}
}

// reads reports whether a further piece counts.
func (s *scanner) reads() bool { return s.state != ended && s.state != broken }

// whole reports whether the value was read to its end.
func (s *scanner) whole() bool { return s.state == ended }

// structure takes a byte between values.
func (s *scanner) structure(c byte) {
	switch s.state {
	case wantElement:
		if c == ']' {
			s.shut()
			return
		}
		s.value(c)
	case wantValue:
		s.value(c)
	case wantFirstName, wantName:
		switch {
		case c == '"':
			s.state, s.key, s.length = inString, true, 0
		case c == '}' && s.state == wantFirstName:
			s.shut()
		default:
			s.state = broken
		}
	case wantColon:
		s.state = wantValue
		if c != ':' {
			s.state = broken
		}
	case wantNext:
		s.next(c)
	}
}

// next takes what follows a value within an object or a list.
func (s *scanner) next(c byte) {
	top := s.stack[s.depth-1]
	switch {
	case c == ',' && top.list:
		s.state, s.node = wantValue, top.node.element()
	case c == ',':
		s.state = wantName
	case c == ']' && top.list, c == '}' && !top.list:
		s.shut()
	default:
		s.state = broken
	}
}

// value begins a value by its first byte.
func (s *scanner) value(c byte) {
	n := s.node
	text := n.wanted()
	if text {
		text = s.sink.begin(n, c)
	}
	switch {
	case c == '"' && text:
		s.state, s.key = inString, false
	case c == '"':
		s.state, s.skipped = inSkippedString, 0
	case (c == '{' || c == '[') && (!n.opens(c) || s.depth == maxNested):
		s.state, s.skipped = inSkipped, 1
	case c == '{':
		s.stack[s.depth] = level{n, false}
		s.depth++
		s.state = wantFirstName
	case c == '[':
		s.stack[s.depth] = level{n, true}
		s.depth++
		s.state, s.node = wantElement, n.element()
	case wordByte[c]:
		s.state, s.length = inWord, 0
	default:
		s.state = broken
	}
}

// shut closes the innermost object or list.
func (s *scanner) shut() {
	s.depth--
	top := s.stack[s.depth]
	s.node = top.node
	first := byte('{')
	if top.list {
		first = '['
	}
	s.done(first, nil)
}

// done ends the value at s.node.
func (s *scanner) done(first byte, word []byte) {
	if s.node.wanted() {
		s.sink.end(s.node, first, word)
	}
	s.state = wantNext
	if s.depth == 0 {
		s.state = ended
	}
}

// inWord reads on in a number, or in true, false or null.
func (s *scanner) inWord(p []byte) []byte {
	i := 0
	for i < len(p) && wordByte[p[i]] {
		if s.length < maxWord {
			s.word[s.length] = p[i]
		}
		s.length++
		i++
	}
	if i < len(p) {
		s.endWord()
	}
	return p[i:]
}

func (s *scanner) endWord() {
	word := s.word[:min(s.length, maxWord)]
	switch c := word[0]; {
	case c == '-' || text.Digit(c):
	case string(word) == "true", string(word) == "false", string(word) == "null":
	default:
		s.state = broken
		return
	}
	if s.length > maxWord {
		word = nil
	}
	s.done(s.word[0], word)
}

var space = text.Table(func(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' })

var wordByte = text.Table(func(c byte) bool {
	return text.Digit(c) || text.Lower(c) || c == '-' || c == '+' || c == '.' || c == 'E'
})
