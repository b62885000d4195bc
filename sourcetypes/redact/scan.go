package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// scan is one walk over a text. What it remembers of places it has looked at
// is what keeps its cost linear: a text is never read again and again from
// different starts.
type scan struct {
	text  []byte
	set   Set
	steps int  // bytes looked at closer, for the test that they grow with the text
	stale bool // memory is of another text

	memory
}

// memory is what a scan remembers.
type memory struct {
	here     int    // the place now tried; no place is tried before one that was
	quotes   quotes // as of here
	pemEnd   int    // where the next end of a PEM block was looked for and found, plus one; -1: none
	pemQuote int    // where the quoted text ends that a PEM block was last found in
	named    int    // end of the last identifier that was judged by its name
	run      int    // end of the last run of token bytes that was judged by its looks
	env      int    // where an environment was looked for and found, plus one; -1: none
	// Of each command: how far it was looked for, and where it was last found, plus one.
	commands [9]struct{ to, at int }
}

// begin begins a text. Most have nothing to be remembered.
func (s *scan) begin(b []byte, set Set) {
	s.text, s.set, s.stale = b, set, true
}

// find returns the first hit whose trigger stands at from or later, without
// what is before floor. next is behind that trigger.
func (s *scan) find(from, floor int) (h hit, next int, ok bool) {
	b := s.text
	var before, second byte
	if from > 0 && from <= len(b) {
		before = b[from-1]
		if from > 1 {
			second = b[from-2]
		}
	}
	g := gates[pairOf(second, before)]
	for i := from; i < len(b); {
		i, before, g = skip(b, i, before, g)
		for end := min(i+4, len(b)); i < end; i++ {
			c := b[i]
			here := gates[pairOf(before, c)]
			if g.lets(here) {
				if h, ok = s.at(i); ok && h.to > floor {
					h.from = max(h.from, floor)
					return h, i + 1, true
				}
			}
			before, g = c, here
		}
	}
	return h, len(b), false
}

// at tries the rules that have a literal, an @ or a change of letters and
// digits ending at i. What is first in this order wins.
func (s *scan) at(i int) (h hit, ok bool) {
	b := s.text
	if s.stale {
		s.memory, s.stale = memory{}, false
	}
	s.here = i
	if i >= 1 {
		for _, l := range literals.endingAt(b, i) {
			if l.is(b, i) {
				if h, ok = s.try(l.rule, i); ok {
					return h, true
				}
			}
		}
	}
	switch c := b[i]; {
	case c == '@':
		return s.atSign(i, i+1)
	case c == '%':
		if i+3 <= len(b) && b[i+1] == '4' && b[i+2] == '0' {
			return s.atSign(i, i+3)
		}
	case c == 'u' && i >= 1 && b[i-1] == '\\' && text.HasPrefix(b[i+1:], "0040"):
		return s.atSign(s.backslashes(i), i+5)
	case s.set.Secrets && i >= 2 && mixed(b[i-2], b[i-1]) && mixed(b[i-1], c) && (text.Digit(b[i-1]) || text.Digit(c)):
		return s.random(i)
	}
	return h, false
}

// backslashes is where those begin that end at i.
func (s *scan) backslashes(i int) int {
	start := i
	for start > 0 && i-start < maxEscapes && s.text[start-1] == '\\' {
		start--
	}
	s.steps += i - start
	return start
}

// atSign tries what an @ may belong to: a URL's user, then an address.
func (s *scan) atSign(at, behind int) (h hit, ok bool) {
	if s.set.Secrets {
		if h, ok = s.userinfo(at, behind); ok {
			return h, true
		}
	}
	if s.set.Emails {
		return s.email(at, behind)
	}
	return h, false
}

// try tries a rule whose literal ends at i.
func (s *scan) try(r *Rule, i int) (h hit, ok bool) {
	if !s.set.Secrets {
		return h, false
	}
	s.steps++
	switch {
	case r.scheme != "":
		return s.schemeAt(r.scheme, i-2)
	case r.name:
		return s.assigned(i)
	case r.pem:
		return s.privateKey(i + 1 - len("-----BEGI"))
	case r.command != nil:
		return s.command(r, i)
	}
	return s.form(r, i)
}

