package spl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

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
