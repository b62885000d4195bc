package sourcetypes

import (
	"bytes"
	"math/bits"
)

// secretName is what a name says of the value assigned to it.
type secretName struct {
	kind   Kind
	header bool // the value of an HTTP header, which is several words
	cookie bool // of which all are secret
	bare   bool // a word of everyday language, without a prefix
	piece  bool // a token of a tokenizer: bos_token, next token
	caps   bool // an environment variable
}

// nameEnds has the two letters a secret's name may end in, for all that
// parseName knows; beforeSeparator what may stand behind the name.
var (
	nameEnds = func() (t pairs) {
		for _, end := range []string{"en", "on", "et", "rd", "wd", "id", "ey", "se", "ie", "re", "ss", "al"} {
			t.add(end[0], end[1])
		}
		return t
	}()
	beforeSeparator = [256]bool{'"': true, '\'': true, ' ': true}
)

// parseName says whether what ends a text is the name of a secret.
func parseName(text []byte, start, end int) (n secretName, ok bool) {
	name := text[start:end]
	n.caps = caps(name)
	prefix := func(suffix string) []byte { // what is before the suffix; nil if it is not there
		if len(name) < len(suffix) || !equalFold(name[len(name)-len(suffix):], suffix) {
			return nil
		}
		return name[: len(name)-len(suffix) : len(name)]
	}
	joined := func(p []byte) bool { return len(p) > 0 && !lower(p[len(p)-1]) && !upper(p[len(p)-1]) }
	switch name[len(name)-1] | 0x20 {
	case 'n':
		if p := prefix("token"); p != nil {
			n.kind, n.bare, n.piece = KindToken, len(p) == 0, pieceName(text, start, p)
			return n, true
		}
		n.kind, n.header = KindToken, true
		return n, prefix("authorization") != nil
	case 't':
		p := prefix("secret")
		n.kind, n.bare = KindSecret, p != nil && len(p) == 0
		return n, p != nil
	case 'd':
		n.kind = KindPassword
		for _, suffix := range [...]string{"password", "passwd", "pwd"} {
			if p := prefix(suffix); p != nil {
				n.bare = len(p) == 0
				if suffix == "pwd" {
					return n, joined(p) || n.bare && !n.caps
				}
				return n, true
			}
		}
		if equalFold(name, "key_id") || equalFold(name, "keyid") {
			return n, false
		}
		n.kind = KindKey
		return n, prefix("access_key_id") != nil || prefix("accesskeyid") != nil
	case 'y':
		n.kind = KindKey
		return n, keyName(text, start, prefix("key"))
	case 'e':
		if prefix("passphrase") != nil {
			n.kind = KindPassword
			return n, true
		}
		n.kind, n.header = KindToken, true
		if p := prefix("cookie"); p != nil {
			n.cookie = true
			return n, len(p) == 0 || equalFold(p, "set-")
		}
		n.header = false
		return n, equalFold(name, "x-amz-signature") || equalFold(name, "x-goog-signature")
	case 's':
		p := prefix("pass")
		n.kind = KindPassword
		return n, joined(p)
	case 'l':
		n.kind = KindKey
		return n, equalFold(name, "x-amz-credential") || equalFold(name, "x-goog-credential")
	}
	return n, false
}

// keyName says whether a name that ends in key, with p before that, is of a
// secret: api_key, apiKey, X-Api-Key or, in two words, API key.
func keyName(text []byte, start int, p []byte) bool {
	if p == nil {
		return false
	}
	if len(p) == 0 {
		if start < 2 || text[start-1] != ' ' {
			return false
		}
		from := start - 1
		for from > 0 && identByte[text[from-1]] {
			from--
		}
		word := text[from : start-1]
		return equalFold(word, "api") || equalFold(word, "access") || equalFold(word, "secret")
	}
	last := p[len(p)-1]
	word := bytes.TrimRight(p, "_-")
	key := p[:len(p)+1][len(p)]
	switch {
	case last == '_' || last == '-':
	case len(p) >= 3 && equalFold(p[len(p)-3:], "api"):
	case lower(last) && key == 'K':
	default:
		return false
	}
	for _, harmless := range [...]string{"public", "pub", "primary", "foreign", "sort", "cache", "partition", "row", "hot", "map", "group", "num", "host"} {
		if len(word) >= len(harmless) && equalFold(word[len(word)-len(harmless):], harmless) {
			return false
		}
	}
	return true
}

