package redact

import (
	"bytes"
	"slices"
	"unicode"

	"ollama-hec/sourcetypes/internal/text"
)

// judge reports whether what stands there is a secret, by the name and the
// looks of it.
func (v *value) judge(from, to int, spaced, quoted bool) (h hit, ok bool) {
	b := v.text[from:to]
	if len(b) == 0 || MaskLen(b) == len(b) || nothing(b) {
		return h, false
	}
	n := &v.name
	prose := v.prose(spaced)
	switch {
	case n.piece && !quoted && number(b) && (len(b) < 8 || bytes.IndexByte(b, '.') >= 0), n.plural && number(b):
		return h, false
	case n.piece && (b[0] == '<' || !quoted && noToken(b)):
		return h, false
	case prose && n.kind == Password && (sentence(b) || failure(b)):
		return h, false
	case prose && n.kind != Password && !madeUp(b):
		return h, false
	case (v.weak || n.looks) && !n.header && !madeUp(b):
		return h, false
	case v.weak && bytes.IndexFunc(b[:min(len(b), 64)], unicode.IsLetter) < 0:
		return h, false
	case n.header && n.bare && v.sep == ':' && v.keyQuotes == 0 && !v.opened && !n.cookie && plainWord(b):
		return h, false
	case v.compared && !quoted && !madeUp(b):
		return h, false
	case n.kind == Password && b[0] == '/' && n.bare && text.EqualFold(v.text[v.start:min(v.start+3, len(v.text))], "pwd"):
		return h, false // a directory
	}
	h = hit{from: from, to: to, kind: n.kind}
	if v.keyQuotes > 0 && !quoted && v.sep == ':' {
		h.quotes = v.keyQuotes // a JSON number
	}
	return h, true
}

// noToken reports whether b begins as what programs print of a model's token: a
// text, an address in memory, or the type of a setting.
func noToken(b []byte) bool {
	for _, begin := range [...]string{"'", "0x", "(nil)", "bool:", "int:", "float:", "str:"} {
		if text.HasPrefix(b, begin) {
			return true
		}
	}
	return false
}

// nothing reports whether b stands for no value, or for one that is hidden already.
func nothing(b []byte) bool {
	switch string(b) {
	case "true", "false", "null", "nil", "<nil>", "none", "None", "undefined", "(null)", "[]", "{}", "{", "[", "\\":
		return true
	}
	return b[0] == '*' && len(bytes.Trim(b, "*")) == 0
}

// sentence reports whether b is a word that follows "password:" in a message.
func sentence(b []byte) bool {
	switch string(b) {
	case "incorrect",
		"invalid",
		"required",
		"wrong",
		"is",
		"not",
		"must",
		"missing",
		"expired",
		"too",
		"cannot",
		"the",
		"a",
		"an",
		"for",
		"no",
		"authentication",
		"failed",
		"mismatch",
		"empty",
		"unknown",
		"does",
		"should",
		"needs":
		return true
	}
	return false
}

// plainWord reports whether b is a word such as denied or required.
func plainWord(b []byte) bool {
	return len(b) < 14 && !slices.ContainsFunc(b, func(c byte) bool { return !text.Lower(c) })
}

// failure reports whether b reads like what went wrong with a request.
func failure(b []byte) bool {
	for _, method := range [...]string{
		"Get ", "Post ", "Put ", "Head ", "Delete ", "Patch ", "open ", "read ", "dial ", "rpc error",
	} {
		if text.HasPrefix(b, method) {
			return true
		}
	}
	return false
}

// number reports whether b is a number, or some with commas: 12, 1.2e-01, 3,4.
func number(b []byte) bool {
	for i, c := range b[:min(len(b), 32)] {
		if !text.Digit(c) && c != ',' && c != '.' && !((c == '-' || c == '+') && (i == 0 || b[i-1] == 'e')) &&
			!(c == 'e' && i > 0 && text.Digit(b[0])) {
			return false
		}
	}
	return len(b) <= 32
}

// madeUp reports whether b looks made up rather than like a word of a sentence,
// the sentence itself, a URL or a path.
func madeUp(b []byte) bool {
	b = b[:min(len(b), 256)]
	digits, uppers, lowers, marks := 0, 0, 0, 0
	for _, c := range b {
		switch {
		case text.Digit(c):
			digits++
		case text.Upper(c):
			uppers++
		case text.Lower(c):
			lowers++
		case c == ' ':
			return false
		default:
			marks++
		}
	}
	if text.HasPrefix(b, "http://") || text.HasPrefix(b, "https://") || path(b) {
		return false
	}
	return digits > 0 && len(b) >= 4 || uppers > 1 && lowers > 0 && len(b) >= 8 || marks > 0 && len(b) >= 12 ||
		len(b) >= 16
}

// path reports whether b is the absolute path of a file.
func path(b []byte) bool {
	return len(b) > 0 && b[0] == '/' && bytes.IndexByte(b[1:], '/') > 0 && !bytes.ContainsAny(b, "+=")
}

// Looks reports whether what a pattern matched looks made up.
type Looks func(b []byte) bool

// digitOr reports true of a text with a digit, or of one with n bytes.
func digitOr(n int) Looks {
	return func(b []byte) bool { return len(b) >= n || slices.ContainsFunc(b, text.Digit) }
}

// solid reports whether letters and digits stand together for as long as no
// word does: sk-learn-model-17 is a name, sk-proj-4fGh72kLmN01 is not.
func solid(b []byte) bool {
	run, digits := 0, 0
	for _, c := range b {
		if class(c) == 0 && c < 0x80 {
			run, digits = 0, 0
			continue
		}
		run++
		if text.Digit(c) {
			digits++
		}
		if run >= 10 && digits > 0 || run >= 24 {
			return true
		}
	}
	return false
}

// jumbled reports whether small letters, capitals and digits, or two of these, take
// turns as they do in no name.
func jumbled(b []byte) bool {
	turns, letters, digits := 0, 0, 0
	for i, c := range b {
		switch class(c) {
		case 0:
			continue
		case 3:
			digits++
		default:
			letters++
		}
		if i > 0 && mixed(b[i-1], c) {
			turns++
		}
	}
	return digits > 0 && letters > 0 && turns*5 >= len(b)
}
