package spl

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
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
	if known := accumulators[a.function]; known == nil {
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

func (s stats) run(in Result) Result { return foldAll(s, in) }

func (s stats) fold() fold {
	f := &statsFold{stats: s, groups: make(map[string]*group)}
	if s.by == nil { // one group, even of no rows
		f.groups[""] = newGroup(nil, s.aggregates)
	}
	return f
}

// statsFold is a stats under way.
type statsFold struct {
	stats
	groups map[string]*group
}

// group is what the rows of a group have come to.
type group struct {
	key     []string
	columns []accumulator // one for each aggregate
}

func newGroup(key []string, list []aggregate) *group {
	g := &group{key: key}
	for _, a := range list {
		g.columns = append(g.columns, a.accumulate())
	}
	return g
}

func (g *group) add(list []aggregate, r Row) {
	for i, a := range list {
		a.feed(g.columns[i], r)
	}
}

// setColumns sets the columns of a row to what the group has come to.
func (g *group) setColumns(list []aggregate, row Row) {
	for i, a := range list {
		row.set(a.as, g.columns[i].values())
	}
}

func (f *statsFold) add(r Row) {
	if f.by == nil {
		f.groups[""].add(f.aggregates, r)
		return
	}
	for _, key := range combinations(r, f.by) {
		name := strings.Join(key, "\x00")
		g := f.groups[name]
		if g == nil {
			g = newGroup(key, f.aggregates)
			f.groups[name] = g
		}
		g.add(f.aggregates, r)
	}
}

func (f *statsFold) result() Result {
	groups := slices.SortedFunc(maps.Values(f.groups), func(a, b *group) int {
		return slices.CompareFunc(a.key, b.key, func(x, y string) int { return cmp.Or(order(x, y), strings.Compare(x, y)) })
	})
	out := Result{Columns: slices.Clone(f.by)}
	for _, a := range f.aggregates {
		out.Columns = append(out.Columns, a.as)
	}
	for _, g := range groups {
		row := make(Row)
		for i, name := range f.by {
			row[name] = []string{g.key[i]}
		}
		g.setColumns(f.aggregates, row)
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
