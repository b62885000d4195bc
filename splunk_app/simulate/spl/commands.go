package spl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var commands map[string]func(args string, env *Env) (command, error)

func init() {
	commands = map[string]func(string, *Env) (command, error){
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

// sorting orders rows by fields.
type sorting struct {
	keys  []sortKey
	limit int
}

type sortKey struct {
	field string
	sign  int
}

func buildSort(args string, _ *Env) (command, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	s := sorting{limit: 10000}
	if t.peek().kind == number {
		if s.limit, err = strconv.Atoi(t.next().text); err != nil {
			return nil, err
		}
	}
	for t.peek().kind != endToken {
		k := sortKey{sign: 1}
		if t.take(operator, "-") {
			k.sign = -1
		} else {
			t.take(operator, "+")
		}
		if k.field, err = t.name(); err != nil {
			return nil, err
		}
		s.keys = append(s.keys, k)
		t.take(punctuation, ",")
	}
	if len(s.keys) == 0 {
		return nil, fmt.Errorf("no field is named")
	}
	return s, nil
}

func (s sorting) run(in Result) Result {
	slices.SortStableFunc(in.Rows, s.compare)
	if s.limit > 0 && len(in.Rows) > s.limit {
		in.Rows = in.Rows[:s.limit]
	}
	return in
}

func (s sorting) compare(a, b Row) int {
	for _, k := range s.keys {
		if c := order(a.First(k.field), b.First(k.field)); c != 0 {
			return c * k.sign
		}
	}
	return 0
}

func (s sorting) fold() fold { return &sortingFold{sorting: s} }

// sortingFold keeps at most twice the rows that the sort leaves.
type sortingFold struct {
	sorting
	rows []Row
}

func (f *sortingFold) add(r Row) {
	f.rows = append(f.rows, r)
	if f.limit > 0 && len(f.rows) >= 2*f.limit {
		f.rows = slices.Clone(f.run(Result{Rows: f.rows}).Rows)
	}
}

func (f *sortingFold) result() Result { return f.run(Result{Rows: f.rows}) }

// head keeps the first rows.
type head int

func buildHead(args string, _ *Env) (command, error) {
	if args == "" {
		return head(10), nil
	}
	n, err := strconv.Atoi(args)
	if err != nil || n < 0 {
		return nil, fmt.Errorf("%q is not understood", args)
	}
	return head(n), nil
}

func (h head) run(in Result) Result {
	in.Rows = in.Rows[:min(len(in.Rows), int(h))]
	return in
}

func (h head) fold() fold { return &headFold{most: int(h)} }

type headFold struct {
	most int
	rows []Row
}

func (f *headFold) add(r Row) {
	if len(f.rows) < f.most {
		f.rows = append(f.rows, r)
	}
}

func (f *headFold) result() Result { return Result{Rows: f.rows} }

// dedup keeps the first row of each combination of values; rows that miss a
// field are dropped.
type dedup []string

func buildDedup(args string, _ *Env) (command, error) {
	names, err := nameList(args)
	return dedup(names), err
}

func (d dedup) run(in Result) Result {
	f := d.fold()
	for _, r := range in.Rows {
		f.add(r)
	}
	in.Rows = f.result().Rows
	return in
}

func (d dedup) fold() fold { return &dedupFold{fields: d, seen: make(map[string]bool)} }

// dedupFold keeps one row of each combination.
type dedupFold struct {
	fields dedup
	seen   map[string]bool
	rows   []Row
}

func (f *dedupFold) add(r Row) {
	var key strings.Builder
	for _, name := range f.fields {
		if r[name] == nil {
			return
		}
		fmt.Fprintf(&key, "%q", r[name])
	}
	if !f.seen[key.String()] {
		f.seen[key.String()] = true
		f.rows = append(f.rows, r)
	}
}

func (f *dedupFold) result() Result { return Result{Rows: f.rows} }
