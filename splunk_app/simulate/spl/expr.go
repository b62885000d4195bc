package spl

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Expr is an eval expression, ready to be evaluated on many goroutines.
type Expr struct{ eval expr }

// expr is one node of an expression.
type expr func(Row) value

// CompileExpr reads an eval expression, such as stands in an EVAL- setting.
func CompileExpr(s string) (*Expr, error) {
	t, err := exprTokens(s)
	if err != nil {
		return nil, err
	}
	p := exprParser{tokens: t, location: time.UTC}
	e, err := p.or()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, err
	}
	return &Expr{e}, nil
}

// Values is what the expression yields for a row; nil is null.
func (e *Expr) Values(r Row) []string { return e.eval(r).list() }

func exprTokens(s string) (*tokens, error) {
	list, err := lex(s, "")
	return &tokens{list: list}, err
}

// exprParser reads by precedence: OR and XOR, AND, NOT, comparison, concatenation
// and sum, product, sign.
type exprParser struct {
	*tokens
	location *time.Location
}

func (p *exprParser) or() (expr, error) {
	left, err := p.and()
	for err == nil {
		var combine func(a, b value) value
		switch {
		case p.takeWord("OR"):
			combine = either
		case p.takeWord("XOR"):
			combine = func(a, b value) value {
				if a.kind != boolean || b.kind != boolean {
					return value{}
				}
				return truthOf(a.truth != b.truth)
			}
		default:
			return left, nil
		}
		left, err = joined(left, combine, p.and)
	}
	return left, err
}

func (p *exprParser) and() (expr, error) {
	left, err := p.not()
	for err == nil && p.takeWord("AND") {
		left, err = joined(left, both, p.not)
	}
	return left, err
}

func joined(left expr, combine func(a, b value) value, parse func() (expr, error)) (expr, error) {
	right, err := parse()
	if err != nil {
		return nil, err
	}
	return func(r Row) value { return combine(left(r), right(r)) }, nil
}

// In three-valued logic one side can settle what the other leaves open.

func either(a, b value) value {
	switch {
	case a.isTrue() || b.isTrue():
		return truthOf(true)
	case a.kind == boolean && b.kind == boolean:
		return truthOf(false)
	}
	return value{}
}

func both(a, b value) value {
	switch {
	case a.kind == boolean && !a.truth || b.kind == boolean && !b.truth:
		return truthOf(false)
	case a.kind == boolean && b.kind == boolean:
		return truthOf(true)
	}
	return value{}
}

func (p *exprParser) not() (expr, error) {
	if !p.takeWord("NOT") {
		return p.comparison()
	}
	inner, err := p.not()
	if err != nil {
		return nil, err
	}
	return func(r Row) value {
		v := inner(r)
		if v.kind == boolean {
			v.truth = !v.truth
		}
		return v
	}, nil
}

func (p *exprParser) comparison() (expr, error) {
	left, err := p.sum()
	if err != nil {
		return nil, err
	}
	t := p.peek()
	switch {
	case t.kind == operator && strings.ContainsAny(t.text, "=!<>"):
		p.next()
		if t.text == "!" {
			return nil, fmt.Errorf("operator %v is not understood", t)
		}
		right, err := p.sum()
		if err != nil {
			return nil, err
		}
		return func(r Row) value { return compare(t.text, left(r), right(r)) }, nil
	case t.kind == word && strings.EqualFold(t.text, "LIKE"):
		p.next()
		pattern, err := p.sum()
		if err != nil {
			return nil, err
		}
		return func(r Row) value { return likeValue(left(r), pattern(r)) }, nil
	case t.kind == word && strings.EqualFold(t.text, "IN"):
		p.next()
		if err := p.expect(punctuation, "("); err != nil {
			return nil, err
		}
		list, err := p.arguments()
		if err != nil {
			return nil, err
		}
		return func(r Row) value { return among(left(r), list, r) }, nil
	}
	return left, nil
}

// compare: null with anything is null; any value of a multivalue field will do.
func compare(op string, a, b value) value {
	if a.kind == null || b.kind == null {
		return value{}
	}
	for _, x := range a.list() {
		for _, y := range b.list() {
			if holds(op, order(x, y)) {
				return truthOf(true)
			}
		}
	}
	return truthOf(false)
}

