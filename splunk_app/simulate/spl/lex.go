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
func lex(s, moreInNames string) (list []token, err error) {
	x := lexer{text: s, moreInNames: moreInNames}
	for x.skipSpace(); x.at < len(s); x.skipSpace() {
		t, err := x.next()
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// lexer is how far a text was read.
type lexer struct {
	text, moreInNames string
	at                int
}

func (x *lexer) skipSpace() {
	x.pass(func(c byte) bool { return strings.IndexByte(" \t\r\n", c) >= 0 })
}

// next reads the token that begins at x.
func (x *lexer) next() (token, error) {
	start := x.at
	switch c := x.text[start]; {
	case c == '"' || c == '\'':
		return x.quoted(c)
	case isDigit(c):
		x.digits()
		if x.at == len(x.text) || !x.inName(x.text[x.at]) {
			return token{number, x.text[start:x.at]}, nil
		}
		x.pass(x.inName) // 95th, 5m
		return token{word, x.text[start:x.at]}, nil
	case x.inName(c):
		x.pass(x.inName)
		return token{word, x.text[start:x.at]}, nil
	case c == '(' || c == ')' || c == ',':
		x.at++
		return token{punctuation, x.text[start:x.at]}, nil
	case strings.IndexByte("=!<>", c) >= 0:
		x.at++
		if x.at < len(x.text) && x.text[x.at] == '=' {
			x.at++
		}
	case strings.IndexByte("+-*/%.", c) >= 0:
		x.at++
	default:
		return token{}, fmt.Errorf("%q is not understood", clip(x.text[start:]))
	}
	return token{operator, x.text[start:x.at]}, nil
}

// quoted reads a text, or in single quotes the name of a field.
func (x *lexer) quoted(quote byte) (token, error) {
	end := quoteEnd(x.text, x.at)
	if end < 0 {
		return token{}, fmt.Errorf("quote without its end at %q", clip(x.text[x.at:]))
	}
	kind := textToken
	if quote == '\'' {
		kind = fieldToken
	}
	t := token{kind, unquote(x.text[x.at : end+1])}
	x.at = end + 1
	return t, nil
}

// digits passes over a number, and a point in it that a digit follows.
func (x *lexer) digits() {
	for x.pass(isDigit); x.at+1 < len(x.text) && x.text[x.at] == '.' && isDigit(x.text[x.at+1]); x.pass(isDigit) {
		x.at++
	}
}

// pass passes over the bytes that are of a kind.
func (x *lexer) pass(is func(byte) bool) {
	for x.at < len(x.text) && is(x.text[x.at]) {
		x.at++
	}
}

func (x *lexer) inName(c byte) bool {
	return c == '_' || isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' ||
		c >= utf8.RuneSelf || strings.IndexByte(x.moreInNames, c) >= 0
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

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
