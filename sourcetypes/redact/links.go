package redact

import (
	"bytes"
	"unicode"

	"ollama-hec/sourcetypes/internal/text"
)

// link is a way to say which value a name has, other than by an operator right
// behind the name: see operator.
type link struct {
	name    string
	first   string   // what it may begin with
	needs   string   // any of these bytes is in it
	between *pattern // what stands between name and value, as plain text: see plain
	sep     byte     // as which it counts
	quoted  bool     // the last byte of it is the quote that opens the value
	weak    bool     // the value must look made up
	spoken  bool     // words of everyday language count as part of the name
	example string
}

// maxLink bounds how long what stands between a name and its value may be.
const maxLink = 80

// links are tried in order.
var links = []link{
	{
		name:    "typed",
		first:   " :",
		needs:   "=",
		sep:     '=',
		between: re(`\s*:?\s*(?:const )?(?:[Ss]tring|str|text|&str|&'static str|\[\]byte|char ?\*|std::string)\??\s*:?=\s*`),
		example: `var apiKey string = "%s"`,
	},
	{
		name:    "pair",
		first:   `"'`,
		sep:     '=',
		between: re("[\"'`]\\s*,\\s*[\"'`](?i:value|val|secretValue|data)[\"'`]\\s*[:=]>?\\s*[\"'`]"),
		quoted:  true,
		example: `{"name": "API_KEY", "value": "%s"}`,
	},
	{
		name:    "pair of other values",
		first:   `"'`,
		sep:     ':',
		between: re("[\"'`]\\s*,\\s*[\"'`](?i:value|val|secretValue|data)[\"'`]\\s*[:=]>?\\s*"),
		example: `{"name": "API_KEY", "value": ["%s"]}`,
	},
	{
		name:    "argument",
		first:   "\"'`",
		sep:     ',',
		between: re("[\"'`]\\s*,\\s*(?:\\[\\s*)?(?:[urbf]|@|L)?[\"'`]"),
		quoted:  true,
		weak:    true,
		example: `setProperty("API_KEY", "%s")`,
	},
	{
		name:    "attribute",
		first:   `"'`,
		sep:     '=',
		between: re(`["']\s*(?i:value|content|password|secret)\s*=\s*["']`),
		quoted:  true,
		example: `<add key="apiKey" value="%s"/>`,
	},
	{name: "element", first: `"'`, sep: '>', between: re(`["']\s*/?>\s*(?:<(?i:value|string)(?:\s[^<>]{0,20})?>)?`),
		example: `<entry key="apiKey">%s</entry>`},
	{name: "element of a list", first: `<`, sep: '>', between: re(`</(?i:key|name|string)>\s*<(?i:string|value|data)>`),
		example: `<key>apiKey</key><string>%s</string>`},
	{name: "YAML", first: "\n\r \"'", needs: "\n", sep: '=',
		between: re(`["']?[ \t\r]*\n[ \t]*["']?(?:value|stringValue)["']?:[ \t]*`),
		example: "- name: API_KEY\n  value: %s"},
	{
		name:   "prose",
		first:  " ",
		sep:    ':',
		spoken: true,
		weak:   true,
		between: re(
			`(?: (?:file )?(?:contents?|value|base|string|v?\d{1,3})){0,2}\s+(?:is|was|are|will be|set to|equals|reads)(?: (?:now|set to))?(?:\s*[:=])?\s+`,
		),
		example: "your API key is: %s",
	},
	{name: "words and a colon", first: " :=", needs: ":=", sep: ':', spoken: true, weak: true,
		between: re(`(?: (?:file )?(?:contents?|value|base|string|v?\d{1,3})){0,2}\s*[:=]\s*`),
		example: "the API key: %s"},
}

// nameByte has what a name is made of, groups and all.
var nameByte = text.Table(func(c byte) bool { return text.Ident[c] || c == '.' })