// pieceName says whether a name that ends in token, with p before that, is
// about a tokenizer's tokens.
func pieceName(text []byte, start int, p []byte) bool {
	if caps(p) && len(p) > 0 {
		return false
	}
	p = bytes.TrimRight(p, "_-")
	if len(p) == 0 {
		return true
	}
	from := len(p)
	for from > 0 && p[from-1] != '_' && p[from-1] != '-' && p[from-1] != '.' {
		from--
	}
	switch string(p[from:]) {
	case "bos", "eos", "eot", "eom", "eog", "unk", "sep", "pad", "cls", "mask", "lf", "nl", "fim", "pre", "suf", "mid", "rep",
		"next", "last", "prev", "image", "audio", "video", "vision", "special", "stop", "start", "end", "begin", "control",
		"first", "cached", "prompt", "sampled", "new", "max", "min", "num", "n", "per", "draft", "target", "prefix", "suffix",
		"middle", "boi", "eoi", "think", "ms", "id":
		return true
	}
	return false
}

// nameByte has what a name is made of, groups and all.
var nameByte = func() (t [256]bool) {
	for c := range t {
		t[c] = identByte[c] || c == '.'
	}
	return t
}()

// assignment finds the value assigned by the = or : at i to a name of a secret.
func assignment(text []byte, i int, q *quotes) (h hit, ok bool) {
	end := i
	for end > 0 && text[end-1] == ' ' {
		end--
	}
	keyQuotes := 0 // one more than the backslashes before the quote behind the name
	if end > 0 && (text[end-1] == '"' || text[end-1] == '\'') {
		for end--; end > 0 && text[end-1] == '\\'; end-- {
			keyQuotes++
		}
		keyQuotes++
	}
	if end < 3 || !nameEnds.has(text[end-2]|0x20, text[end-1]|0x20) {
		return h, false
	}
	start := wordStart(text, end, &nameByte)
	if start == end {
		return h, false
	}
	name, ok := parseName(text, start, end)
	if !ok {
		return h, false
	}
	v := value{text: text, quotes: q, name: name, start: start, sep: i, at: i + 1, keyQuotes: keyQuotes}
	if keyQuotes > 0 && text[end+keyQuotes-1] == '\'' {
		v.keyQuotes = 0
	}
	return v.find(end == i)
}

// value looks for what is assigned to a name.
type value struct {
	text      []byte
	quotes    *quotes
	name      secretName
	start     int // of the name
	sep       int
	at        int
	keyQuotes int
	opened    bool // behind a bracket, as Go prints a header or a list
}

// find returns what is to be replaced. tight: the separator stands right
// behind the name.
func (v *value) find(tight bool) (h hit, ok bool) {
	b := v.text
	if v.at < len(b) && (b[v.sep] == '=' && b[v.at] == '>' || b[v.sep] == ':' && b[v.at] == '=') {
		v.at++
	}
	gap := v.at
	for v.at < len(b) && (b[v.at] == ' ' || b[v.at] == '\t') {
		v.at++
	}
	spaced := v.at > gap
	if v.at == len(b) || b[v.at] == '\n' || spaced && tight && v.keyQuotes == 0 && v.nextName() {
		return h, false
	}
	if n := maskLen(b[v.at:]); n > 0 {
		if v.at+n == len(b) || !identByte[b[v.at+n]] {
			return h, false
		}
	}
	slashes := 0
	for v.at+slashes < len(b) && b[v.at+slashes] == '\\' {
		slashes++
	}
	if v.at+slashes < len(b) && (b[v.at+slashes] == '"' || b[v.at+slashes] == '\'') {
		if from, to, ok := v.quoted(slashes); ok {
			return v.judge(from, to, spaced, true)
		}
	}
	if b[v.at] == '"' {
		return h, false // closes the text all this stands in
	}
	return v.unquoted(spaced)
}

// nextName says whether the next word is itself a name with a separator: then
// nothing is assigned to the one before.
func (v *value) nextName() bool {
	b := v.text
	i := v.at
	for i < len(b) && (identByte[b[i]] || b[i] == '.') {
		i++
	}
	if i == v.at || i == len(b) || b[i] != b[v.sep] {
		return false
	}
	return b[v.sep] == '=' || v.name.caps && (i+1 == len(b) || b[i+1] != ' ' || caps(b[v.at:i]))
}

