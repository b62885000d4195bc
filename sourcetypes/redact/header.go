package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// schemes are what HTTP has before the secret in an Authorization header.
var (
	schemes      = []string{"bearer", "basic", "splunk", "token", "apikey", "api-key", "key", "ssws", "genie", "bot"}
	paramSchemes = []string{"digest", "negotiate", "aws4-hmac-sha256", "hawk", "oauth"}
)

func anyFold(b []byte, list []string) bool {
	for _, word := range list {
		if text.EqualFold(b, word) {
			return true
		}
	}
	return false
}

// header measures the value of an HTTP header: what follows the scheme, or for
// a cookie everything.
func (v *value) header(from int, inQuotes bool) (h hit, ok bool) {
	b := v.text
	to := v.wordEnd(from, inQuotes)
	if v.name.cookie {
		return v.judge(from, trimEnd(b, from, v.cookiesEnd(from, to, inQuotes)), false, false)
	}
	next := v.gapEnd(to, 0)
	if next > to && next < len(b) && b[next] != '\n' {
		switch name := b[from:to]; {
		case anyFold(name, schemes):
			from = next
			if n := text.OpeningQuote(b, from); n > 0 && !(n == 1 && v.closes(from)) {
				if from, to, ok := v.quoted(from, n-1); ok {
					return v.judge(from, to, false, true)
				}
			}
			to = v.wordEnd(from, inQuotes)
		case anyFold(name, paramSchemes):
			from, to = next, v.params(next, inQuotes)
		default:
			if end := v.wordEnd(next, inQuotes); madeUp(b[next:max(next, end)]) && !v.assigns(next) {
				to = end // a scheme of its own
			}
		}
	}
	return v.judge(from, trimEnd(b, from, to), false, false)
}

// cookiesEnd is where a list of cookies ends whose first ends at to: name=value
// and attributes, with ; between them, and a comma in a date.
func (v *value) cookiesEnd(from, to int, inQuotes bool) int {
	b := v.text
	for to < len(b) {
		next := to
		if b[to] == ';' || dateComma(b, from, to) {
			next++
		} else if b[to-1] != ';' && !inDate(b, to) {
			break
		}
		next = v.gapEnd(next, 0)
		if next == to || next == len(b) {
			break
		}
		end := v.wordEnd(next, inQuotes)
		if end == next {
			break
		}
		to = end
	}
	return to
}

// dateComma reports whether the comma at i is that of Expires=Wed, 21 Oct 2026.
func dateComma(b []byte, from, i int) bool {
	return b[i] == ',' && i-from >= 4 && i+2 < len(b) && b[i+1] == ' ' && text.Digit(b[i+2])
}

// inDate reports whether a part of a date such as 21, Oct, 2026 or 07:28:00 ends
// at i, behind which it goes on.
func inDate(b []byte, i int) bool {
	if i+1 >= len(b) || b[i] != ' ' {
		return false
	}
	start := i
	for start > 0 && i-start < 9 && (class(b[start-1]) != 0 || b[start-1] == ':') {
		start--
	}
	word := b[start:i]
	return start > 0 && b[start-1] == ' ' && (len(word) <= 4 || len(word) == 8 && word[2] == ':') &&
		(text.Digit(word[0]) || len(word) == 3) &&
		(text.Digit(b[i+1]) || text.Upper(b[i+1]))
}

// params is where a list such as a="b", c=d that begins at i ends. One that
// begins with a word is only that.
func (v *value) params(i int, inQuotes bool) int {
	b := v.text
	for {
		if v.assigns(i) {
			for b[i] != '=' {
				i++
			}
			i++
		}
		if n := text.OpeningQuote(b, i); n > 0 && !(n == 1 && v.closes(i)) {
			if _, to, ok := v.quoted(i, n-1); ok {
				i = min(to+n, len(b))
			}
		} else {
			i = v.wordEnd(i, inQuotes)
		}
		if i == len(b) || b[i] != ',' {
			return i
		}
		next := v.gapEnd(i+1, 1)
		if !v.assigns(next) {
			return i
		}
		i = next
	}
}

// assigns reports whether a name and = stand at i.
func (v *value) assigns(i int) bool {
	start := i
	for i < len(v.text) && i-start < maxWord && text.Ident[v.text[i]] {
		i++
	}
	return i > start && i < len(v.text) && v.text[i] == '='
}

// schemeAt finds what follows Bearer or Splunk, the names HTTP has for ways to
// authenticate with a token.
func (s *scan) schemeAt(scheme string, i int) (h hit, ok bool) {
	b := s.text
	n := len(scheme)
	if i < 0 || len(b)-i <= n || !text.EqualFold(b[i:i+n], scheme) || !boundary(b, i) {
		return h, false
	}
	start, ok := s.schemeToken(i + n)
	if !ok {
		return h, false
	}
	end := start
	for end < len(b) && bearerByte[b[end]] {
		end++
	}
	s.steps += end - start
	for end > start && (b[end-1] == '.' || b[end-1] == ':') {
		end--
	}
	secret := b[start:end]
	if n := bytes.IndexByte(secret, '='); n >= 0 && len(bytes.Trim(secret[n:], "=")) > 0 {
		secret = secret[:0] // what follows is assigned
	}
	if scheme == "splunk" && !guid(secret) || scheme != "splunk" && (len(secret) == 0 || !madeUp(secret)) {
		return h, false
	}
	return hit{from: start, to: end, kind: Token}, true
}

// schemeToken finds where the token begins behind the name of a scheme that
// ends at i: behind white space, a separator as for "bearer": or bearer=, and
// the token's own quote.
func (s *scan) schemeToken(i int) (start int, ok bool) {
	b := s.text
	at := i + text.OpeningQuote(b, i) // closes the name
	at = s.gapEnd(at, 0)
	if at < len(b) && (b[at] == ':' || b[at] == '=') {
		at++
	} else {
		at = i
	}
	for at < len(b) && b[at] == '+' {
		at++
	}
	start = s.gapEnd(at, 1)
	if start == i {
		return 0, false
	}
	n := text.OpeningQuote(b, start)
	if n == 0 && start < len(b) && (percentByte(b[start:]) == '"' || percentByte(b[start:]) == '\'') {
		n = 3
	}
	return start + n, true
}

var bearerByte = text.Table(func(c byte) bool {
	switch c {
	case '.', '_', '~', '+', '/', '=', ':':
		return true
	}
	return text.Ident[c]
})

// guid reports whether b is 01234567-89ab-cdef-0123-456789abcdef.
func guid(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !text.HexDigit(c) {
			return false
		}
	}
	return true
}
