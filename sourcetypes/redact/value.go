package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// value looks for what is assigned to a name.
type value struct {
	*scan
	name      name
	start     int  // of the name
	sep       byte // = or :, or the space behind a flag
	encoded   bool // the separator is percent-encoded, and so is the value
	at        int
	keyQuotes int  // one more than the backslashes before the quote behind the name; 0: none
	opened    bool // behind a bracket, as Go prints a header or a list
	compared  bool // not assigned: a word is a variable, unless it looks made up
	weak      bool // must look made up
}

// find returns what is to be replaced. tight: the separator stands right
// behind the name.
func (v *value) find(tight bool) (h hit, ok bool) {
	b := v.text
	gap := v.at
	v.at = v.gapEnd(gap, 0)
	if v.sep == ':' && v.at < len(b) && (b[v.at] == '|' || b[v.at] == '>') {
		v.blockOfYAML()
	}
	if v.sep != '=' && v.at < len(b) {
		if next := v.gapEnd(v.at, 1); next > v.at {
			v.at = next // on the next line
			if next < len(b) && (!wordByte[b[next]] && text.OpeningQuote(b, next) == 0 || v.label()) {
				return h, false
			}
		}
	}
	spaced := v.at > gap
	if v.at == len(b) || b[v.at] == '\n' || spaced && tight && v.keyQuotes == 0 && v.nextName() {
		return h, false
	}
	if n := MaskLen(b[v.at:]); n > 0 {
		if v.at+n == len(b) || !text.Ident[b[v.at+n]] {
			return h, false
		}
	}
	if v.encoded && (percentByte(b[v.at:]) == '"' || percentByte(b[v.at:]) == '\'') {
		v.at += 3
		return v.unquoted(spaced)
	}
	if from, to, ok := v.betweenEscapedQuotes(v.at); ok {
		return v.judge(from, to, spaced, true)
	}
	n := text.OpeningQuote(b, v.at)
	if n > 0 && n < v.keyQuotes && b[v.at+n-1] == '"' {
		return h, false // closes what name and value stand in
	}
	if n > 0 && !(n == 1 && spaced && v.closes(v.at)) {
		if from, to, ok := v.quoted(v.at, n-1); ok {
			return v.judge(from, to, spaced, true)
		}
	}
	if v.at >= len(b) || b[v.at] == '"' {
		return h, false // closes the text all this stands in
	}
	return v.unquoted(spaced)
}

// blockOfYAML goes to the next line if a block begins there.
func (v *value) blockOfYAML() {
	i := v.at + 1
	if i < len(v.text) && (v.text[i] == '-' || v.text[i] == '+') {
		i++
	}
	if v.gapEnd(i, 1) > v.gapEnd(i, 0) {
		v.at = i
	}
}

// nextName reports whether the next word is itself a name with a separator:
// then nothing is assigned to the one before.
func (v *value) nextName() bool {
	b := v.text
	i := v.at
	for i < len(b) && i-v.at < maxWord && nameByte[b[i]] {
		i++
	}
	if i == v.at || i == len(b) || b[i] != v.sep {
		return false
	}
	return v.sep == '=' || v.name.caps && (i+1 == len(b) || b[i+1] != ' ' || caps(b[v.at:i]))
}

// label reports whether the line at v.at begins with a name of its own.
func (v *value) label() bool {
	b, i := v.text, v.at
	for i < len(b) && i-v.at < maxWord && nameByte[b[i]] {
		i++
	}
	return i < len(b) && (b[i] == '=' || b[i] == ':')
}

// unquoted measures a value without quotes and returns what to replace.
func (v *value) unquoted(spaced bool) (h hit, ok bool) {
	b, from := v.text, v.at
	if from == len(b) || v.name.piece && (b[from] == '<' || b[from] == '\'') {
		return h, false
	}
	if b[from] == '{' && v.keyQuotes > 0 {
		return h, false // names of their own stand in it
	}
	inQuotes := v.keyQuotes > 1 || v.inside(from)
	v.opened = b[from] == '[' && MaskLen(b[from:]) == 0
	if v.opened && (v.keyQuotes > 0 || v.listOfQuoted(from+1)) {
		return v.list()
	}
	if v.opened {
		from++
	}
	if v.name.header {
		return v.header(from, inQuotes)
	}
	if !v.oneWord(spaced) {
		if to, ok := v.inEnvironment(from); ok {
			return v.judge(from, to, spaced, false)
		}
	}
	to := v.wordEnd(from, inQuotes)
	if v.keyQuotes == 0 {
		to = trimEnd(b, from, to)
	}
	return v.judge(from, to, spaced, false)
}

