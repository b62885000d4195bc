package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// privateKey finds a PEM block that begins at i. Without an end it is the rest
// of the quoted text it stands in, or of the text.
func (s *scan) privateKey(i int) (h hit, ok bool) {
	const end = "-----END"
	b := s.text
	if i < 0 || b[i] != '-' || !pemLabel.get().Match(b[i:min(len(b), i+window)]) {
		return h, false
	}
	h = hit{from: i, to: len(b), kind: PrivateKey}
	if s.inside(s.here) {
		if s.pemQuote < s.here { // else it is of the same quotes
			s.pemQuote = len(b)
			if n := text.ClosingQuote(b, s.here); n >= 0 {
				s.pemQuote = n
			}
			s.steps += s.pemQuote - i
		}
		h.to = s.pemQuote
	}
	if s.pemEnd == 0 || s.pemEnd > 0 && s.pemEnd-1 < i {
		s.pemEnd = -1
		from := i
		if n := bytes.Index(b[from:], []byte(end)); n >= 0 {
			s.pemEnd = from + n + 1
		}
	}
	if n := s.pemEnd - 1; n >= i && n < h.to {
		n += len(end)
		if m := bytes.Index(b[n:min(len(b), n+80)], []byte("-----")); m >= 0 && n+m+5 <= h.to {
			h.to = n + m + len("-----")
		}
	} else if h.to == len(b) {
		h.to = s.queryEnd(i)
	}
	return h, true
}

// pemLabel is the first line of a private key, also as a query has it.
var pemLabel = re(`(?i)-----BEGIN[ \w+%-]{0,60}PRIVATE(?: |%20|\+)KEY(?:(?: |%20|\+)BLOCK)?-----`)

// queryEnd is where the key that begins at i ends if it is in a query: at the
// quote or the space behind it. Else it is the end of the text.
func (s *scan) queryEnd(i int) int {
	b := s.text
	if !text.HasPrefix(b[i:], "-----BEGIN%") && !text.HasPrefix(b[i:], "-----BEGIN+") {
		return len(b)
	}
	if n := bytes.IndexAny(b[i:], "\"& \n"); n >= 0 {
		s.steps += n
		return i + n
	}
	return len(b)
}