// boundary reports whether a word may begin at i: at the start, behind what is
// no part of a word, or behind an escape such as \n, \u003c or %20.
func boundary(b []byte, i int) bool {
	return i == 0 || !text.Ident[b[i-1]] || escapeBefore(b, i) || percentBefore(b, i)
}

// percentBefore reports whether %xx ends at i.
func percentBefore(b []byte, i int) bool {
	return i >= 3 && b[i-3] == '%' && text.HexDigit(b[i-2]) && text.HexDigit(b[i-1])
}

// wordStart is where the word of such bytes begins that ends at i, or at least
// is looked at. What belongs to an escape before it does not count.
func (s *scan) wordStart(i int, in *[256]bool) int {
	b, start := s.text, i
	for start > 0 && i-start < maxWord && in[b[start-1]] {
		start--
	}
	s.steps += i - start
	if start > 0 && start < i && b[start-1] == '\\' && oddBackslashes(b, start) {
		c := b[start]
		if digits := text.EscapeDigits(c); digits > 0 {
			start = min(start+1+digits, i)
		} else if escapeLetter(c) {
			start++
		}
	}
	if start > 0 && b[start-1] == '%' && i-start >= 2 && text.HexDigit(b[start]) && text.HexDigit(b[start+1]) {
		start += 2
	}
	return min(start, i)
}

// maxWord bounds how far a word is looked for backwards, maxEscapes how many
// backslashes in a row are counted.
const (
	maxWord    = 96
	maxEscapes = text.MaxEscapes
)

// escapeBefore reports whether an escape sequence of a quoted text ends at i.
// It is asked without knowing whether the text is quoted: a name in a path
// behind a backslash looks the same, and a boundary too many does no harm.
func escapeBefore(b []byte, i int) bool {
	for _, n := range [...]int{2, 4, 6, 10} { // \n \x1b \u003c \U0001f600
		if i < n || b[i-n] != '\\' {
			continue
		}
		c := b[i-n+1]
		if (n == 2 && escapeLetter(c) || n > 2 && text.EscapeDigits(c) == n-2) && oddBackslashes(b, i-n+1) {
			return true
		}
	}
	return false
}

// oddBackslashes is text.Escaped that looks only so far.
func oddBackslashes(b []byte, i int) bool {
	from := max(0, i-maxEscapes)
	return text.Escaped(b[from:], i-from)
}

func escapeLetter(c byte) bool { return bytes.IndexByte([]byte("ntrabfv"), c) >= 0 }

// quotes knows whether places are inside double quotes on their line. It is
// asked for places in order, and then reads the text once.
type quotes struct {
	at     int
	quoted bool
}

// inside reports whether i is inside double quotes on its line.
func (q *quotes) inside(b []byte, i int) bool {
	if i < q.at {
		*q = quotes{}
	}
	for q.at < i {
		switch c := b[q.at]; {
		case c == '"':
			q.quoted = !q.quoted
		case c == '\n':
			q.quoted = false
		case c == '\\' && q.quoted:
			if q.at+1 == i {
				return true // i is an escaped byte
			}
			q.at++
		}
		q.at++
	}
	return q.quoted
}

// inside reports whether i, which is not before the place now tried, is inside
// double quotes.
func (s *scan) inside(i int) bool {
	s.quotes.inside(s.text, s.here)
	ahead := s.quotes // the gap before a value may be long, but no name stands in it
	return ahead.inside(s.text, i)
}

// environment reports whether what stands at i may be in what Go prints for an
// environment: map[A:x B:y z] or environment="[A=x B=y z]".
func (s *scan) environment(i int) bool {
	if s.env == 0 {
		s.env = -1
		for _, words := range [...]string{"map[", "environment="} {
			if n := bytes.Index(s.text, []byte(words)); n >= 0 && (s.env < 0 || n+1 < s.env) {
				s.env = n + 1
			}
		}
	}
	return s.env > 0 && s.env <= i
}