func among(v value, list []expr, r Row) value {
	if v.kind == null {
		return value{}
	}
	for _, e := range list {
		if compare("=", v, e(r)).isTrue() {
			return truthOf(true)
		}
	}
	return truthOf(false)
}

func (p *exprParser) sum() (expr, error) {
	left, err := p.product()
	for err == nil {
		t := p.peek()
		if t.kind != operator || t.text != "+" && t.text != "-" && t.text != "." {
			break
		}
		p.next()
		left, err = joined(left, func(a, b value) value { return arithmetic(t.text, a, b) }, p.product)
	}
	return left, err
}

func (p *exprParser) product() (expr, error) {
	left, err := p.sign()
	for err == nil {
		t := p.peek()
		if t.kind != operator || t.text != "*" && t.text != "/" && t.text != "%" {
			break
		}
		p.next()
		left, err = joined(left, func(a, b value) value { return arithmetic(t.text, a, b) }, p.sign)
	}
	return left, err
}

// arithmetic applies an operator: null with anything is null; + joins values that are not
// both numbers, and . always joins.
func arithmetic(op string, a, b value) value {
	if a.kind == null || b.kind == null {
		return value{}
	}
	x, isX := a.asNumber()
	y, isY := b.asNumber()
	if op == "." || op == "+" && (!isX || !isY) {
		if len(a.list()) != 1 || len(b.list()) != 1 {
			return value{}
		}
		return textOf(a.list()[0] + b.list()[0])
	}
	if !isX || !isY {
		return value{}
	}
	switch op {
	case "+":
		return numberOf(x + y)
	case "-":
		return numberOf(x - y)
	case "*":
		return numberOf(x * y)
	}
	if y == 0 {
		return value{}
	}
	if op == "/" {
		return numberOf(x / y)
	}
	return numberOf(math.Mod(x, y))
}

func (p *exprParser) sign() (expr, error) {
	if !p.take(operator, "-") {
		return p.primary()
	}
	inner, err := p.sign()
	if err != nil {
		return nil, err
	}
	return func(r Row) value {
		n, ok := inner(r).asNumber()
		if !ok {
			return value{}
		}
		return numberOf(-n)
	}, nil
}

func (p *exprParser) primary() (expr, error) {
	t := p.next()
	switch t.kind {
	case number:
		n, ok := parseNumber(t.text)
		if !ok {
			return nil, fmt.Errorf("number %v is not understood", t)
		}
		return func(Row) value { return numberOf(n) }, nil
	case textToken:
		v := textOf(t.text)
		return func(Row) value { return v }, nil
	case fieldToken:
		return field(t.text), nil
	case punctuation:
		if t.text == "(" {
			inner, err := p.or()
			if err == nil {
				err = p.expect(punctuation, ")")
			}
			return inner, err
		}
	case word:
		if p.take(punctuation, "(") {
			return p.call(t.text)
		}
		if !strings.EqualFold(t.text, "AND") && !strings.EqualFold(t.text, "OR") {
			return field(t.text), nil
		}
	}
	return nil, fmt.Errorf("a value expected, not %v", t)
}

func field(name string) expr {
	return func(r Row) value { return texts(r[name]) }
}

// arguments reads up to and with the closing parenthesis.
func (p *exprParser) arguments() ([]expr, error) {
	var args []expr
	for !p.take(punctuation, ")") {
		if len(args) > 0 {
			if err := p.expect(punctuation, ","); err != nil {
				return nil, err
			}
		}
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
	}
	return args, nil
}

func (p *exprParser) call(name string) (expr, error) {
	args, err := p.arguments()
	if err != nil {
		return nil, err
	}
	f, ok := functions[strings.ToLower(name)]
	switch {
	case !ok:
		return nil, fmt.Errorf("function %s() is not understood", name)
	case len(args) < f.min || len(args) > f.max:
		return nil, fmt.Errorf("%s() does not take %d arguments", name, len(args))
	}
	return f.build(args, p.location)
}