// assigned finds the value of the name that i is in, if it is that of a secret.
func (s *scan) assigned(i int) (h hit, ok bool) {
	b := s.text
	if i < s.named || i+1 == len(b) {
		return h, false
	}
	end := i + 1
	for end < len(b) && end-i < maxWord && nameByte[b[end]] {
		end++
	}
	s.steps += end - i
	s.named = end
	for end > i && (b[end-1] == '.' || b[end-1] == '-') {
		end--
	}
	if end == len(b) || !maybeLinked(b, end) || tokenID(b, end) {
		return h, false
	}
	start := s.wordStart(i+1, &nameByte)
	for start < i && (b[start] == '-' || b[start] == '.') {
		start++
	}
	if start >= end || start >= len(maskHead) && string(b[start-len(maskHead):start]) == maskHead {
		return h, false
	}
	var w words
	w.split(b[start:end])
	n, ok := nameOf(&w)
	v := value{scan: s, name: n, start: start}
	v.name.caps = caps(b[start:end])
	if v.name.caps && w.n > 1 {
		v.name.piece = false
	}
	if !ok || n.query && !v.contextHolds() {
		return v.spoken(start, end)
	}
	return v.linked(start, end)
}

// maybeLinked reports whether what stands at i may link a name to a value.
func maybeLinked(b []byte, i int) bool {
	return linkByte[b[i]]
}

var linkByte = text.Table(func(c byte) bool { return bytes.IndexByte([]byte("=:\"'`>\\% \t\n\r?!+|&]<.)"), c) >= 0 })

// tokenID reports whether a model's token ends at end and its number stands
// behind it, as a runner prints them: BOS token = 1 '<s>', sampled token: 310: ' of'. It is
// asked first since such lines are many.
func tokenID(b []byte, end int) bool {
	if end < 6 || string(b[end-6:end]) != " token" {
		return false
	}
	sampled := b[end] == ':' && bytes.HasSuffix(b[:end], []byte("sampled token"))
	if b[end] != ' ' && !sampled {
		return false
	}
	i := end
	for i < len(b) && b[i] == ' ' && i-end < 24 {
		i++
	}
	if i == len(b) || b[i] != '=' && b[i] != ':' {
		return false
	}
	for i++; i < len(b) && b[i] == ' ' && i-end < 48; i++ {
	}
	digits := i
	for i < len(b) && text.Digit(b[i]) && i-digits < 8 {
		i++
	}
	return i > digits && i-digits < 8 && (i == len(b) || b[i] == ' ' || sampled && b[i] == ':')
}

// linked finds the value of a name of a secret, by what stands behind it.
func (v *value) linked(start, end int) (h hit, ok bool) {
	b := v.text
	if b[end] == '>' {
		v.at = end + 1
		return v.element()
	}
	if i, next, ok := v.operator(end); ok {
		if h, matched, ok := v.typed(end, i); matched {
			return h, ok
		}
		v.at = next
		return v.find(end == i)
	}
	if v.flagged(start, end) {
		return v.flag(end)
	}
	if h, ok := v.byLink(end, false); ok {
		return h, true
	}
	return v.before(start)
}

// contextHolds reports whether a name that only is a secret's in certain places
// stands in one.
func (v *value) contextHolds() bool {
	if v.name.signed && signed(v.text, v.start) {
		v.name.looks = false
		return true
	}
	return !v.name.query || v.inQuery()
}

// signed reports whether the name of AWS's way to sign a request stands not far
// before i.
func signed(b []byte, i int) bool {
	return bytes.Contains(b[max(0, i-512):i], []byte("AWS4-HMAC-SHA256"))
}

// typed finds the value behind a colon and a type: x: string = "V".
func (v *value) typed(end, op int) (h hit, matched, ok bool) {
	b := v.text
	if b[op] != ':' || op+2 >= len(b) {
		return h, false, false
	}
	i := v.gapEnd(op+1, 0)
	if i == len(b) || bytes.IndexByte([]byte("sSt&[c"), b[i]) < 0 {
		return h, false, false
	}
	return v.follow(&links[0], end, false)
}

// element finds what stands in <password>…</password>.
func (v *value) element() (h hit, ok bool) {
	b := v.text
	from := v.gapEnd(v.at, 1)
	end := from
	for end < len(b) && b[end] != '<' && b[end] != '"' && b[end] != '\n' && b[end] != '\\' {
		end++
	}
	v.steps += end - from
	closing := v.gapEnd(end, 1)
	if end == from || MaskLen(b[from:end]) == end-from ||
		!text.HasPrefix(b[closing:], "</") && !text.HasPrefix(b[closing:], `\u003c/`) {
		return h, false
	}
	for end > from && b[end-1] == ' ' {
		end--
	}
	if v.weak && !madeUp(b[from:end]) {
		return h, false
	}
	return hit{from: from, to: end, kind: v.name.kind}, true
}

