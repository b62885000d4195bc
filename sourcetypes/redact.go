package sourcetypes

import "bytes"

// redactor replaces secrets and e-mail addresses in a text. What it leaves
// holds nothing more that it would replace, and has the quotes it had: a slog
// line stays one and so does a JSON object.
//
// Its cost grows with the text and no faster, since a client chooses much of
// what is logged: whatever looks far back or ahead is remembered or bounded.
type redactor struct {
	Redact
	hits   *[kinds]int64
	bufs   [2][]byte
	quotes quotes
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
	r.quotes = quotes{}
	h, next, ok := r.find(text, from, 0)
	if !ok {
		return dst, false
	}
	done := 0
	for ok {
		dst = append(dst, text[done:h.from]...)
		dst = h.appendMask(dst)
		r.hits[h.kind]++
		done = h.to
		h, next, ok = r.find(text, max(next, done), done)
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

// find returns the first hit whose trigger stands at from or later, without
// what is before floor. next is behind that trigger.
func (r *redactor) find(text []byte, from, floor int) (h hit, next int, ok bool) {
	var before, second byte
	if from > 0 && from <= len(text) {
		before = text[from-1]
		if from > 1 {
			second = text[from-2]
		}
	}
	g := gates[pairOf(second, before)]
	for i := from; i < len(text); {
		i, before, g = skip(text, i, before, g)
		for end := min(i+4, len(text)); i < end; i++ {
			c := text[i]
			here := gates[pairOf(before, c)]
			if g.lets(here) {
				if rule := triggers[pairOf(before, c)]; rule != ruleNone && rule.likely(text, i) {
					if h, ok = r.try(rule, text, i); ok && h.to > floor {
						h.from = max(h.from, floor)
						return h, i + 1, true
					}
				}
			}
			before, g = c, here
		}
	}
	return h, len(text), false
}

// rule is what may be found at a byte.
type rule uint8

const (
	ruleNone    rule = iota
	ruleAt           // @ of an address or of a URL's user
	ruleAssign       // =, : or > behind a name
	ruleDash         // sk-…
	ruleDashes       // the second one of -----BEGIN or --password
	ruleUnder        // ghp_…
	ruleUpper        // AKIA, AIza, eyJ, SG.
	ruleWord         // the second letter of Bearer or Splunk
	rulePercent      // an @, a = or a : in a query
)

// triggers has the rule for a byte, by the byte before and the byte.
var triggers = func() (t [1 << 13]rule) {
	any := func(byte) bool { return true }
	for _, trigger := range []struct {
		rule   rule
		bytes  string
		before func(byte) bool
	}{
		{ruleAt, "@", any},
		{rulePercent, "%", any},
		{ruleAssign, "=:>", func(c byte) bool { return nameEnds.second(c|0x20) || beforeSeparator[c] }},
		{ruleUnder, "_", tokenEnds.second},
		{ruleDash, "-", tokenEnds.second},
		{ruleDashes, "-", func(c byte) bool { return c == '-' }},
		{ruleUpper, "I", func(c byte) bool { return c == 'K' || c == 'S' || c == 'A' }},
		{ruleUpper, "J", func(c byte) bool { return c == 'y' }},
		{ruleUpper, "G", func(c byte) bool { return c == 'S' }},
		{ruleWord, "eE", func(c byte) bool { return c|0x20 == 'b' }},
		{ruleWord, "p", func(c byte) bool { return c == 'S' }},
	} {
		for before := range 256 {
			if !trigger.before(byte(before)) {
				continue
			}
			for _, c := range []byte(trigger.bytes) {
				t[pairOf(byte(before), c)] = trigger.rule
			}
		}
	}
	return t
}()

// likely says whether it is worth looking closer at the byte at i. Like the
// table it may say so in vain, but leaves out nothing that try would find.
func (is rule) likely(text []byte, i int) bool {
	switch is {
	case ruleAssign:
		return beforeSeparator[text[i-1]] || i >= 2 && nameEnds.has(text[i-2]|0x20, text[i-1]|0x20)
	case ruleUnder, ruleDash:
		return i >= 2 && tokenEnds.has(text[i-2], text[i-1])
	case ruleWord:
		return i+1 < len(text) && (text[i+1]|0x20 == 'a' || text[i+1] == 'l')
	}
	return true
}

// pairOf numbers two bytes in a row, of which six and seven bits count: the
// table is to fit into the fastest cache beside everything else.
func pairOf(before, c byte) uint { return uint(before&63)<<7 | uint(c&127) }

// pairs is a set of two bytes in a row, of which six bits each count.
type pairs [1 << 12]bool

func (p *pairs) has(a, b byte) bool { return p[uint(a&63)<<6|uint(b&63)] }
func (p *pairs) add(a, b byte)      { p[uint(a&63)<<6|uint(b&63)] = true }

// second says whether b may be the second byte of a pair.
func (p *pairs) second(b byte) bool {
	for a := range 64 {
		if p.has(byte(a), b) {
			return true
		}
	}
	return false
}

// try looks for a hit that the byte at i belongs to.
func (r *redactor) try(is rule, text []byte, i int) (hit, bool) {
	if text[i] >= 0x80 || is == ruleDashes && text[i-1] != '-' {
		return hit{}, false // the table took it for another byte
	}
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
	}
	if !r.Secrets {
		return hit{}, false
	}
	switch is {
	case rulePercent:
		if c := percentByte(text[i:]); i > 0 && (c == '=' || c == ':') {
			return assignment(text, i, i+3, &r.quotes)
		}
	case ruleAssign:
		if text[i] == '>' {
			return element(text, i)
		}
		return assignment(text, i, i+1, &r.quotes)
	case ruleUnder, ruleDash:
		return prefixed(text, i)
	case ruleUpper:
		return lettered(text, i)
	case ruleWord:
		return scheme(text, i-1)
	case ruleDashes:
		if i >= 2 && text[i-2] == '-' || i+1 == len(text) {
			return hit{}, false
		}
		if text[i+1] == '-' {
			return privateKey(text, i-1, &r.quotes)
		}
		return commandFlag(text, i-1, &r.quotes)
	}
	return hit{}, false
}

// findMasks lists the masks in a text.
func findMasks(text []byte) (found []span) {
	for i := 0; ; i++ {
		j := bytes.Index(text[i:], []byte("[REDACTED:"))
		if j < 0 {
			return found
		}
		i += j
		if n := maskLen(text[i:]); n > 0 {
			found = append(found, span{i, i + n})
		}
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

// wordStart is where the word of such bytes begins that ends at i. What belongs
// to an escape before it does not count.
func wordStart(text []byte, i int, in *[256]bool) int {
	start := i
	for start > 0 && in[text[start-1]] {
		start--
	}
	if start > 0 && start < i && text[start-1] == '\\' && escaped(text, start) {
		switch c := text[start]; {
		case c == 'x':
			start += 3
		case c == 'u':
			start += 5
		case c == 'U':
			start += 9
		case escapeLetter(c):
			start++
		}
	}
	return min(start, i)
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
		case n == 2 && escapeLetter(c),
			n == 4 && c == 'x', n == 6 && c == 'u', n == 10 && c == 'U':
			return true
		}
	}
	return false
}

func escapeLetter(c byte) bool {
	switch c {
	case 'n', 't', 'r', 'a', 'b', 'f', 'v':
		return true
	}
	return false
}

// quotes remembers how far it looked for quotes, so that asking for one place
// after the other reads the text once.
type quotes struct {
	at     int
	quoted bool
	maps   int // where the first map[ or environment= was looked for and found, plus one; -1: none
}

// inside says whether i is inside double quotes on its line.
func (q *quotes) inside(text []byte, i int) bool {
	if i < q.at {
		q.at, q.quoted = 0, false
	}
	for q.at < i {
		switch c := text[q.at]; {
		case c == '"':
			q.quoted = !q.quoted
		case c == '\n':
			q.quoted = false
		case c == '\\' && q.quoted:
			if q.at+1 == i {
				return true // i is an escaped byte
			}
			q.at++
		}
		q.at++
	}
	return q.quoted
}

// environment says whether what stands at i may be in what Go prints for an
// environment: map[A:x B:y z] or environment="[A=x B=y z]".
func (q *quotes) environment(text []byte, i int) bool {
	if q.maps == 0 {
		q.maps = -1
		for _, words := range [...]string{"map[", "environment="} {
			if n := bytes.Index(text, []byte(words)); n >= 0 && (q.maps < 0 || n+1 < q.maps) {
				q.maps = n + 1
			}
		}
	}
	return q.maps > 0 && q.maps <= i
}