// oneWord reports whether only a value without spaces is a secret, by what its
// name is.
func (v *value) oneWord(spaced bool) bool {
	return v.weak || v.name.looks || v.prose(spaced) && v.name.kind != Password
}

// prose reports whether name and value may be part of a sentence.
func (v *value) prose(spaced bool) bool {
	return v.name.bare && v.keyQuotes == 0 && !v.name.caps && v.sep == ':' && spaced
}

// trimEnd takes from a word what closes the sentence or the list it ends.
func trimEnd(b []byte, from, to int) int {
	for to > from && bytes.IndexByte([]byte(")]},;."), b[to-1]) >= 0 {
		if b[to-1] == ']' && maskEnds(b[from:to]) {
			break
		}
		to--
	}
	return to
}

// maskEnds reports whether a mask stands at the end of b.
func maskEnds(b []byte) bool {
	for _, m := range masks {
		if len(b) >= len(m) && string(b[len(b)-len(m):]) == m {
			return true
		}
	}
	return false
}

// wordEnd is where the word that begins at from ends.
func (v *value) wordEnd(from int, inQuotes bool) (i int) {
	b := v.text
	defer func() { v.steps += i - from }()
	query := v.inQuery()
	for i = from; i < len(b); i++ {
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
			case odd && end < len(b) && escapeOf(b[end]) != 0:
				return end - 1
			}
			i = end - 1
		case '&':
			if query || v.encoded {
				return i
			}
		case '%':
			if c := percentByte(b[i:]); v.encoded && !v.name.header && (c == '&' || c <= ' ' || c == '"' || c == '\'') {
				return i
			}
		case ',', ';':
			if v.keyQuotes > 0 || i+1 == len(b) || b[i+1] == ' ' {
				return i
			}
		case '[':
			if n := MaskLen(b[i:]); n > 0 {
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

// inQuery reports whether the name stands where a parameter of a query begins.
func (v *value) inQuery() bool {
	b, i := v.text, v.start
	if i == 0 {
		return false
	}
	if c := b[i-1]; c == '?' || c == '&' {
		return true
	}
	if i >= 3 && (percentByte(b[i-3:]) == '&' || percentByte(b[i-3:]) == '?') {
		return true
	}
	return i >= 6 && text.EqualFold(b[i-6:i], `\u0026`) || i >= 5 && string(b[i-5:i]) == "&amp;"
}

// inEnvironment measures a value in what Go prints for an environment, where it
// may hold spaces: map[A:x B:y z] or [A=x B=y z].
func (v *value) inEnvironment(from int) (to int, ok bool) {
	b := v.text
	sep := v.sep
	if sep != ':' && sep != '=' || v.keyQuotes > 0 || v.opened || !v.environment(v.start) {
		return 0, false
	}
	backslashes := 0
	for i := from; i < len(b); i++ {
		v.steps++
		switch b[i] {
		case '\\':
			backslashes++
			continue
		case '"', '\n':
			if backslashes%2 == 1 {
				break
			}
			if i > from && b[i-1] == ']' {
				i--
			}
			return i, true
		case ' ':
			j := i + 1
			for j < len(b) && j-i < maxWord && text.Ident[b[j]] && b[j] != '-' {
				j++
			}
			v.steps += j - i
			if j > i+1 && j < len(b) && b[j] == sep {
				return i, true
			}
		}
		backslashes = 0
	}
	if to := len(b); to > from && b[to-1] == ']' {
		return to - 1, true
	}
	return len(b), true
}

// listOfQuoted reports whether a quote opens at i, rather than closing the text
// that it stands in, and the list it is in has as many that close.
func (v *value) listOfQuoted(i int) bool {
	b := v.text
	n := text.OpeningQuote(b, i)
	if n == 0 || n == 1 && v.inside(i) {
		return false
	}
	end := nextByte(b, i, 512, ']')
	return end > 0 && bytes.Count(b[i:end], b[i+n-1:i+n])%2 == 0
}

// list measures a JSON array that is not too long, and replaces all of it.
func (v *value) list() (h hit, ok bool) {
	b := v.text
	depth := 0
	for i := v.at; i < min(len(b), v.at+512); i++ {
		v.steps++
		switch b[i] {
		case '[':
			depth++
		case ']':
			if depth--; depth == 0 {
				if i == v.at+1 || v.name.kind == Token && numbers(b[v.at:i+1]) {
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

// numbers reports whether a JSON array holds numbers only, such as a model's tokens.
func numbers(b []byte) bool {
	for _, c := range b {
		if !text.Digit(c) && bytes.IndexByte([]byte("[], -"), c) < 0 {
			return false
		}
	}
	return true
}
