package text

import "math/bits"

// MaxEscapes is how many backslashes in a row are counted before a quote: texts
// are quoted a few times, not more.
const MaxEscapes = 32

// OpeningQuote measures the quote at i and the backslashes before it; 0 if
// there is none.
func OpeningQuote(b []byte, i int) int {
	start := i
	for i < len(b) && b[i] == '\\' && i-start < MaxEscapes {
		i++
	}
	if i < len(b) && (b[i] == '"' || b[i] == '\'' || b[i] == '`') {
		return i + 1 - start
	}
	return 0
}

// Quoted measures a value in quotes at i, with so many backslashes before the
// first quote.
func Quoted(b []byte, i, slashes int) (from, to int, ok bool) {
	q := b[i+slashes]
	from = i + slashes + 1
	if q != '"' {
		last := -1 // one behind a backslash may close it too: 'C:\a\'
		for to = from; to < len(b) && b[to] != '\n' && b[to] != '"'; to++ {
			if b[to] != q {
				continue
			}
			if b[to-1] != '\\' || to == from {
				return from, to, true
			}
			last = to
		}
		return from, last, last >= 0
	}
	level := bits.Len(uint(slashes))
	run := 0 // backslashes before to
	for to = from; to < len(b); to++ {
		switch b[to] {
		case '\\':
			run++
			continue
		case '"':
			if own, closes := ClosesQuote(run, level); closes {
				return from, to - min(own, run), true
			}
		}
		run = 0
	}
	return from, len(b), true
}

// ClosesQuote reports whether a quote behind n backslashes closes a text quoted
// level times more than the line. own is how many of them belong to the quote.
func ClosesQuote(n, level int) (own int, closes bool) {
	for around := range level {
		if n%2 == 0 {
			return 1<<around - 1, true // it closes what is around
		}
		n /= 2
	}
	return 1<<level - 1, n%2 == 0
}
