package sourcetypes

import "ollama-hec/sourcetypes/internal/text"

// What package text has, under the names it has in this package.

func lower(c byte) bool                     { return text.Lower(c) }
func upper(c byte) bool                     { return text.Upper(c) }
func equalFold(b []byte, lower string) bool { return text.EqualFold(b, lower) }
func openingQuote(b []byte, i int) int      { return text.OpeningQuote(b, i) }

// nameByte has what a name is made of, groups and all.
var nameByte = text.Table(func(c byte) bool { return text.Ident[c] || c == '.' })

// value is a value in quotes at a place of a text.
type value struct {
	text []byte
	at   int
}

// quoted measures it, with so many backslashes before the first quote.
func (v *value) quoted(slashes int) (from, to int, ok bool) {
	return text.Quoted(v.text, v.at, slashes)
}

// number reports whether b is a short number.
func number(b []byte) bool {
	for i, c := range b {
		if !digit(c) && !(c == '-' && i == 0) && c != ',' && c != '.' {
			return false
		}
	}
	return len(b) <= 8
}

// pairs is a set of two bytes in a row, of which six bits each count.
type pairs [1 << 12]bool

func (p *pairs) has(a, b byte) bool { return p[uint(a&63)<<6|uint(b&63)] }
func (p *pairs) add(a, b byte)      { p[uint(a&63)<<6|uint(b&63)] = true }
