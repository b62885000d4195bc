package spl

import (
	"fmt"
	"slices"
	"strings"
)

var commands map[string]func(args string, env *Env) (command, error)

func init() {
	commands = map[string]func(string, *Env) (command, error){
		"addinfo":      buildAddinfo,
		"search":       buildFilter,
		"where":        buildWhere,
		"eval":         buildEval,
		"regex":        buildRegex,
		"rex":          buildRex,
		"stats":        buildStats,
		"timechart":    buildTimechart,
		"tstats":       buildTstats,
		"eventstats":   buildEventstats,
		"streamstats":  buildStreamstats,
		"mvexpand":     buildMvexpand,
		"lookup":       buildLookup,
		"inputlookup":  buildInputLookup,
		"outputlookup": buildOutputLookup,
		"table":        buildTable,
		"fields":       buildFields,
		"rename":       buildRename,
		"sort":         buildSort,
		"head":         buildHead,
		"dedup":        buildDedup,
		"bin":          buildBin,
		"bucket":       buildBin,
	}
}

// where keeps the rows of which its expression is true.
type where struct{ cond expr }

func buildWhere(args string, env *Env) (command, error) {
	t, err := exprTokens(args)
	if err != nil {
		return nil, err
	}
	p := exprParser{tokens: t, location: env.Location}
	cond, err := p.or()
	if err == nil {
		err = p.end()
	}
	return where{cond}, err
}

func (w where) run(in Result) Result {
	in.Rows = slices.DeleteFunc(in.Rows, func(r Row) bool { return !w.cond(r).isTrue() })
	return in
}

// eval sets fields, one after the other.
type eval []assignment

type assignment struct {
	field string
	value expr
}

func buildEval(args string, env *Env) (command, error) {
	t, err := exprTokens(args)
	if err != nil {
		return nil, err
	}
	p := exprParser{tokens: t, location: env.Location}
	var e eval
	for {
		var a assignment
		if a.field, err = p.name(); err != nil {
			return nil, err
		}
		if err = p.expect(operator, "="); err != nil {
			return nil, err
		}
		if a.value, err = p.or(); err != nil {
			return nil, err
		}
		e = append(e, a)
		if !p.take(punctuation, ",") {
			return e, p.end()
		}
	}
}

func (e eval) run(in Result) Result {
	for _, a := range e {
		for _, r := range in.Rows {
			r.set(a.field, a.value(r).list())
		}
		in.Columns = withColumn(in.Columns, a.field)
	}
	return in
}

// withColumn adds a column, if columns are named at all.
func withColumn(columns []string, name string) []string {
	if columns == nil || slices.Contains(columns, name) {
		return columns
	}
	return append(slices.Clip(columns), name)
}

// projection keeps fields, in order or not, or takes them away.
type projection struct {
	names   []string
	drop    bool
	ordered bool
}

func buildTable(args string, _ *Env) (command, error) {
	names, err := nameList(args)
	return projection{names: names, ordered: true}, err
}

func buildFields(args string, _ *Env) (command, error) {
	rest, drop := strings.CutPrefix(args, "-")
	if !drop {
		rest = strings.TrimPrefix(rest, "+")
	}
	names, err := nameList(rest)
	return projection{names: names, drop: drop}, err
}

func nameList(args string) ([]string, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	var names []string
	for t.peek().kind != endToken {
		n, err := t.name()
		if err != nil {
			return nil, err
		}
		names = append(names, n)
		t.take(punctuation, ",")
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no field is named")
	}
	return names, nil
}

func (p projection) run(in Result) Result {
	for i, r := range in.Rows {
		kept := make(Row)
		for name, values := range r {
			named := slices.Contains(p.names, name)
			internal := !p.ordered && strings.HasPrefix(name, "_") // fields spares these unless named
			if named != p.drop || internal && !named {
				kept[name] = values
			}
		}
		in.Rows[i] = kept
	}
	switch {
	case p.ordered || !p.drop:
		in.Columns = slices.Clone(p.names)
	case in.Columns != nil:
		in.Columns = slices.DeleteFunc(slices.Clone(in.Columns), func(c string) bool { return slices.Contains(p.names, c) })
	}
	return in
}

// rename gives fields other names.
type rename [][2]string

func buildRename(args string, _ *Env) (command, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	var names rename
	for {
		from, err := t.name()
		if err != nil {
			return nil, err
		}
		if !t.takeWord("AS") {
			return nil, fmt.Errorf("AS expected, not %v", t.peek())
		}
		to, err := t.name()
		if err != nil {
			return nil, err
		}
		names = append(names, [2]string{from, to})
		t.take(punctuation, ",")
		if t.peek().kind == endToken {
			return names, nil
		}
	}
}

func (n rename) run(in Result) Result {
	for _, pair := range n {
		from, to := pair[0], pair[1]
		for _, r := range in.Rows {
			values := r[from]
			delete(r, from)
			r.set(to, values)
		}
		if in.Columns != nil {
			in.Columns = slices.Clone(in.Columns)
			for i, c := range in.Columns {
				if c == from {
					in.Columns[i] = to
				}
			}
		}
	}
	return in
}
