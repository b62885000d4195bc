package sourcetypes

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"
)

// patterns replaces what the site's own patterns match, unless it touches a
// mask: a second run is to change nothing. They see the text as it stands and
// what it has in quotes as the person wrote it who wrote the pattern.
func (r *redactor) patterns(text []byte) []byte {
	for _, re := range r.Patterns {
		var found []span
		for _, m := range re.FindAllIndex(text, -1) {
			found = append(found, span{m[0], m[1]})
		}
		text = r.mask(text, found)
	}
	return r.mask(text, r.quotedMatches(nil, text, nil, maxQuoted))
}

// maxQuoted is how often a text may be quoted: JSON in JSON in a slog line.
const maxQuoted = 3

// mask replaces parts of a text, in the order of where they begin.
func (r *redactor) mask(text []byte, found []span) []byte {
	if len(found) == 0 {
		return text
	}
	masked := findMasks(text)
	out := make([]byte, 0, len(text))
	done := 0
	for _, m := range found {
		for len(masked) > 0 && masked[0].to <= m.from {
			masked = masked[1:]
		}
		if m.from >= m.to || len(masked) > 0 && masked[0].from < m.to {
			continue
		}
		if m.to <= done { // in what the one before hid
			continue
		}
		if m.from >= done {
			out = append(out, text[done:m.from]...)
			out = append(out, masks[KindCustom]...)
			r.hits[KindCustom]++
		}
		done = m.to
	}
	return append(out, text[done:]...)
}

// quotedMatches appends where the patterns match what stands between two
// quotes of text, unescaped, and so on for quotes in that. Which quote opens
// is not asked: a stray one is to hide nothing. at is where each byte of text,
// and its end, stands in the whole; nil if it is the whole.
func (r *redactor) quotedMatches(found []span, text []byte, at []int, depth int) []span {
	for open := closingQuote(text, 0); open >= 0; {
		end := closingQuote(text, open+1)
		to := end
		if end < 0 {
			to = len(text)
		}
		plain, from := unquoteMapped(text[open+1:to], open+1)
		if at != nil {
			for i := range from {
				from[i] = at[from[i]]
			}
		}
		for _, re := range r.Patterns {
			for _, m := range re.FindAllIndex(plain, -1) {
				found = append(found, span{from[m[0]], from[m[1]]})
			}
		}
		if depth > 1 && bytes.IndexByte(plain, '"') >= 0 {
			found = r.quotedMatches(found, plain, from, depth-1)
		}
		open = end
	}
	if at == nil {
		slices.SortFunc(found, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	}
	return found
}

// unquoteMapped is appendUnquoted, and says where each byte came from, counted
// from base, and where the end is.
func unquoteMapped(b []byte, base int) (plain []byte, from []int) {
	for i := 0; i < len(b); {
		end := i + escapeLen(b[i:])
		n := len(plain)
		plain = appendUnquoted(plain, b[i:end])
		for range len(plain) - n {
			from = append(from, base+i)
		}
		i = end
	}
	return plain, append(from, base+len(b))
}

// escapeLen measures the escape, or else the character, at the start of b.
func escapeLen(b []byte) int {
	if b[0] != '\\' || len(b) == 1 {
		_, n := utf8.DecodeRune(b)
		return n
	}
	digits := 0
	switch b[1] {
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	}
	if _, ok := hexValue(b[2:], digits); !ok {
		return 2
	}
	return 2 + digits
}