// quoted measures a value in quotes with so many backslashes before the first.
func (v *value) quoted(slashes int) (from, to int, ok bool) {
	b := v.text
	q := b[v.at+slashes]
	from = v.at + slashes + 1
	if q == '\'' {
		for to = from; to < len(b) && b[to] != '\n' && b[to] != '"'; to++ {
			if b[to] == q {
				return from, to, true
			}
		}
		return 0, 0, false
	}
	level := bits.Len(uint(slashes))
	for to = from; to < len(b); to++ {
		if b[to] != '"' {
			continue
		}
		n := 0
		for to-n > from && b[to-n-1] == '\\' {
			n++
		}
		if own, closes := closesQuote(n, level); closes {
			return from, to - min(own, n), true
		}
	}
	return from, len(b), true
}

// closesQuote says whether a quote behind n backslashes closes a text quoted
// level times more than the line. own is how many of them belong to the quote.
func closesQuote(n, level int) (own int, closes bool) {
	own = 1<<level - 1
	for range level {
		if n%2 == 0 {
			return 0, true // it closes what is around
		}
		n /= 2
	}
	return own, n%2 == 0
}

// unquoted measures a value without quotes and returns what to replace.
func (v *value) unquoted(spaced bool) (h hit, ok bool) {
	b, from := v.text, v.at
	inQuotes := v.keyQuotes > 1 || v.quotes.inside(b, from)
	v.opened = b[from] == '[' && maskLen(b[from:]) == 0
	if v.opened && v.keyQuotes > 0 {
		return v.list()
	}
	if v.opened {
		from++
	}
	if v.name.header {
		return v.header(from, inQuotes)
	}
	if to, ok := v.environment(from); ok {
		return v.judge(from, to, spaced, false)
	}
	to := v.wordEnd(from, inQuotes)
	if v.keyQuotes == 0 {
		to = trimEnd(b, from, to)
	}
	return v.judge(from, to, spaced, false)
}

// trimEnd takes from a word what closes the sentence or the list it ends.
func trimEnd(b []byte, from, to int) int {
	for to > from && bytes.IndexByte([]byte(")]},;."), b[to-1]) >= 0 {
		if open := bytes.LastIndexByte(b[from:to], '['); open >= 0 && maskLen(b[from+open:to]) == to-from-open {
			break
		}
		to--
	}
	return to
}

// wordEnd is where the word that begins at from ends.
func (v *value) wordEnd(from int, inQuotes bool) int {
	b := v.text
	query := v.start > 0 && (b[v.start-1] == '?' || b[v.start-1] == '&')
	for i := from; i < len(b); i++ {
		switch c := b[i]; c {
		case ' ', '\t', '\n', '\r', '"', '`':
			return i
		case '\\':
			if !inQuotes {
				continue
			}
			end := i // of the backslashes
			for end < len(b) && b[end] == '\\' {
				end++
			}
			switch odd := (end-i)%2 == 1; {
			case end < len(b) && b[end] == '"':
				return i
			case odd && end < len(b) && (b[end] == 'n' || b[end] == 'r' || b[end] == 't'):
				return end - 1
			}
			i = end - 1
		case '&':
			if query {
				return i
			}
		case ',', ';':
			if v.keyQuotes > 0 || i+1 == len(b) || b[i+1] == ' ' {
				return i
			}
		case '[':
			if n := maskLen(b[i:]); n > 0 {
				i += n - 1
			}
		case '}', ']', ')':
			if v.keyQuotes > 0 || v.opened && c == ']' {
				return i
			}
		}
	}
	return len(b)
}

// environment measures a value in what Go prints for an environment, where it
// may hold spaces: map[A:x B:y z] or [A=x B=y z].
func (v *value) environment(from int) (to int, ok bool) {
	b := v.text
	sep := b[v.sep]
	if sep != ':' && sep != '=' || v.keyQuotes > 0 || v.opened || !v.quotes.environment(b, v.start) {
		return 0, false
	}
	for i := from; i < len(b); i++ {
		switch b[i] {
		case '"', '\n':
			if escaped(b, i) {
				continue
			}
			if i > from && b[i-1] == ']' {
				i--
			}
			return i, true
		case ' ':
			j := i + 1
			for j < len(b) && (identByte[b[j]] && b[j] != '-') {
				j++
			}
			if j > i+1 && j < len(b) && b[j] == sep {
				return i, true
			}
		}
	}
	if to := len(b); to > from && b[to-1] == ']' {
		return to - 1, true
	}
	return len(b), true
}

// list measures a JSON array that is not too long, and replaces all of it.
func (v *value) list() (h hit, ok bool) {
	b := v.text
	depth := 0
	for i := v.at; i < min(len(b), v.at+512); i++ {
		switch b[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				if i == v.at+1 {
					return h, false
				}
				return hit{from: v.at, to: i + 1, kind: v.name.kind, quotes: v.keyQuotes}, true
			}
		case '\n':
			return h, false
		}
	}
	return h, false
}

