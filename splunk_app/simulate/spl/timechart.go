package spl

import (
	"fmt"
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
			digits := strings.TrimRight(value, "smhd")
			n, _ := parseNumber(digits)
			if c.span = n * spans[value[len(digits):]]; c.span <= 0 {
				return nil, fmt.Errorf("span=%s is not understood", value)
			}
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
func (c timechart) run(in Result) Result {
	slots := make(map[float64][]Row)
	for _, r := range in.Rows {
		if at, ok := parseNumber(r.First("_time")); ok {
			slot := math.Floor(at/c.span) * c.span
			slots[slot] = append(slots[slot], r)
		}
	}
	out := Result{Columns: []string{"_time"}}
	for _, slot := range sortedSlots(slots) {
		row := Row{"_time": numberOf(slot).list()}
		for _, a := range c.aggregates {
			if c.by == "" {
				row.set(a.as, a.reduce(slots[slot]))
				out.Columns = withColumn(out.Columns, a.as)
				continue
			}
			series := make(map[string][]Row)
			for _, r := range slots[slot] {
				names := r[c.by]
				if names == nil {
					names = []string{"NULL"}
				}
				for _, n := range names {
					series[n] = append(series[n], r)
				}
			}
			for name, rows := range series {
				row.set(name, a.reduce(rows))
				out.Columns = withColumn(out.Columns, name)
			}
		}
		out.Rows = append(out.Rows, row)
	}
	slices.Sort(out.Columns[1:])
	return out
}

func sortedSlots(slots map[float64][]Row) []float64 {
	var keys []float64
	for k := range slots {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
