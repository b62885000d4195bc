package spl

import (
	"fmt"
	"math"
)

// bin replaces a time by the start of the span that it lies in.
type bin struct {
	field string
	span  float64
}

func buildBin(args string, _ *Env) (command, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	var b bin
	for t.peek().kind != endToken {
		name, err := t.name()
		switch {
		case err != nil:
			return nil, err
		case !t.take(operator, "="):
			b.field = name
		case name == "span":
			if b.span, err = spanOf(t.next().text); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("option %s is not understood", name)
		}
	}
	if b.field == "" || b.span == 0 {
		return nil, fmt.Errorf("a field and a span are needed")
	}
	return b, nil
}

func (b bin) run(in Result) Result {
	for _, r := range in.Rows {
		if n, ok := parseNumber(r.First(b.field)); ok {
			r.set(b.field, numberOf(math.Floor(n/b.span)*b.span).list())
		}
	}
	return in
}
