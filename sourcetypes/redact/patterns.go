package redact

import (
	"bytes"
	"cmp"
	"slices"
	"unicode/utf8"

	"ollama-hec/sourcetypes/internal/text"
)

// patterns replaces what the site's own patterns match, unless it touches a
// mask: a second run is to change nothing. They see the text as it stands and
// what it has in quotes as the person wrote it who wrote the pattern.
func (r *Redactor) patterns(b []byte) []byte {
	for _, re := range r.Patterns {
		var found []text.Span
		for _, m := range re.FindAllIndex(b, -1) {
			found = append(found, text.Span{From: m[0], To: m[1]})
		}
		b = r.mask(b, found)
	}
	return r.mask(b, r.quotedMatches(nil, b, nil, maxQuoted))
}

// maxQuoted is how often a text may be quoted: JSON in JSON in a slog line.
const maxQuoted = 3

// mask replaces parts of a text, in the order of where they begin.
func (r *Redactor) mask(b []byte, found []text.Span) []byte {
	if len(found) == 0 {
		return b
	}
	masked := findMasks(b)
	out := make([]byte, 0, len(b))
	done := 0
	for _, m := range found {
		for len(masked) > 0 && masked[0].To <= m.From {
			masked = masked[1:]
		}
		if m.From >= m.To || len(masked) > 0 && masked[0].From < m.To {
			continue
		}
		if m.To <= done { // in what the one before hid
			continue
		}
		if m.From >= done {
			out = append(out, b[done:m.From]...)
			out = append(out, masks[Custom]...)
			r.Hits[Custom]++
		}
		done = m.To
	}
	return append(out, b[done:]...)
}

// findMasks lists the masks in a text.
func findMasks(b []byte) (found []text.Span) {
	for i := 0; ; i++ {
		j := bytes.Index(b[i:], []byte(maskHead))
		if j < 0 {
			return found
		}
		i += j
		if n := MaskLen(b[i:]); n > 0 {
			found = append(found, text.Span{From: i, To: i + n})
		}
	}
}

// quotedMatches appends where the patterns match what stands between two
// quotes of b, unescaped, and so on for quotes in that. Which quote opens
// is not asked: a stray one is to hide nothing. at is where each byte of b,
// and its end, stands in the whole; nil if it is the whole.
func (r *Redactor) quotedMatches(found []text.Span, b []byte, at []int, depth int) []text.Span {
	for open := text.ClosingQuote(b, 0); open >= 0; {
		end := text.ClosingQuote(b, open+1)
		to := end
		if end < 0 {
			to = len(b)
		}
		plain, from := unquoteMapped(b[open+1:to], open+1)
		if at != nil {
			for i := range from {
				from[i] = at[from[i]]
			}
		}
		for _, re := range r.Patterns {
			for _, m := range re.FindAllIndex(plain, -1) {
				found = append(found, text.Span{From: from[m[0]], To: from[m[1]]})
			}
		}
		if depth > 1 && bytes.IndexByte(plain, '"') >= 0 {
			found = r.quotedMatches(found, plain, from, depth-1)
		}
		open = end
	}
	if at == nil {
		slices.SortFunc(
			found,
			func(a, b text.Span) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To)) },
		)
	}
	return found
}

// unquoteMapped is text.AppendUnquoted, and says where each byte came from,
// counted from base, and where the end is.
func unquoteMapped(b []byte, base int) (plain []byte, from []int) {
	for i := 0; i < len(b); {
		end := i + escapeLen(b[i:])
		n := len(plain)
		plain = text.AppendUnquoted(plain, b[i:end])
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
	digits := text.EscapeDigits(b[1])
	if _, ok := text.Hex(b[2:], digits); !ok {
		return 2
	}
	return 2 + digits
}
