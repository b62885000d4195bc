package sourcetypes

import "bytes"

// redactor replaces secrets and e-mail addresses in a text. What it leaves
// holds nothing more that it would replace, and has the quotes it had: a slog
// line stays one and so does a JSON object.
type redactor struct {
	Redact
	hits *[kinds]int64
	bufs [2][]byte
}

// hit is a part of a text that is replaced.
type hit struct {
	from, to int
	kind     Kind
	quotes   int // a JSON number is replaced by a text: with quotes behind this many backslashes plus one
}

// rounds bounds how often a text is gone over until nothing is found. One
// replacement can uncover another, but each makes the text duller.
const rounds = 8

// apply returns text redacted, looking only at what begins at from or later.
// It is text itself if there is nothing to redact, else good until the next call.
func (r *redactor) apply(text []byte, from int) []byte {
	if r.Secrets || r.Emails {
		for i := range rounds {
			next, changed := r.pass(r.bufs[i%2][:0], text, from)
			if !changed {
				break
			}
			r.bufs[i%2], text = next, next
		}
	}
	if len(r.Patterns) > 0 {
		text = r.patterns(text)
	}
	return text
}

// pass replaces what one walk over the text finds.
func (r *redactor) pass(dst, text []byte, from int) ([]byte, bool) {
	h, ok := r.find(text, from)
	if !ok {
		return dst, false
	}
	done := 0
	for ok {
		dst = append(dst, text[done:h.from]...)
		dst = h.appendMask(dst)
		r.hits[h.kind]++
		done = h.to
		h, ok = r.find(text, done)
		for ok && h.from < done { // reaches back into what is replaced already
			h.from = done
			ok = h.from < h.to
		}
	}
	return append(dst, text[done:]...), true
}

func (h *hit) appendMask(dst []byte) []byte {
	if h.quotes == 0 {
		return append(dst, masks[h.kind]...)
	}
	quote := func() {
		for range h.quotes - 1 {
			dst = append(dst, '\\')
		}
		dst = append(dst, '"')
	}
	quote()
	dst = append(dst, masks[h.kind]...)
	quote()
	return dst
}

// find returns the first hit whose trigger stands at from or later. Almost
// every byte of a log is passed over here, on the strength of one table.
func (r *redactor) find(text []byte, from int) (h hit, ok bool) {
	for i := from; i < len(text); i++ {
		rule := triggers[text[i]]
		if rule == 0 {
			continue
		}
		if h, ok = r.try(rule, text, i); ok {
			return h, true
		}
	}
	return h, false
}

// rule is what may be found at a byte.
type rule uint8

const (
	ruleNone    rule = iota
	ruleAt           // @ of an address or of a URL's user
	ruleAssign       // = or : behind a name
	ruleDash         // sk-…, -----BEGIN, --password
	ruleUnder        // ghp_…
	ruleUpper        // AKIA, AIza, eyJ
	ruleWord         // Bearer, Splunk
	rulePercent      // an @ in a query
)

var triggers = [256]rule{
	'@': ruleAt, '%': rulePercent, '=': ruleAssign, ':': ruleAssign, '-': ruleDash, '_': ruleUnder,
	'I': ruleUpper, 'J': ruleUpper, 'B': ruleWord, 'b': ruleWord, 'S': ruleWord,
}

// try looks for a hit that the byte at i belongs to.
func (r *redactor) try(is rule, text []byte, i int) (hit, bool) {
	switch is {
	case ruleAt:
		if r.Secrets {
			if h, ok := userinfo(text, i); ok {
				return h, true
			}
		}
		if r.Emails {
			return email(text, i, i+1)
		}
	case rulePercent:
		if r.Emails && i+3 < len(text) && text[i+1] == '4' && text[i+2] == '0' {
			return email(text, i, i+3)
		}
	case ruleAssign:
		if r.Secrets && i > 0 && nameEnd[text[i-1]] {
			return assignment(text, i)
		}
	case ruleDash:
		if r.Secrets && i > 0 && text[i-1] != '-' {
			if h, ok := prefixed(text, i); ok {
				return h, true
			}
		}
		if r.Secrets && i+10 < len(text) && text[i+1] == '-' {
			if text[i+2] == '-' {
				return privateKey(text, i)
			}
			return commandFlag(text, i)
		}
	case ruleUnder:
		if r.Secrets {
			return prefixed(text, i)
		}
	case ruleUpper:
		if r.Secrets {
			return lettered(text, i)
		}
	case ruleWord:
		if r.Secrets {
			return scheme(text, i)
		}
	}
	return hit{}, false
}

// patterns replaces what the site's own patterns match. Matches that are empty
// or part of a mask are left, so that a second run changes nothing for it.
func (r *redactor) patterns(text []byte) []byte {
	for _, re := range r.Patterns {
		found := re.FindAllIndex(text, -1)
		if found == nil {
			continue
		}
		out := make([]byte, 0, len(text))
		done := 0
		for _, m := range found {
			if m[0] == m[1] || inMask(text, m[0], m[1]) {
				continue
			}
			out = append(out, text[done:m[0]]...)
			out = append(out, masks[KindCustom]...)
			done = m[1]
			r.hits[KindCustom]++
		}
		text = append(out, text[done:]...)
	}
	return text
}

// inMask says whether text[from:to] touches a mask.
func inMask(text []byte, from, to int) bool {
	for i := 0; ; {
		j := bytes.Index(text[i:], []byte("[REDACTED:"))
		if j < 0 {
			return false
		}
		i += j
		if n := maskLen(text[i:]); n > 0 && from < i+n && to > i {
			return true
		}
		i++
	}
}

// maskLen measures the mask at the start of b; 0 if there is none.
func maskLen(b []byte) int {
	for _, m := range masks {
		if hasPrefix(b, m) {
			return len(m)
		}
	}
	return 0
}

// boundary says whether a word may begin at i: at the start, behind what is no
// part of a word, or behind an escape such as \n or \u003c.
func boundary(text []byte, i int) bool {
	return i == 0 || !identByte[text[i-1]] || escapeBefore(text, i)
}

// escapeBefore says whether an escape sequence of a quoted text ends at i. It
// is asked without knowing whether the text is quoted: a name in a path behind
// a backslash looks the same, and a boundary too many does no harm.
func escapeBefore(text []byte, i int) bool {
	for _, n := range [...]int{2, 4, 6, 10} { // \n \x1b \u003c \U0001f600
		if i < n || text[i-n] != '\\' || !escaped(text, i-n+1) {
			continue
		}
		switch c := text[i-n+1]; {
		case n == 2 && (c == 'n' || c == 't' || c == 'r' || c == 'a' || c == 'b' || c == 'f' || c == 'v'),
			n == 4 && c == 'x', n == 6 && c == 'u', n == 10 && c == 'U':
			return true
		}
	}
	return false
}
