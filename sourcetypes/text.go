package sourcetypes

import "ollama-hec/sourcetypes/internal/text"

// What package text has, under the names it has in this package.

func digit(c byte) bool                      { return text.Digit(c) }
func lower(c byte) bool                      { return text.Lower(c) }
func upper(c byte) bool                      { return text.Upper(c) }
func hexDigit(c byte) bool                   { return text.HexDigit(c) }
func hasPrefix(b []byte, prefix string) bool { return text.HasPrefix(b, prefix) }
func equalFold(b []byte, lower string) bool  { return text.EqualFold(b, lower) }
func escaped(b []byte, i int) bool           { return text.Escaped(b, i) }
func closingQuote(b []byte, i int) int       { return text.ClosingQuote(b, i) }
func appendUnquoted(dst, b []byte) []byte    { return text.AppendUnquoted(dst, b) }

var identByte = text.Ident

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
