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
	columns []string
	rows    [][]string
	cidr    map[string]bool // columns matched as ranges of addresses
}

// ReadLookup reads a CSV table. Columns named in cidr hold ranges of addresses;
// the others match byte by byte.
func ReadLookup(r io.Reader, cidr ...string) (*Lookup, error) {
	all, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read lookup: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read lookup: no header")
	}
	l := &Lookup{columns: all[0], rows: all[1:], cidr: make(map[string]bool)}
	for _, c := range cidr {
		if !slices.Contains(l.columns, c) {
			return nil, fmt.Errorf("read lookup: no column %q", c)
		}
		l.cidr[c] = true
	}
	return l, nil
}

// lookup sets fields from the first row of a table that matches.
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
		found := slices.IndexFunc(l.table.rows, func(row []string) bool { return l.matches(row, r) })
		for _, out := range l.output {
			if l.onlyNew && r[out.field] != nil {
				continue
			}
			delete(r, out.field)
			if found >= 0 && l.table.rows[found][out.index] != "" {
				r[out.field] = []string{l.table.rows[found][out.index]}
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
		cell, column := row[m[0]], l.table.columns[m[0]]
		same := func(v string) bool { return v == cell }
		if l.table.cidr[column] {
			prefix, err := netip.ParsePrefix(cell)
			same = func(v string) bool { return err == nil && contains(prefix, v) || v == cell }
		}
		if !slices.ContainsFunc(r[l.inputs[m[1]]], same) {
			return false
		}
	}
	return true
}
