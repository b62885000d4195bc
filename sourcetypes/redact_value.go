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

// assignment finds the value assigned to a name of a secret by the = or : at i,
// which ends before next: it may be percent-encoded.
func assignment(text []byte, i, next int, q *quotes) (h hit, ok bool) {
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
	v := value{text: text, quotes: q, name: name, start: start, sep: text[i], at: next, keyQuotes: keyQuotes}
	if v.sep == '%' {
		v.sep, v.encoded = percentByte(text[i:]), true
	}
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
	start     int  // of the name
	sep       byte // = or :, or the space behind a flag
	encoded   bool // the separator is percent-encoded, and so is the value
	at        int
	keyQuotes int
	opened    bool // behind a bracket, as Go prints a header or a list
}

// find returns what is to be replaced. tight: the separator stands right
// behind the name.
func (v *value) find(tight bool) (h hit, ok bool) {
	b := v.text
	if v.at < len(b) && (v.sep == '=' && b[v.at] == '>' || v.sep == ':' && b[v.at] == '=') {
		v.at++
	}
	gap := v.at
	v.at = gapEnd(b, gap, 0)
	if v.sep == ':' && v.at < len(b) && (b[v.at] == '|' || b[v.at] == '>') {
		// A block of YAML begins on the next line.
		i := v.at + 1
		if i < len(b) && (b[i] == '-' || b[i] == '+') {
			i++
		}
		if gapEnd(b, i, 1) > gapEnd(b, i, 0) {
			v.at = i
		}
	}
	if v.sep != '=' && v.at < len(b) {
		if next := gapEnd(b, v.at, 1); next > v.at {
			v.at = next // on the next line
			if next < len(b) && (!wordByte[b[next]] && openingQuote(b, next) == 0 || v.label()) {
				return h, false
			}
		}
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
	if n := openingQuote(b, v.at); n > 0 && !(n == 1 && spaced && v.quotes.closes(b, v.at)) {
		if from, to, ok := v.quoted(n - 1); ok {
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
	if i == v.at || i == len(b) || b[i] != v.sep {
		return false
	}
	return v.sep == '=' || v.name.caps && (i+1 == len(b) || b[i+1] != ' ' || caps(b[v.at:i]))
}

// label says whether the line at v.at begins with a name of its own.
func (v *value) label() bool {
	b, i := v.text, v.at
	for i < len(b) && nameByte[b[i]] {
		i++
	}
	return i < len(b) && (b[i] == '=' || b[i] == ':')
}

// quoted measures a value in quotes with so many backslashes before the first.
func (v *value) quoted(slashes int) (from, to int, ok bool) {
	b := v.text
	q := b[v.at+slashes]
	from = v.at + slashes + 1
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
		case ' ', '\t', '\n', '\r', '`':
			return i
		case '"':
			if inQuotes || i == from || i+1 == len(b) || !wordByte[b[i+1]] {
				return i
			}
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
				if i == from || end+1 == len(b) || !wordByte[b[end+1]] {
					return i
				}
				i = end
				continue
			case odd && end < len(b) && (b[end] == 'n' || b[end] == 'r' || b[end] == 't'):
				return end - 1
			}
			i = end - 1
		case '&':
			if query || v.encoded {
				return i
			}
		case '%':
			if c := percentByte(b[i:]); v.encoded && !v.name.header && (c == '&' || c <= ' ' || c == '"') {
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
	sep := v.sep
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

// judge says whether what stands there is a secret, by the name and the looks
// of it.
func (v *value) judge(from, to int, spaced, quoted bool) (h hit, ok bool) {
	b := v.text[from:to]
	if len(b) == 0 || maskLen(b) == len(b) || nothing(b) {
		return h, false
	}
	prose := v.name.bare && v.keyQuotes == 0 && !v.name.caps && v.sep == ':' && spaced
	switch {
	case v.name.piece && !quoted && number(b) && len(b) < 8:
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
	if v.keyQuotes > 0 && !quoted && v.sep == ':' {
		h.quotes = v.keyQuotes // a JSON number
	}
	return h, true
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
