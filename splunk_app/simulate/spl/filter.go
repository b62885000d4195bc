package spl

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// filter is the search command: terms over _raw and comparisons of fields,
// both without regard to case. OR binds tighter than the implied AND.
type filter struct{ keep predicate }

// predicate reports whether a row is kept.
type predicate func(Row) bool

func buildFilter(args string, _ *Env) (command, error) {
	tokens, err := lexFilter(args)
	if err != nil {
		return nil, err
	}
	p := filterParser{tokens: tokens}
	keep, err := p.and()
	if err != nil {
		return nil, err
	}
	if p.next().kind != endToken {
		return nil, fmt.Errorf("nothing may follow %q", clip(args))
	}
	return filter{keep}, nil
}

func (f filter) run(in Result) Result {
	in.Rows = slices.DeleteFunc(in.Rows, func(r Row) bool { return !f.keep(r) })
	return in
}

// filterToken is a word, a quoted text, a parenthesis, a comma or an operator.
type filterToken struct {
	kind tokenKind
	text string
}

func lexFilter(s string) ([]filterToken, error) {
	var tokens []filterToken
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '"':
			end := quoteEnd(s, i)
			if end < 0 {
				return nil, fmt.Errorf("quote without its end at %q", clip(s[i:]))
			}
			tokens = append(tokens, filterToken{textToken, unquote(s[i : end+1])})
			i = end + 1
		case c == '(' || c == ')' || c == ',':
			tokens = append(tokens, filterToken{punctuation, s[i : i+1]})
			i++
		case strings.IndexByte("=!<>", c) >= 0:
			n := 1
			if i+1 < len(s) && s[i+1] == '=' {
				n = 2
			}
			if s[i:i+n] == "!" {
				return nil, fmt.Errorf("operator at %q is not understood", clip(s[i:]))
			}
			tokens = append(tokens, filterToken{operator, s[i : i+n]})
			i += n
		default:
			n := strings.IndexAny(s[i:], " \t\r\n\"(),=!<>")
			if n < 0 {
				n = len(s) - i
			}
			tokens = append(tokens, filterToken{word, s[i : i+n]})
			i += n
		}
	}
	return tokens, nil
}

type filterParser struct {
	tokens []filterToken
	at     int
}

func (p *filterParser) peek(n int) filterToken {
	if p.at+n >= len(p.tokens) {
		return filterToken{}
	}
	return p.tokens[p.at+n]
}

func (p *filterParser) next() filterToken {
	t := p.peek(0)
	p.at++
	return t
}

func (p *filterParser) is(kind tokenKind, text string) bool {
	return p.peek(0) == filterToken{kind, text}
}

func (p *filterParser) and() (predicate, error) {
	left, err := p.or()
	for err == nil && p.peek(0).kind != endToken && !p.is(punctuation, ")") {
		if p.is(word, "AND") {
			p.next()
		}
		var right predicate
		if right, err = p.or(); err == nil {
			l := left
			left = func(r Row) bool { return l(r) && right(r) }
		}
	}
	return left, err
}

func (p *filterParser) or() (predicate, error) {
	left, err := p.not()
	for err == nil && p.is(word, "OR") {
		p.next()
		var right predicate
		if right, err = p.not(); err == nil {
			l := left
			left = func(r Row) bool { return l(r) || right(r) }
		}
	}
	return left, err
}

func (p *filterParser) not() (predicate, error) {
	if !p.is(word, "NOT") {
		return p.primary()
	}
	p.next()
	inner, err := p.not()
	return func(r Row) bool { return !inner(r) }, err
}

func (p *filterParser) primary() (predicate, error) {
	t := p.next()
	switch {
	case t == filterToken{punctuation, "("}:
		inner, err := p.and()
		if err == nil && p.next() != (filterToken{punctuation, ")"}) {
			err = fmt.Errorf("a parenthesis is not closed")
		}
		return inner, err
	case t.kind == word && p.peek(0).kind == operator:
		return p.comparison(t.text)
	case t.kind == word && p.is(word, "IN"):
		return p.in(t.text)
	case t.kind == word && p.is(punctuation, "("):
		return nil, fmt.Errorf("%s(…) is not understood", t.text)
	case t.kind == word && (t.text == "AND" || t.text == "OR"):
		return nil, fmt.Errorf("%s has nothing before it", t.text)
	case t.kind == word || t.kind == textToken:
		return term(t.text)
	}
	return nil, fmt.Errorf("a term is missing before %q", t.text)
}

func (p *filterParser) comparison(field string) (predicate, error) {
	op, value := p.next().text, p.next()
	if value.kind != word && value.kind != textToken {
		return nil, fmt.Errorf("%s%s has no value", field, op)
	}
	switch op {
	case "=":
		match, err := like(value.text)
		return func(r Row) bool { return slices.ContainsFunc(r[field], match) }, err
	case "!=":
		match, err := like(value.text)
		return func(r Row) bool {
			return slices.ContainsFunc(r[field], func(v string) bool { return !match(v) })
		}, err
	case "<", "<=", ">", ">=":
		return func(r Row) bool {
			return slices.ContainsFunc(r[field], func(v string) bool { return holds(op, order(v, value.text)) })
		}, nil
	}
	return nil, fmt.Errorf("operator %q is not understood", op)
}

func (p *filterParser) in(field string) (predicate, error) {
	p.next()
	if p.next() != (filterToken{punctuation, "("}) {
		return nil, fmt.Errorf("%s IN has no list", field)
	}
	var matches []func(string) bool
	for {
		t := p.next()
		switch {
		case t == filterToken{punctuation, ")"} && matches != nil:
			return func(r Row) bool {
				return slices.ContainsFunc(r[field], func(v string) bool {
					return slices.ContainsFunc(matches, func(m func(string) bool) bool { return m(v) })
				})
			}, nil
		case t == filterToken{punctuation, ","}:
		case t.kind == word || t.kind == textToken:
			match, err := like(t.text)
			if err != nil {
				return nil, err
			}
			matches = append(matches, match)
		default:
			return nil, fmt.Errorf("the list of %s IN is not closed", field)
		}
	}
}

// like matches a whole value: no regard to case, * stands for anything, numbers are equal
// by what they are worth, and a range of addresses holds those that are in it.
func like(pattern string) (func(string) bool, error) {
	if prefix, err := netip.ParsePrefix(pattern); err == nil {
		return func(v string) bool { return strings.EqualFold(v, pattern) || contains(prefix, v) }, nil
	}
	if !strings.Contains(pattern, "*") {
		n, isNumber := parseNumber(pattern)
		return func(v string) bool {
			m, alsoNumber := parseNumber(v)
			return strings.EqualFold(v, pattern) || isNumber && alsoNumber && m == n
		}, nil
	}
	re, err := regexp.Compile(`(?is)^` + wildcards(pattern, `.*`) + `$`)
	if err != nil {
		return nil, fmt.Errorf("value %q: %w", pattern, err)
	}
	return re.MatchString, nil
}

func wildcards(pattern, star string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, star)
}
