package spl

import (
	"fmt"
	"slices"
	"strings"
)

// eventstats adds to each row the aggregates of its group. A row of which a by-field is null
// stays as it is.
type eventstats struct {
	aggregates []aggregate
	by         []string
}

func buildEventstats(args string, env *Env) (command, error) {
	c, err := buildStats(args, env)
	if err != nil {
		return nil, err
	}
	return eventstats(c.(stats)), nil
}

func (e eventstats) run(in Result) Result {
	groups := make(map[string]*group)
	mine := make([]*group, len(in.Rows))
	for i, r := range in.Rows {
		for _, key := range combinations(r, e.by) {
			name := strings.Join(key, "\x00")
			if groups[name] == nil {
				groups[name] = newGroup(key, e.aggregates)
			}
			groups[name].add(e.aggregates, r)
			if mine[i] == nil { // of several groups, a row gets the first one's
				mine[i] = groups[name]
			}
		}
	}
	for i, r := range in.Rows {
		if mine[i] == nil {
			continue
		}
		for j, a := range e.aggregates {
			r.set(a.as, mine[i].columns[j].values())
		}
	}
	for _, a := range e.aggregates {
		in.Columns = withColumn(in.Columns, a.as)
	}
	return in
}

// streamstats adds to each row the aggregates of its group up to it, in the order of the
// rows, which is by time if there is a window. Only functions that need little memory are
// understood: without a window those in running, with one count and dc.
type streamstats struct {
	aggregates []aggregate
	by         []string
	current    bool    // the row itself is among those aggregated
	window     float64 // of time, in seconds; 0 for none
}

// running are the functions of streamstats: from what was so far (nil at first) and the
// values of the next row.
var running = map[string]func(so, next []string) []string{
	"last":  func(_, next []string) []string { return next[len(next)-1:] },
	"first": func(so, next []string) []string { return append(so, next...)[:1] },
	"count": func(so, next []string) []string { return addTo(so, float64(len(next))) },
	"sum": func(so, next []string) []string {
		for _, v := range next {
			if n, ok := parseNumber(v); ok {
				so = addTo(so, n)
			}
		}
		return so
	},
	"max": func(so, next []string) []string { return further(so, next, 1) },
	"min": func(so, next []string) []string { return further(so, next, -1) },
}

func addTo(so []string, n float64) []string {
	if len(so) > 0 {
		sum, _ := parseNumber(so[0])
		n += sum
	}
	return numberOf(n).list()
}

func further(so, next []string, sign int) []string {
	for _, v := range next {
		if len(so) == 0 || order(v, so[0])*sign > 0 {
			so = []string{v}
		}
	}
	return so
}

func buildStreamstats(args string, env *Env) (command, error) {
	s := streamstats{current: true}
	for {
		option := rexOption.FindStringSubmatch(args)
		if option == nil {
			break
		}
		args = args[len(option[0]):]
		switch option[1] {
		case "current":
			s.current = slices.Contains([]string{"t", "true", "1"}, strings.ToLower(option[2]))
		case "time_window":
			var err error
			if s.window, err = spanOf(option[2]); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("option %s is not understood", option[1])
		}
	}
	c, err := buildStats(args, env)
	if err != nil {
		return nil, err
	}
	s.aggregates, s.by = c.(stats).aggregates, c.(stats).by
	if s.window > 0 && !s.current {
		return nil, fmt.Errorf("time_window without the row itself is not understood")
	}
	for _, a := range s.aggregates {
		windowed := a.function == "count" || a.function == "dc"
		if s.window > 0 && !windowed || s.window == 0 && running[a.function] == nil {
			return nil, fmt.Errorf("function %s is not understood here", a.function)
		}
	}
	return s, nil
}

func (s streamstats) run(in Result) Result {
	if s.window > 0 {
		return s.runWindow(in)
	}
	sofar := make(map[string][][]string)
	for _, r := range in.Rows {
		keys := combinations(r, s.by)
		if len(keys) == 0 {
			continue
		}
		name := strings.Join(keys[0], "\x00")
		if sofar[name] == nil {
			sofar[name] = make([][]string, len(s.aggregates))
		}
		before, state := slices.Clone(sofar[name]), sofar[name]
		for i, a := range s.aggregates {
			if values := a.values(r); len(values) > 0 {
				state[i] = running[a.function](state[i], values)
			}
		}
		if s.current {
			before = state
		}
		for i, a := range s.aggregates {
			r.set(a.as, before[i])
		}
	}
	for _, a := range s.aggregates {
		in.Columns = withColumn(in.Columns, a.as)
	}
	return in
}

// recent are the rows of a group in the window, and how often each value of each aggregate is
// among them.
type recent struct {
	rows   []Row
	values []map[string]int
	total  []int
}

func (s streamstats) runWindow(in Result) Result {
	groups := make(map[string]*recent)
	for _, r := range in.Rows {
		keys := combinations(r, s.by)
		at, timed := parseNumber(r.First("_time"))
		if len(keys) == 0 || !timed {
			continue
		}
		name := strings.Join(keys[0], "\x00")
		g := groups[name]
		if g == nil {
			g = &recent{values: make([]map[string]int, len(s.aggregates)), total: make([]int, len(s.aggregates))}
			groups[name] = g
		}
		s.count(g, r, 1)
		g.rows = append(g.rows, r)
		for oldest, _ := parseNumber(g.rows[0].First("_time")); oldest <= at-s.window; oldest, _ = parseNumber(g.rows[0].First("_time")) {
			s.count(g, g.rows[0], -1)
			g.rows = g.rows[1:]
		}
		for i, a := range s.aggregates {
			n := g.total[i]
			if a.function == "dc" {
				n = len(g.values[i])
			}
			r.set(a.as, numberOf(float64(n)).list())
		}
	}
	for _, a := range s.aggregates {
		in.Columns = withColumn(in.Columns, a.as)
	}
	return in
}

// count adds the values of a row to those in the window, or takes them away.
func (s streamstats) count(g *recent, r Row, n int) {
	for i, a := range s.aggregates {
		if g.values[i] == nil {
			g.values[i] = make(map[string]int)
		}
		for _, v := range a.values(r) {
			g.total[i] += n
			if g.values[i][v] += n; g.values[i][v] == 0 {
				delete(g.values[i], v)
			}
		}
	}
}

// values are what a row gives to the aggregate.
func (a aggregate) values(r Row) []string {
	switch {
	case a.of != nil && a.of(r).isTrue():
		return []string{"true"}
	case a.of != nil:
		return nil
	case a.field == "":
		return []string{"true"} // count
	}
	return r[a.field]
}

// mvexpand makes a row of each value of a field; a row without the field stays one.
type mvexpand string

func buildMvexpand(args string, _ *Env) (command, error) {
	names, err := nameList(args)
	if err != nil {
		return nil, err
	}
	if len(names) != 1 {
		return nil, fmt.Errorf("%q is not understood", args)
	}
	return mvexpand(names[0]), nil
}

func (m mvexpand) run(in Result) Result {
	var out []Row
	for _, r := range in.Rows {
		values := r[string(m)]
		if len(values) < 2 {
			out = append(out, r)
			continue
		}
		for _, v := range values {
			c := r.clone()
			c[string(m)] = []string{v}
			out = append(out, c)
		}
	}
	in.Rows = out
	return in
}
