package sourcetypes

import (
	"bytes"
	"math/bits"
)

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
