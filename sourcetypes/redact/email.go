package redact

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"ollama-hec/sourcetypes/internal/text"
)

// maxDomain bounds how long the domain of an address may be, as DNS does.
const maxDomain = 255

// email finds an address whose @ begins at at and ends before domain.
//
// Not an address: a module with its version (cobra@v1.7.0), a digest, an image,
// git@github.com, which is nobody's, and a unit (getty@tty1.service).
func (s *scan) email(at, domain int) (h hit, ok bool) {
	b := s.text
	end, dot := s.domainEnd(domain)
	if dot <= domain || end-dot < 3 || !topLevel(b[dot+1:end]) {
		return h, false
	}
	start := s.localStart(at)
	escaped := func() bool {
		c := percentByte(b[max(start-3, 0):])
		return start >= 3 && (c >= utf8.RuneSelf || bytes.IndexByte([]byte("+.-_!'"), c) >= 0)
	}
	for k := 0; k < 24 && domain > at+1 && escaped(); k++ {
		start = s.localStart(start - 3) // jane%2Btag%40example.com, j%C3%B6rg%40example.com
	}
	if start == at {
		if start, ok = s.quotedLocal(at); !ok {
			return h, false
		}
	}
	local, host := b[start:at], b[domain:end]
	switch {
	case string(local) == "git" && len(host) > 4:
		return h, false
	case host[0] == 'v' && len(host) > 1 && text.Digit(host[1]) && bytes.IndexByte(host, '.') < 4 &&
		(start == 0 || b[start-1] == '/'):
		return h, false // the path of a Go module
	}
	return hit{from: start, to: end, kind: Email}, true
}

// domainEnd is where the domain that begins at i ends, and where its last dot
// stands. Letters of other scripts count, however they are escaped, but each part has one
// script: what follows without a space is the sentence that the address stands in.
func (s *scan) domainEnd(i int) (end, dot int) {
	b, start := s.text, i
	var dots [8]int
	n := 0
	var latin, other bool // what the part has
	end = i
	for end < len(b) && end-start < maxDomain {
		c := b[end]
		width := 1
		switch {
		case c == '.':
			if end == start || b[end-1] == '.' {
				width = 0
			} else {
				dots[n%len(dots)] = end
				n++
				latin, other = false, false
			}
		case text.Digit(c) || c == '-':
		case text.Ident[c] && c != '_':
			latin = true
		default:
			var r rune
			r, width = letterAt(b[end:])
			latin, other = latin || r <= lastLatin, other || r > lastLatin
		}
		if latin && other {
			break
		}
		if width == 0 {
			break
		}
		end += width
	}
	s.steps += end - start
	for end > start && (b[end-1] == '.' || b[end-1] == '-') {
		end--
	}
	for k := n - 1; k >= 0 && k >= n-len(dots); k-- {
		if dots[k%len(dots)] < end {
			return end, dots[k%len(dots)]
		}
	}
	return end, -1
}

// letterAt reads a letter like é or 例 at the start of b, as it stands, as \u00e9 behind any
// number of backslashes, or as %C3%A9, and how long it is written; 0 if there is none.
func letterAt(b []byte) (r rune, width int) {
	switch {
	case b[0] >= utf8.RuneSelf:
		r, width = utf8.DecodeRune(b)
	case b[0] == '%':
		var plain [utf8.UTFMax]byte
		n := 0
		for n < len(plain) && 3*n < len(b) && percentByte(b[3*n:]) >= utf8.RuneSelf {
			plain[n] = percentByte(b[3*n:])
			n++
		}
		r, width = utf8.DecodeRune(plain[:n])
		width *= 3
	case b[0] == '\\':
		n := 0
		for n < len(b) && b[n] == '\\' && n < maxEscapes {
			n++
		}
		if n < len(b) && b[n] == 'u' {
			if v, ok := text.Hex(b[n+1:], 4); ok && v >= utf8.RuneSelf {
				r, width = v, n+5
			}
		}
	}
	if !unicode.In(r, unicode.L, unicode.M) {
		return 0, 0
	}
	return r, width
}

// lastLatin is the last letter of the Latin script that é is of.
const lastLatin = 0x24f

// latin reports whether b begins with a letter like é in UTF-8, which stands in
// addresses too. Other scripts are written without spaces before an address.
func latin(b []byte) bool {
	return len(b) >= 2 && b[0] >= 0xc3 && b[0] <= 0xc9 && b[1] >= 0x80 && b[1] < 0xc0
}

// topLevel reports whether b may be the last part of a domain: letters, but
// not of a unit of systemd or of a file.
func topLevel(b []byte) bool {
	for i := 0; i < len(b); i++ {
		c := b[i]
		if text.Lower(c|0x20) || c == '-' || i >= 4 && text.HasPrefix(b, "xn--") {
			continue
		}
		_, width := letterAt(b[i:])
		if width == 0 {
			return false
		}
		i += width - 1
	}
	switch string(b) {
	case "service", "socket", "target", "timer", "mount", "slice", "scope", "go":
		return false
	}
	return true
}

// localStart is where the part before the @ begins.
func (s *scan) localStart(at int) int {
	b := s.text
	i := s.wordStart(at, &localByte)
	for i < at && (b[i] == '.' || b[i] == '+' || b[i] == '-' || b[i] >= 0x80 && !latin(b[i:]) && !latinTail(b, i)) {
		i++
	}
	for j := at - 1; j > i; j-- { // nothing before what is of another script
		if b[j] >= 0x80 && !latin(b[j:]) && !latinTail(b, j) {
			i = j + 1
			break
		}
	}
	if i == at && at > 0 && s.text[at-1] >= utf8.RuneSelf {
		return s.foreignStart(at)
	}
	return i
}

// foreignStart is where the part before the @ begins if it is of another script: at most
// all of the letters before it.
func (s *scan) foreignStart(at int) int {
	start := at
	for start > 0 && at-start < maxWord {
		r, size := utf8.DecodeLastRune(s.text[:start])
		if !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && r != '.' && r != '-' && r != '_' {
			break
		}
		start -= size
	}
	s.steps += at - start
	for start < at && (s.text[start] == '.' || s.text[start] == '-') {
		start++
	}
	return start
}

// latinTail reports whether the second byte of a letter like é stands at i.
func latinTail(b []byte, i int) bool { return i > 0 && latin(b[i-1:]) }

var localByte = text.Table(func(c byte) bool { return text.Ident[c] || c == '.' || c == '+' || c >= 0x80 })

// quotedLocal finds where a local part in quotes begins that ends before the @:
// "jane doe"@example.com. The quotes stay.
func (s *scan) quotedLocal(at int) (start int, ok bool) {
	b := s.text
	end := at
	if end > 0 && b[end-1] == '"' {
		for end--; end > 0 && b[end-1] == '\\'; end-- {
		}
	} else if end >= 3 && b[end-3] == '%' && b[end-2] == '2' && b[end-1] == '2' {
		end -= 3
	} else {
		return 0, false
	}
	start = end
	for start > 0 && end-start < 64 &&
		(text.Ident[b[start-1]] || b[start-1] == '.' || b[start-1] == ' ' || b[start-1] == '+') {
		start--
	}
	s.steps += end - start
	if start == end || start == 0 {
		return 0, false
	}
	if b[start-1] == '"' {
		return start, true
	}
	if start >= 3 && string(b[start-3:start]) == "%22" {
		return start, true
	}
	return start + 2, start >= 1 && b[start-1] == '%' && end-start > 2 && string(b[start:start+2]) == "22"
}
