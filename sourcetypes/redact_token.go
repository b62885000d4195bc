package sourcetypes

import "bytes"

// tokenForm is a secret known by how it begins.
type tokenForm struct {
	prefix string
	more   [256]bool // the bytes after the prefix
	least  int       // how many of them, if a digit is among them
	bare   int       // how many of them, if none is
}

// tokenForms are those whose prefix ends in a dash or an underscore, which is
// where prefixed looks for them.
var tokenForms = func() (forms []tokenForm) {
	word := func(extra string) (t [256]bool) {
		for c := range t {
			t[c] = identByte[c] && c != '-' && c != '_'
		}
		for _, c := range []byte(extra) {
			t[c] = true
		}
		return t
	}
	alnum, dashed, under := word(""), word("-_"), word("_")
	for _, f := range []struct {
		prefixes []string
		more     [256]bool
		least    int
		bare     int
	}{
		{[]string{"sk-", "glpat-", "pplx-", "xai-", "nvapi-", "pypi-", "xapp-", "xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-"}, dashed, 10, 32},
		{[]string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_", "hf_", "npm_", "gsk_", "r8_", "glsa_", "whsec_", "shpat_", "dop_v1_"}, alnum, 12, 24},
		{[]string{"github_pat_", "sk_live_", "sk_test_", "rk_live_", "rk_test_", "dckr_pat_", "lin_api_", "tgp_v1_", "hvs_"}, under, 12, 24},
	} {
		for _, p := range f.prefixes {
			forms = append(forms, tokenForm{p, f.more, f.least, f.bare})
		}
	}
	return forms
}()

// formsByEnd has the forms by the two bytes before the dash or underscore of
// their prefix, and tokenEnds those bytes.
var formsByEnd = func() map[[2]byte][]*tokenForm {
	m := make(map[[2]byte][]*tokenForm)
	for i := range tokenForms {
		f := &tokenForms[i]
		end := [2]byte([]byte(f.prefix[len(f.prefix)-3:]))
		m[end] = append(m[end], f)
	}
	return m
}()

var tokenEnds = func() (t pairs) {
	for end := range formsByEnd {
		t.add(end[0], end[1])
	}
	return t
}()

// prefixed finds a token whose prefix ends at i.
func prefixed(text []byte, i int) (h hit, ok bool) {
	if i < 2 || i+10 >= len(text) || !identByte[text[i+5]] || !identByte[text[i+10]] {
		return h, false
	}
	for _, f := range formsByEnd[[2]byte(text[i-2:i])] {
		start := i + 1 - len(f.prefix)
		if start < 0 || string(text[start:i+1]) != f.prefix || !boundary(text, start) {
			continue
		}
		end, digits := i+1, 0
		for end < len(text) && f.more[text[end]] {
			if digit(text[end]) {
				digits++
			}
			end++
		}
		if length := end - i - 1; length >= f.bare || length >= f.least && digits > 0 {
			return hit{from: start, to: end, kind: KindToken}, true
		}
	}
	return h, false
}

// lettered finds an AWS, Google or SendGrid key or a JSON web token by a capital letter
// in it that logs seldom have.
func lettered(text []byte, i int) (h hit, ok bool) {
	switch text[i] {
	case 'J':
		return webToken(text, i-2)
	case 'G':
		return sendGrid(text, i-1)
	}
	if start := i - 2; start >= 0 && (hasPrefix(text[start:], "AKIA") || hasPrefix(text[start:], "ASIA")) && boundary(text, start) {
		end := start + 4
		for end < len(text) && (digit(text[end]) || text[end] >= 'A' && text[end] <= 'Z') {
			end++
		}
		if end-start >= 20 {
			return hit{from: start, to: end, kind: KindKey}, true
		}
	}
	if start := i - 1; start >= 0 && hasPrefix(text[start:], "AIza") && boundary(text, start) {
		end := start + 4
		for end < len(text) && identByte[text[end]] {
			end++
		}
		if end-start >= 30 {
			return hit{from: start, to: end, kind: KindKey}, true
		}
	}
	return h, false
}

// webToken finds header.claims or header.claims.signature in base64.
func webToken(text []byte, start int) (h hit, ok bool) {
	if start < 0 || !hasPrefix(text[start:], "eyJ") || !boundary(text, start) {
		return h, false
	}
	end, parts := start, 0
	for parts < 3 {
		from := end
		for end < len(text) && (identByte[text[end]] || text[end] == '=') {
			end++
		}
		if end-from < 4 {
			break
		}
		parts++
		if end == len(text) || text[end] != '.' {
			break
		}
		end++
	}
	if end > start && text[end-1] == '.' {
		end--
	}
	if parts < 2 {
		return h, false
	}
	return hit{from: start, to: end, kind: KindToken}, true
}

// sendGrid finds SG. and two parts behind it.
func sendGrid(text []byte, start int) (h hit, ok bool) {
	if start < 0 || !hasPrefix(text[start:], "SG.") || !boundary(text, start) {
		return h, false
	}
	end, digits := start+2, 0
	for range 2 {
		if end == len(text) || text[end] != '.' {
			return h, false
		}
		from := end + 1
		for end = from; end < len(text) && identByte[text[end]]; end++ {
			if digit(text[end]) {
				digits++
			}
		}
		if end-from < 8 {
			return h, false
		}
	}
	return hit{from: start, to: end, kind: KindToken}, digits > 0
}

// scheme finds what follows Bearer or Splunk, the names HTTP has for ways to
// authenticate with a token.
func scheme(text []byte, i int) (h hit, ok bool) {
	const bearer = "bearer"
	n := 0
	switch c := text[i]; {
	case c == 'S' && hasPrefix(text[i:], "Splunk"):
		n = len("Splunk")
	case c|0x20 == 'b' && len(text)-i > len(bearer) && equalFold(text[i:i+len(bearer)], bearer):
		n = len(bearer)
	default:
		return h, false
	}
	if !boundary(text, i) && !(i >= 3 && percentByte(text[i-3:]) != '%') {
		return h, false
	}
	start, ok := schemeToken(text, i+n)
	if !ok {
		return h, false
	}
	end := start
	for end < len(text) && bearerByte[text[end]] {
		end++
	}
	for end > start && (text[end-1] == '.' || text[end-1] == ':') {
		end--
	}
	token := text[start:end]
	if c := text[i]; c == 'S' && !guid(token) || c != 'S' && !random(token) {
		return h, false
	}
	return hit{from: start, to: end, kind: KindToken}, true
}

// schemeToken finds where the token begins behind the name of a scheme that
// ends at i: behind white space, a separator as for "bearer": or bearer=, and
// the token's own quote.
func schemeToken(text []byte, i int) (start int, ok bool) {
	at := i + openingQuote(text, i) // closes the name
	at = gapEnd(text, at, 0)
	if at < len(text) && (text[at] == ':' || text[at] == '=') {
		at++
	} else {
		at = i
	}
	for at < len(text) && text[at] == '+' {
		at++
	}
	start = gapEnd(text, at, 1)
	if start == i {
		return 0, false
	}
	n := openingQuote(text, start)
	if n == 0 && start < len(text) && text[start] == '%' && (percentByte(text[start:]) == '"' || percentByte(text[start:]) == '\'') {
		n = 3
	}
	return start + n, true
}

var bearerByte = func() (t [256]bool) {
	for c := range t {
		t[c] = identByte[c] || bytes.IndexByte([]byte("._~+/=:"), byte(c)) >= 0
	}
	return t
}()

// guid says whether b is 01234567-89ab-cdef-0123-456789abcdef.
func guid(b []byte) bool {
	if len(b) != 36 {
		return false
	}
	for i, c := range b {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if !hexDigit(c) {
			return false
		}
	}
	return true
}

// random says whether b looks made up rather than like a word of a sentence.
func random(b []byte) bool {
	digits, upper, lower, marks := 0, 0, 0, 0
	for _, c := range b {
		switch {
		case digit(c):
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		case c >= 'a' && c <= 'z':
			lower++
		default:
			marks++
		}
	}
	return digits > 0 && len(b) >= 4 || upper > 1 && lower > 0 && len(b) >= 8 || marks > 0 && len(b) >= 12 || len(b) >= 16
}

// privateKey finds a PEM block that begins at i. Without an end it is the rest
// of the quoted text it stands in, or of the text.
func privateKey(text []byte, i int, q *quotes) (h hit, ok bool) {
	const begin, end = "-----BEGIN ", "-----END "
	if !hasPrefix(text[i:], begin) {
		return h, false
	}
	label := text[i+len(begin):]
	label = label[:min(len(label), 40)]
	if n := bytes.Index(label, []byte("-----")); n < 0 || !bytes.Contains(label[:n], []byte("PRIVATE KEY")) {
		return h, false
	}
	h = hit{from: i, kind: KindPrivateKey}
	if n := bytes.Index(text[i:], []byte(end)); n >= 0 {
		h.to = i + n + len(end)
		if n := bytes.Index(text[h.to:], []byte("-----")); n >= 0 && n < 40 {
			h.to += n + len("-----")
			return h, true
		}
	}
	h.to = len(text)
	if q.inside(text, i) {
		if n := closingQuote(text, i); n >= 0 {
			h.to = n
		}
	}
	return h, true
}

func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