// byLink tries the links that stand behind a name.
func (v *value) byLink(end int, spoken bool) (h hit, ok bool) {
	c, _ := plainByte(v.text[end:])
	for i := range links {
		l := &links[i]
		if bytes.IndexByte([]byte(l.first), c) < 0 || spoken && !l.spoken {
			continue
		}
		if h, matched, ok := v.follow(l, end, spoken); matched {
			return h, ok
		}
	}
	return h, false
}

// follow tries one link: whether it is what stands there, and a secret behind it.
func (v *value) follow(l *link, end int, spoken bool) (h hit, matched, ok bool) {
	var buf [maxLink]byte
	var at [maxLink + 1]int
	p := plain(buf[:0], v.text[:v.linkLimit(end)], end, 3*maxLink, &at)
	v.steps += len(p)
	if l.needs != "" && !bytes.ContainsAny(p, l.needs) {
		return h, false, false
	}
	m := l.between.get().FindIndex(p)
	if m == nil || m[1] == len(p) {
		return h, false, false
	}
	w := *v
	w.sep, w.weak, w.at = l.sep, l.weak && !v.name.header, at[m[1]]
	w.encoded = at[m[1]]-at[m[1]-1] == 3 && v.text[at[m[1]-1]] == '%'
	if l.quoted {
		h, ok = w.argument(at[m[1]-1])
		return h, true, ok
	}
	if l.sep == '>' {
		h, ok = w.element()
		return h, ok, ok
	}
	if q := text.OpeningQuote(w.text, end); l.sep == ':' && !l.spoken && q > 0 && w.text[end+q-1] == '"' {
		w.keyQuotes = q
	}
	h, ok = w.find(spoken)
	return h, true, ok
}

// argument finds the value in the quotes that open at i.
func (v *value) argument(i int) (h hit, ok bool) {
	if v.at = i; v.encoded {
		return v.find(false)
	}
	n := text.OpeningQuote(v.text, i)
	if n == 0 {
		return h, false
	}
	from, to, ok := v.quoted(i, n-1)
	if !ok || v.sep == ',' && !argued(v.text[from:to], v.name.header) {
		return h, false
	}
	return v.judge(from, to, false, true)
}

// argued reports whether b is no name that stands behind another in a list of
// names: it has a digit, is long, or has the scheme of a header.
func argued(b []byte, header bool) bool {
	if n := bytes.IndexByte(b, ' '); header && n > 0 && bytes.IndexByte(b, '=') < 0 {
		return anyFold(b[:n], schemes) || anyFold(b[:n], paramSchemes)
	}
	return len(b) >= 24 || bytes.IndexFunc(b, unicode.IsDigit) >= 0
}

// linkLimit is how far a link may reach: no farther than the quoted text that
// the name is in, whose end is told by having fewer backslashes than the quote
// behind the name.
func (v *value) linkLimit(end int) int {
	b := v.text
	limit := min(len(b), end+3*maxLink)
	q := text.OpeningQuote(b, end)
	if q == 0 || b[end+q-1] != '"' {
		return v.textEnd(end, limit-end)
	}
	slashes := 0
	for i := end; i < limit; i++ {
		switch b[i] {
		case '\\':
			slashes++
			continue
		case '"':
			if slashes < q-1 {
				return i
			}
		}
		slashes = 0
	}
	return limit
}

// spoken finds the value of a name in words of everyday language: my API key:
// Zx81kqPP, the vault unseal key 1 is: Zx81kqPP.
func (v *value) spoken(start, end int) (h hit, ok bool) {
	b := v.text
	if b[end] != ' ' && b[end] != ':' && b[end] != '=' {
		return h, false
	}
	from := start
	for range 4 {
		if from < 2 || b[from-1] != ' ' {
			break
		}
		word := from - 1
		for word > 0 && from-word < 20 && class(b[word-1]) != 0 {
			word--
		}
		if word == from-1 {
			break
		}
		from = word
	}
	if from == start {
		return h, false
	}
	v.steps += start - from
	var w words
	w.split(b[from:end])
	n, ok := nameOf(&w)
	if !ok || n.query || n.kind == Key && !keyWords[string(w.last(1))] {
		return h, false
	}
	n.bare, n.looks = true, true
	v.name, v.weak = n, true
	return v.byLink(end, true)
}