// header measures the value of an HTTP header: what follows the scheme, or for
// a cookie everything.
func (v *value) header(from int, inQuotes bool) (h hit, ok bool) {
	b := v.text
	word := v.wordEnd(from, inQuotes)
	to := word
	if v.name.cookie {
		for to < len(b) && b[to] == ' ' {
			to = v.wordEnd(to+1, inQuotes)
		}
	} else {
		switch name := b[from:word]; {
		case word == len(b) || b[word] != ' ':
		case equalFold(name, "bearer"), equalFold(name, "basic"), equalFold(name, "splunk"), equalFold(name, "token"), equalFold(name, "apikey"):
			from = skipSpaces(b, word)
			to = v.wordEnd(from, inQuotes)
		case equalFold(name, "digest"), equalFold(name, "negotiate"), equalFold(name, "aws4-hmac-sha256"):
			from = skipSpaces(b, word)
			for to = word; to < len(b) && b[to] == ' '; {
				to = v.wordEnd(to+1, inQuotes)
			}
		}
	}
	return v.judge(from, trimEnd(b, from, to), false, false)
}

// judge says whether what stands there is a secret, by the name and the looks
// of it.
func (v *value) judge(from, to int, spaced, quoted bool) (h hit, ok bool) {
	b := v.text[from:to]
	if len(b) == 0 || maskLen(b) == len(b) || nothing(b) {
		return h, false
	}
	prose := v.name.bare && v.keyQuotes == 0 && !v.name.caps && v.text[v.sep] == ':' && spaced
	switch {
	case b[0] == '<' && b[len(b)-1] == '>':
		return h, false // a placeholder, or a tokenizer's <s>
	case v.name.piece && !quoted && number(b):
		return h, false
	case v.name.piece && (b[0] == '<' || b[0] == '\''):
		return h, false
	case prose && v.name.kind == KindPassword && sentence(b):
		return h, false
	case prose && v.name.kind != KindPassword && !random(b):
		return h, false
	case v.name.kind == KindPassword && b[0] == '/' && v.name.bare && equalFold(v.text[v.start:v.start+3], "pwd"):
		return h, false // a directory
	}
	h = hit{from: from, to: to, kind: v.name.kind}
	if v.keyQuotes > 0 && !quoted && v.text[v.sep] == ':' {
		h.quotes = v.keyQuotes // a JSON number
	}
	return h, true
}

// commandFlag finds the value behind --password or its like, whose first dash is at i.
func commandFlag(text []byte, i int, q *quotes) (h hit, ok bool) {
	start := i + 2
	end := start
	for end < len(text) && identByte[text[end]] {
		end++
	}
	if end == start || end == len(text) || text[end] != ' ' {
		return h, false
	}
	name, ok := parseName(text, start, end)
	if !ok || name.header {
		return h, false
	}
	v := value{text: text, quotes: q, name: name, start: start, sep: end, at: skipSpaces(text, end)}
	if v.at == len(text) || text[v.at] == '-' {
		return h, false
	}
	v.name.bare = false
	return v.find(false)
}

// nothing says whether b stands for no value, or for one that is hidden already.
func nothing(b []byte) bool {
	switch string(b) {
	case "true", "false", "null", "nil", "<nil>", "none", "None", "undefined", "(null)", "[]", "{}", "{", "[", "\\":
		return true
	}
	return len(bytes.Trim(b, "*")) == 0
}

// sentence says whether b is a word that follows "password:" in a message.
func sentence(b []byte) bool {
	switch string(b) {
	case "incorrect", "invalid", "required", "wrong", "is", "not", "must", "missing", "expired", "too", "cannot", "the", "a",
		"an", "for", "no", "authentication", "failed", "mismatch", "empty", "unknown", "does", "should", "needs":
		return true
	}
	return false
}

func number(b []byte) bool {
	for i, c := range b {
		if !digit(c) && !(c == '-' && i == 0) && c != ',' && c != '.' {
			return false
		}
	}
	return len(b) <= 8
}

// caps says whether b is written in capitals.
func caps(b []byte) bool {
	for _, c := range b {
		if lower(c) {
			return false
		}
	}
	return true
}

func lower(c byte) bool { return c >= 'a' && c <= 'z' }
func upper(c byte) bool { return c >= 'A' && c <= 'Z' }
