package spl

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	endToken tokenKind = iota
	word
	textToken  // "quoted"
	fieldToken // 'quoted'
	number
	operator
	punctuation // ( ) ,
)

// token is one word of an eval expression or of a command's arguments.
type token struct {
	kind tokenKind
	text string
}

func (t token) String() string {
	if t.kind == endToken {
		return "the end"
	}
	return fmt.Sprintf("%q", t.text)
}

// lex reads expressions and arguments. A name may hold letters, digits, _ and,
// where the command says so, more.
func lex(s, moreInNames string) ([]token, error) {
	inName := func(c byte) bool {
		return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' ||
			c >= utf8.RuneSelf || strings.IndexByte(moreInNames, c) >= 0
	}
	digits := func(i int) int {
		for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9') {
			i++
		}
		return i
	}
	var tokens []token
	for i := 0; i < len(s); {
		start := i
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
			continue
		case c == '"' || c == '\'':
			end := quoteEnd(s, i)
			if end < 0 {
				return nil, fmt.Errorf("quote without its end at %q", clip(s[i:]))
			}
			kind := textToken
			if c == '\'' {
				kind = fieldToken
			}
			tokens = append(tokens, token{kind, unquote(s[i : end+1])})
			i = end + 1
			continue
		case c >= '0' && c <= '9':
			i = digits(i)
			if i < len(s) && inName(s[i]) { // 95th, 5m
				for i < len(s) && inName(s[i]) {
					i++
				}
				tokens = append(tokens, token{word, s[start:i]})
				continue
			}
			tokens = append(tokens, token{number, s[start:i]})
			continue
		case inName(c):
			for i < len(s) && inName(s[i]) {
				i++
			}
			tokens = append(tokens, token{word, s[start:i]})
			continue
		case c == '(' || c == ')' || c == ',':
			i++
			tokens = append(tokens, token{punctuation, s[start:i]})
			continue
		case strings.IndexByte("=!<>", c) >= 0:
			i++
			if i < len(s) && s[i] == '=' {
				i++
			}
		case strings.IndexByte("+-*/%.", c) >= 0:
			i++
		default:
			return nil, fmt.Errorf("%q is not understood", clip(s[i:]))
		}
		tokens = append(tokens, token{operator, s[start:i]})
	}
	return tokens, nil
}

// tokens is what a parser has yet to read.
type tokens struct {
	list []token
	at   int
}

func (t *tokens) peek() token {
	if t.at >= len(t.list) {
		return token{}
	}
	return t.list[t.at]
}

func (t *tokens) next() token {
	n := t.peek()
	t.at++
	return n
}

// take reads the next token if it is this one.
func (t *tokens) take(kind tokenKind, text string) bool {
	if t.peek() != (token{kind, text}) {
		return false
	}
	t.at++
	return true
}

// takeWord reads the next token if it is this word, in any case.
func (t *tokens) takeWord(text string) bool {
	if p := t.peek(); p.kind != word || !strings.EqualFold(p.text, text) {
		return false
	}
	t.at++
	return true
}

func (t *tokens) expect(kind tokenKind, text string) error {
	if got := t.peek(); !t.take(kind, text) {
		return fmt.Errorf("%q expected, not %v", text, got)
	}
	return nil
}

// name reads a field name, quoted or not.
func (t *tokens) name() (string, error) {
	n := t.next()
	if n.kind != word && n.kind != textToken && n.kind != fieldToken {
		return "", fmt.Errorf("a field expected, not %v", n)
	}
	return n.text, nil
}

func (t *tokens) end() error {
	if n := t.peek(); n.kind != endToken {
		return fmt.Errorf("%v is not understood here", n)
	}
	return nil
}
