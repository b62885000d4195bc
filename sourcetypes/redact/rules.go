package redact

import (
	"slices"
	"strings"

	"ollama-hec/sourcetypes/internal/text"
)

// Rule is one way to find a secret. Rules lists them all.
type Rule struct {
	Name   string
	Kind   Kind
	Source string // the page that says that such secrets look so

	// Prefixes are what a secret begins with, and Tail, in RE2, is what
	// follows: of a group in it only that is secret.
	Prefixes []string
	Tail     string
	// Around is, instead of Prefixes, a literal within the secret, and Tail
	// all of it.
	Around string
	// Lead are the bytes that an Around secret may have before the literal.
	Lead *[256]bool
	// Window is how much of a text decides, where it is not window.
	Window int
	// At is the literal that lets the rule be looked at, unless it is the
	// last three bytes of the prefix.
	At string
	// Fold is whether the prefix may be written in any case.
	Fold bool
	// Looks decides in the end by the looks of what Tail matched.
	Looks Looks

	name    bool     // stems of names: see names.go
	stems   []string // for a name
	scheme  string   // a scheme of HTTP's Authorization
	pem     bool
	command *command

	tail *pattern // Tail
}

// Rules are all rules but those for @ and for change of letters and digits.
// The order counts where two have the same literal.
var Rules = func() (all []*Rule) {
	for _, table := range [][]Rule{nameRules, forms, tokens, commands} {
		for i := range table {
			r := &table[i]
			if r.Tail != "" && r.command == nil {
				r.tail = folded(r.Tail)
			}
			all = append(all, r)
		}
	}
	return all
}()

func (r *Rule) fold() bool { return r.name || r.Fold }

// literals are what lets the rule be looked at: two or three bytes each.
func (r *Rule) literals() []string {
	switch {
	case len(r.stems) > 0:
		return r.stems
	case r.At != "":
		return []string{r.At}
	case r.Around != "":
		return []string{r.Around}
	}
	var ends []string
	for _, p := range r.Prefixes {
		if end := p[max(0, len(p)-3):]; !slices.Contains(ends, end) {
			ends = append(ends, end)
		}
	}
	return ends
}

// window is how much of a text decides whether a rule holds. What is longer is
// measured once it does.
const window = 160

// form finds what a rule of a table says, whose literal ends at i.
func (s *scan) form(r *Rule, i int) (h hit, ok bool) {
	if r.Around != "" {
		start := s.wordStart(i+1-len(r.Around), r.Lead)
		return s.matched(r, start, start)
	}
	for _, p := range r.Prefixes {
		start := i + 1 - len(p)
		if r.At != "" {
			start = i + 1 - len(r.At) - strings.Index(p, r.At)
		}
		if start < 0 || !r.begins(s.text[start:], p) {
			continue
		}
		if h, ok = s.matched(r, start, start+len(p)); ok {
			return h, true
		}
	}
	return h, false
}

func (r *Rule) begins(b []byte, prefix string) bool {
	if r.Fold {
		return len(b) >= len(prefix) && text.EqualFold(b[:len(prefix)], prefix)
	}
	return text.HasPrefix(b, prefix)
}

// matched finds what Tail matches at tail, of what begins at start.
func (s *scan) matched(r *Rule, start, tail int) (h hit, ok bool) {
	b := s.text
	if !boundary(b, start) {
		return h, false
	}
	end := min(len(b), tail+max(window, r.Window))
	s.steps += end - tail
	m := r.tail.get().FindSubmatchIndex(b[tail:end])
	if m == nil {
		return h, false
	}
	h = hit{from: start, to: tail + m[1], kind: r.Kind}
	if h.to == end {
		h.to += s.rest(end, r.tail.bytes())
	}
	if len(m) > 2 && m[2] >= 0 {
		h.from = tail + m[2]
		if m[3] < m[1] || h.to < end {
			h.to = tail + m[3]
		}
	}
	if r.Looks != nil && !r.Looks(b[tail:h.to]) {
		return h, false
	}
	return h, MaskLen(b[h.from:]) == 0
}

// rest is how many bytes of a set stand at i, without a full stop at their end.
func (s *scan) rest(i int, in *[256]bool) int {
	end := i
	for end < len(s.text) && in[s.text[end]] {
		end++
	}
	s.steps += end - i
	if end > i && s.text[end-1] == '.' {
		end--
	}
	return end - i
}
