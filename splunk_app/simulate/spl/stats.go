package spl

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// stats groups rows. A row of which a by-field is null belongs to no group; one
// with a multivalue by-field belongs to the group of each value.
type stats struct {
	aggregates []aggregate
	by         []string
}

// aggregate is one column of stats.
type aggregate struct {
	function string
	field    string
	of       expr // count(eval(…))
	as       string
}

func buildStats(args string, env *Env) (command, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	var s stats
	if s.aggregates, err = aggregates(t, env); err != nil {
		return nil, err
	}
	if t.takeWord("by") {
		for t.peek().kind != endToken {
			n, err := t.name()
			if err != nil {
				return nil, err
			}
			s.by = append(s.by, n)
			t.take(punctuation, ",")
		}
		if len(s.by) == 0 {
			return nil, fmt.Errorf("by names no field")
		}
	}
	return s, t.end()
}

// aggregates reads the list up to "by" or the end.
func aggregates(t *tokens, env *Env) ([]aggregate, error) {
	var list []aggregate
	for n := t.peek(); n.kind == word && !strings.EqualFold(n.text, "by"); n = t.peek() {
		a, err := oneAggregate(t, env)
		if err != nil {
			return nil, err
		}
		list = append(list, a)
		t.take(punctuation, ",")
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no function at %v", t.peek())
	}
	return list, nil
}

func oneAggregate(t *tokens, env *Env) (aggregate, error) {
	a := aggregate{function: strings.ToLower(t.next().text)}
	if known := reducers[a.function]; known == nil {
		if _, ok := percentile(a.function); !ok {
			return a, fmt.Errorf("function %s is not understood", a.function)
		}
	}
	a.as = a.function
	if t.take(punctuation, "(") {
		if t.takeWord("eval") {
			if err := t.expect(punctuation, "("); err != nil {
				return a, err
			}
			p := exprParser{tokens: t, location: env.Location}
			of, err := p.or()
			if err == nil {
				err = t.expect(punctuation, ")")
			}
			if err != nil {
				return a, err
			}
			a.of = of
		} else {
			name, err := t.name()
			if err != nil {
				return a, err
			}
			a.field = name
			a.as = a.function + "(" + name + ")"
		}
		if err := t.expect(punctuation, ")"); err != nil {
			return a, err
		}
	} else if a.function != "count" && a.function != "c" {
		return a, fmt.Errorf("%s names no field", a.function)
	}
	if t.takeWord("as") {
		name, err := t.name()
		if err != nil {
			return a, err
		}
		a.as = name
	}
	return a, nil
}

func (s stats) run(in Result) Result {
	groups, keys := make(map[string][]Row), make(map[string][]string)
	var names []string
	if s.by == nil { // one group, even of no rows
		names, groups[""] = []string{""}, in.Rows
	} else {
		for _, r := range in.Rows {
			for _, key := range combinations(r, s.by) {
				name := strings.Join(key, "\x00")
				if groups[name] == nil {
					names, keys[name] = append(names, name), key
				}
				groups[name] = append(groups[name], r)
			}
		}
		slices.SortFunc(names, func(a, b string) int {
			return slices.CompareFunc(keys[a], keys[b], order)
		})
	}
	out := Result{Columns: slices.Clone(s.by)}
	for _, a := range s.aggregates {
		out.Columns = append(out.Columns, a.as)
	}
	for _, name := range names {
		row := make(Row)
		for i, f := range s.by {
			row[f] = []string{keys[name][i]}
		}
		for _, a := range s.aggregates {
			row.set(a.as, a.reduce(groups[name]))
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// combinations of the values of these fields; none if one is null.
func combinations(r Row, fields []string) [][]string {
	keys := [][]string{nil}
	for _, f := range fields {
		var longer [][]string
		for _, key := range keys {
			for _, v := range unique(r[f]) {
				longer = append(longer, append(slices.Clone(key), v))
			}
		}
		keys = longer
	}
	return keys
}

// sample is one value of the field aggregated, with the time of its row.
type sample struct {
	text string
	time float64
}

func (a aggregate) reduce(rows []Row) []string {
	if a.field == "" && a.of == nil {
		return []string{strconv.Itoa(len(rows))}
	}
	var samples []sample
	for _, r := range rows {
		at, _ := parseNumber(r.First("_time"))
		values := r[a.field]
		if a.of != nil {
			if values = nil; a.of(r).isTrue() {
				values = []string{"true"}
			}
		}
		for _, v := range values {
			samples = append(samples, sample{v, at})
		}
	}
	if p, ok := percentile(a.function); ok {
		return percentileOf(samples, p)
	}
	return reducers[a.function](samples)
}

var reducers = map[string]func([]sample) []string{
	"count": count, "c": count,
	"dc": distinct, "distinct_count": distinct,
	"values": func(s []sample) []string {
		v := unique(textsOf(s))
		slices.Sort(v)
		return v
	},
	"list":     textsOf,
	"first":    func(s []sample) []string { return textsOf(s[:min(len(s), 1)]) },
	"last":     func(s []sample) []string { return textsOf(s[max(len(s)-1, 0):]) },
	"latest":   func(s []sample) []string { return best(s, func(a, b sample) bool { return a.time >= b.time }) },
	"earliest": func(s []sample) []string { return best(s, func(a, b sample) bool { return a.time < b.time }) },
	"max":      func(s []sample) []string { return best(s, func(a, b sample) bool { return order(a.text, b.text) > 0 }) },
	"min":      func(s []sample) []string { return best(s, func(a, b sample) bool { return order(a.text, b.text) < 0 }) },
	"sum":      func(s []sample) []string { return total(s, false) },
	"avg":      func(s []sample) []string { return total(s, true) },
	"mean":     func(s []sample) []string { return total(s, true) },
	"median":   func(s []sample) []string { return percentileOf(s, 50) },
}

func count(s []sample) []string    { return []string{strconv.Itoa(len(s))} }
func distinct(s []sample) []string { return []string{strconv.Itoa(len(unique(textsOf(s))))} }

func textsOf(s []sample) []string {
	var list []string
	for _, v := range s {
		list = append(list, v.text)
	}
	return list
}

// best is the sample that beats all before it.
func best(s []sample, beats func(a, b sample) bool) []string {
	if len(s) == 0 {
		return nil
	}
	b := s[0]
	for _, v := range s[1:] {
		if beats(v, b) {
			b = v
		}
	}
	return []string{b.text}
}

func numbers(s []sample) []float64 {
	var list []float64
	for _, v := range s {
		if n, ok := parseNumber(v.text); ok {
			list = append(list, n)
		}
	}
	return list
}

func total(s []sample, mean bool) []string {
	list := numbers(s)
	if len(list) == 0 {
		return nil
	}
	var sum float64
	for _, n := range list {
		sum += n
	}
	if mean {
		sum /= float64(len(list))
	}
	return numberOf(sum).list()
}

// percentile reads p95, perc95 or perc99.9.
func percentile(function string) (float64, bool) {
	rest, ok := strings.CutPrefix(function, "perc")
	if !ok {
		rest, ok = strings.CutPrefix(function, "p")
	}
	p, isNumber := parseNumber(rest)
	return p, ok && isNumber && p > 0 && p <= 100
}

// percentileOf is the nearest rank, as Splunk takes below 1000 different values.
func percentileOf(s []sample, p float64) []string {
	list := numbers(s)
	if len(list) == 0 {
		return nil
	}
	slices.Sort(list)
	rank := int(math.Ceil(p/100*float64(len(list)))) - 1
	return numberOf(list[max(rank, 0)]).list()
}
