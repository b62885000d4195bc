package spl

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
)

// Lookup is a table that rows are matched with.
type Lookup struct {
	columns  []string
	rows     [][]string
	matching Matching
}

// Matching says how a table is matched, as its stanza in transforms.conf does. Columns that
// are in none of its lists match byte by byte.
type Matching struct {
	CIDR     []string // columns that hold ranges of addresses
	Wildcard []string // columns in which * stands for anything
	FoldCase bool     // case_sensitive_match = false
	Most     int      // max_matches: how many rows may match; 0 is 1
}

// ReadLookup reads a CSV table.
func ReadLookup(r io.Reader, m Matching) (*Lookup, error) {
	all, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read lookup: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read lookup: no header")
	}
	for _, c := range append(slices.Clone(m.CIDR), m.Wildcard...) {
		if !slices.Contains(all[0], c) {
			return nil, fmt.Errorf("read lookup: no column %q", c)
		}
	}
	m.Most = max(m.Most, 1)
	return &Lookup{columns: all[0], rows: all[1:], matching: m}, nil
}

// lookup sets fields from the first rows of a table that match.
type lookup struct {
	table   *Lookup
	match   [][2]int // column of the table, index into inputs
	inputs  []string
	output  []column
	onlyNew bool
}

type column struct {
	index int
	field string
}

func buildLookup(args string, env *Env) (command, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	name, err := t.name()
	if err != nil {
		return nil, err
	}
	table := env.Lookups[name]
	if table == nil {
		return nil, fmt.Errorf("lookup %q is not known", name)
	}
	l := lookup{table: table}
	inputs, err := table.pairs(t)
	if err != nil {
		return nil, err
	}
	for i, in := range inputs {
		l.inputs = append(l.inputs, in.field)
		l.match = append(l.match, [2]int{in.index, i})
	}
	if l.onlyNew = t.takeWord("OUTPUTNEW"); !l.onlyNew && !t.takeWord("OUTPUT") {
		return nil, fmt.Errorf("a lookup without OUTPUT is not understood")
	}
	if l.output, err = table.pairs(t); err != nil {
		return nil, err
	}
	return l, t.end()
}

// pairs reads "column [AS field]" up to OUTPUT or the end.
func (l *Lookup) pairs(t *tokens) ([]column, error) {
	var list []column
	for n := t.peek(); n.kind != endToken && !strings.HasPrefix(strings.ToUpper(n.text), "OUTPUT"); n = t.peek() {
		name, err := t.name()
		if err != nil {
			return nil, err
		}
		c := column{slices.Index(l.columns, name), name}
		if c.index < 0 {
			return nil, fmt.Errorf("the lookup has no column %q", name)
		}
		if t.takeWord("AS") {
			if c.field, err = t.name(); err != nil {
				return nil, err
			}
		}
		list = append(list, c)
		t.take(punctuation, ",")
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no field is named")
	}
	return list, nil
}

func (l lookup) run(in Result) Result {
	for _, r := range in.Rows {
		var found [][]string
		for _, row := range l.table.rows {
			if len(found) < l.table.matching.Most && l.matches(row, r) {
				found = append(found, row)
			}
		}
		for _, out := range l.output {
			if l.onlyNew && r[out.field] != nil {
				continue
			}
			delete(r, out.field)
			for _, row := range found {
				if cell := row[out.index]; cell != "" {
					r[out.field] = append(r[out.field], cell)
				}
			}
		}
	}
	for _, out := range l.output {
		in.Columns = withColumn(in.Columns, out.field)
	}
	return in
}

func (l lookup) matches(row []string, r Row) bool {
	for _, m := range l.match {
		same := l.table.matching.cell(l.table.columns[m[0]], row[m[0]])
		if !slices.ContainsFunc(r[l.inputs[m[1]]], same) {
			return false
		}
	}
	return true
}

// cell returns what a value has to satisfy to match the cell of a column.
func (m Matching) cell(column, cell string) func(string) bool {
	switch {
	case slices.Contains(m.CIDR, column):
		prefix, err := netip.ParsePrefix(cell)
		return func(v string) bool { return err == nil && contains(prefix, v) || v == cell }
	case slices.Contains(m.Wildcard, column):
		return func(v string) bool { return m.wild(cell, v) }
	case m.FoldCase:
		return func(v string) bool { return strings.EqualFold(v, cell) }
	}
	return func(v string) bool { return v == cell }
}

// wild matches a whole value, * standing for anything.
func (m Matching) wild(pattern, v string) bool {
	if m.FoldCase {
		pattern, v = strings.ToLower(pattern), strings.ToLower(v)
	}
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return v == pattern
	}
	v, ok := strings.CutPrefix(v, parts[0])
	for _, part := range parts[1 : len(parts)-1] {
		if _, rest, found := strings.Cut(v, part); found {
			v = rest
		} else {
			ok = false
		}
	}
	return ok && strings.HasSuffix(v, parts[len(parts)-1])
}

// inputLookup adds the rows of a table to the rows.
type inputLookup struct{ table *Lookup }

func buildInputLookup(args string, env *Env) (command, error) {
	name, ok := strings.CutPrefix(args, "append=true ")
	if !ok {
		return nil, fmt.Errorf("only inputlookup append=true is understood, not %q", clip(args))
	}
	table := env.Lookups[strings.TrimSpace(name)]
	if table == nil {
		return nil, fmt.Errorf("lookup %q is not known", name)
	}
	return inputLookup{table}, nil
}

func (l inputLookup) run(in Result) Result {
	for _, cells := range l.table.rows {
		r := make(Row)
		for i, name := range l.table.columns {
			if cells[i] != "" {
				r[name] = []string{cells[i]}
			}
		}
		in.Rows = append(in.Rows, r)
	}
	for _, name := range l.table.columns {
		in.Columns = withColumn(in.Columns, name)
	}
	return in
}

// outputLookup would write a table; here the rows pass through.
type outputLookup struct{}

func buildOutputLookup(args string, env *Env) (command, error) {
	if env.Lookups[args] == nil {
		return nil, fmt.Errorf("lookup %q is not known", args)
	}
	return outputLookup{}, nil
}

func (outputLookup) run(in Result) Result { return in }
