package redact

import "ollama-hec/sourcetypes/internal/text"

// operator reads what assigns or compares, behind the quote that may close the
// name: = : := ?= == ["name"] = and their like. i is where it begins.
func (v *value) operator(end int) (i, next int, ok bool) {
	b := v.text
	i = end
	if q := text.OpeningQuote(b, i); q > 0 && !(q == 1 && b[i] == '"' && v.closes(i) && !mayAssign(b, i+1)) {
		if b[i+q-1] == '"' {
			v.keyQuotes = q
		}
		i += q
	} else if c := percentByte(b[i:]); c == '"' || c == '\'' {
		i += 3
	} else {
		i += escapedQuote(b[i:])
	}
	quoted := i > end
	for i < len(b) && (quoted || b[end] == ')') && (b[i] == ']' || b[i] == ')') {
		i++
	}
	bracket := i > end && (b[i-1] == ']' || b[i-1] == ')')
	i = v.gapEnd(i, 0)
	if i == len(b) {
		return i, i, false
	}
	if v.sep, next = readOperator(b, i); v.sep == 0 {
		return i, i, false
	}
	if bracket {
		v.keyQuotes = 0
	}
	switch op := b[i:next]; {
	case op[0] == '%' || op[0] == '\\' || op[0] == '&':
		v.encoded = op[0] == '%'
	case string(op) == "==", string(op) == "===", op[0] == '!':
		v.compared = true
	}
	return i, next, true
}

// mayAssign reports whether an operator stands at i, with spaces before it.
func mayAssign(b []byte, i int) bool {
	for start := i; i < len(b) && (b[i] == ' ' || b[i] == ']') && i-start < maxWord; {
		i++
	}
	if i == len(b) {
		return false
	}
	sep, _ := readOperator(b, i)
	return sep != 0
}

// operators are what stands between a name and a value, the longer ones first.
var operators = [256][]string{
	'=': {"===", "==", "=>", "=~", "="},
	':': {":::=", "::=", ":=", ":"},
	'!': {"!==", "!="},
	'?': {"??=", "?="},
	'|': {"||="},
	'+': {"+="},
	'.': {".="},
	'&': {"&#61;", "&#58;"},
}

// readOperator reads the operator at i: whether it counts as = or as :, and
// where it ends; 0 if there is none.
func readOperator(b []byte, i int) (sep byte, end int) {
	switch b[i] {
	case '%':
		if c := percentByte(b[i:]); c == '=' || c == ':' {
			return c, i + 3
		}
	case '\\':
		if text.HasPrefix(b[i:], `\u003d`) || text.HasPrefix(b[i:], `\u003D`) || text.HasPrefix(b[i:], `\u003a`) ||
			text.HasPrefix(b[i:], `\u003A`) {
			return map[bool]byte{true: ':', false: '='}[b[i+5]|0x20 == 'a'], i + 6
		}
	}
	for _, op := range operators[b[i]] {
		if !text.HasPrefix(b[i:], op) {
			continue
		}
		end = i + len(op)
		if op == ":" && end < len(b) && b[end] == ':' {
			return 0, i // C++ has more to say
		}
		if op[0] == ':' {
			return ':', end
		}
		return '=', end
	}
	return 0, i
}
