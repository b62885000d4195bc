package spl

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// timechart is stats by span of time, at most one field making columns.
type timechart struct {
	span       float64
	aggregates []aggregate
	by         string
}

// spans are the units a span is written in.
var spans = map[string]float64{"s": 1, "m": 60, "h": 3600, "d": 86400}

// spanOf reads a span such as 5m in seconds.
func spanOf(s string) (float64, error) {
	digits := strings.TrimRight(s, "smhd")
	n, _ := parseNumber(digits)
	seconds := n * spans[s[len(digits):]]
	if seconds <= 0 {
		return 0, fmt.Errorf("span=%s is not understood", s)
	}
	return seconds, nil
}

func buildTimechart(args string, env *Env) (command, error) {
	list, err := lex(args, ".")
	if err != nil {
		return nil, err
	}
	t := &tokens{list: list}
	c := timechart{span: 1800}
	for {
		option := t.peek()
		if option.kind != word || t.at+1 >= len(t.list) || t.list[t.at+1] != (token{operator, "="}) {
			break
		}
		t.at += 2
		value := t.next().text
		switch option.text {
		case "span":
			if c.span, err = spanOf(value); err != nil {
				return nil, err
			}
		case "minspan":
			least, err := spanOf(value)
			if err != nil {
				return nil, err
			}
			c.span = max(c.span, least)
		case "limit", "useother":
		default:
			return nil, fmt.Errorf("option %s is not understood", option.text)
		}
	}
	if c.aggregates, err = aggregates(t, env); err != nil {
		return nil, err
	}
	if t.takeWord("by") {
		if c.by, err = t.name(); err != nil {
			return nil, err
		}
		if len(c.aggregates) > 1 {
			return nil, fmt.Errorf("several functions by a field are not understood")
		}
	}
	return c, t.end()
}

// run leaves out the spans that hold no event.
func (c timechart) run(in Result) Result { return foldAll(c, in) }

func (c timechart) fold() fold { return &timechartFold{c, make(map[float64]map[string]*group)} }

// timechartFold is a timechart under way: groups by span and, within it, by series, of
// which there is one without a name where nothing makes columns.
type timechartFold struct {
	timechart
	slots map[float64]map[string]*group
}

func (f *timechartFold) add(r Row) {
	at, ok := parseNumber(r.First("_time"))
	if !ok {
		return
	}
	slot := math.Floor(at/f.span) * f.span
	if f.slots[slot] == nil {
		f.slots[slot] = make(map[string]*group)
	}
	names := []string{""}
	if f.by != "" {
		if names = r[f.by]; names == nil {
			names = []string{"NULL"}
		}
	}
	for _, n := range names {
		g := f.slots[slot][n]
		if g == nil {
			g = newGroup(nil, f.aggregates)
			f.slots[slot][n] = g
		}
		g.add(f.aggregates, r)
	}
}

func (f *timechartFold) result() Result {
	out := Result{Columns: []string{"_time"}}
	for _, slot := range slices.Sorted(maps.Keys(f.slots)) {
		row := Row{"_time": numberOf(slot).list()}
		for name, g := range f.slots[slot] {
			if f.by != "" {
				row.set(name, g.columns[0].values())
				out.Columns = withColumn(out.Columns, name)
				continue
			}
			g.setColumns(f.aggregates, row)
			for _, a := range f.aggregates {
				out.Columns = withColumn(out.Columns, a.as)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	slices.Sort(out.Columns[1:])
	return out
}
