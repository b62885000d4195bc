package spl

import (
	"strconv"
	"strings"
)

// value is what an expression yields: null, texts (one, or many of a
// multivalue field), a number or a truth value.
type value struct {
	kind  valueKind
	texts []string
	num   float64
	truth bool
}

type valueKind uint8

const (
	null valueKind = iota
	text
	numeric
	boolean
)

func texts(list []string) value {
	if len(list) == 0 {
		return value{}
	}
	return value{kind: text, texts: list}
}

func textOf(s string) value    { return value{kind: text, texts: []string{s}} }
func numberOf(n float64) value { return value{kind: numeric, num: n} }
func truthOf(b bool) value     { return value{kind: boolean, truth: b} }

// list returns the value in the form of a field: a list of texts.
func (v value) list() []string {
	switch v.kind {
	case text:
		return v.texts
	case numeric:
		return []string{strconv.FormatFloat(v.num, 'f', -1, 64)}
	case boolean:
		return []string{strconv.FormatBool(v.truth)}
	}
	return nil
}

// asNumber is the value as a number, if it is one or reads like one.
func (v value) asNumber() (float64, bool) {
	switch {
	case v.kind == numeric:
		return v.num, true
	case v.kind == text && len(v.texts) == 1:
		return parseNumber(v.texts[0])
	}
	return 0, false
}

// parseNumber reads decimal numbers only: neither inf, nan nor hexadecimal.
func parseNumber(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(s, 64)
	return n, err == nil
}

// isTrue: null counts as false.
func (v value) isTrue() bool { return v.kind == boolean && v.truth }

// each applies f to every text of a value.
func (v value) each(f func(string) string) value {
	list := v.list()
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return texts(out)
}

// order compares two texts: as numbers if both are, else byte by byte.
func order(a, b string) int {
	x, isX := parseNumber(a)
	y, isY := parseNumber(b)
	if !isX || !isY {
		return strings.Compare(a, b)
	}
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// holds reports whether a comparison with this outcome satisfies the operator.
func holds(op string, outcome int) bool {
	switch op {
	case "=", "==":
		return outcome == 0
	case "!=":
		return outcome != 0
	case "<":
		return outcome < 0
	case "<=":
		return outcome <= 0
	case ">":
		return outcome > 0
	default:
		return outcome >= 0
	}
}
