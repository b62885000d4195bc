package spl

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// accumulator is one aggregate of one group: what has been added comes to its values.
// None but list keeps more than it needs: one sample, the distinct texts, or the numbers.
type accumulator interface {
	add(sample)
	values() []string
}

// sample is one value of the field aggregated, with the time of its row.
type sample struct {
	text string
	time float64
}

// accumulate starts the aggregate for a group.
func (a aggregate) accumulate() accumulator {
	if p, ok := percentile(a.function); ok {
		return &percentileOf{p: p}
	}
	return accumulators[a.function]()
}

// feed adds what the aggregate takes of a row.
func (a aggregate) feed(to accumulator, r Row) {
	if a.field == "" && a.of == nil { // every row counts
		to.add(sample{})
		return
	}
	at, _ := parseNumber(r.First("_time"))
	if a.of != nil {
		if a.of(r).isTrue() {
			to.add(sample{"true", at})
		}
		return
	}
	for _, v := range r[a.field] {
		to.add(sample{v, at})
	}
}

// accumulators are the functions of stats; percentile knows the others.
var accumulators = map[string]func() accumulator{
	"count": newCount, "c": newCount,
	"dc": newDistinct, "distinct_count": newDistinct,
	"values":   func() accumulator { return &valuesOf{seen: map[string]bool{}} },
	"list":     func() accumulator { return new(listOf) },
	"first":    best(func(sample, sample) bool { return false }),
	"last":     best(func(sample, sample) bool { return true }),
	"latest":   best(func(a, b sample) bool { return a.time >= b.time }),
	"earliest": best(func(a, b sample) bool { return a.time < b.time }),
	"max":      best(func(a, b sample) bool { return order(a.text, b.text) > 0 }),
	"min":      best(func(a, b sample) bool { return order(a.text, b.text) < 0 }),
	"sum":      func() accumulator { return new(total) },
	"avg":      func() accumulator { return &total{mean: true} },
	"mean":     func() accumulator { return &total{mean: true} },
	"median":   func() accumulator { return &percentileOf{p: 50} },
}

type countOf int

func newCount() accumulator { return new(countOf) }

func (c *countOf) add(sample)       { *c++ }
func (c *countOf) values() []string { return []string{strconv.Itoa(int(*c))} }

type distinctOf map[string]bool

func newDistinct() accumulator { return distinctOf{} }

func (d distinctOf) add(s sample)     { d[s.text] = true }
func (d distinctOf) values() []string { return []string{strconv.Itoa(len(d))} }

type valuesOf struct{ seen map[string]bool }

func (v *valuesOf) add(s sample) { v.seen[s.text] = true }

func (v *valuesOf) values() []string {
	var list []string
	for text := range v.seen {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

type listOf []string

func (l *listOf) add(s sample)     { *l = append(*l, s.text) }
func (l *listOf) values() []string { return *l }

// bestOf is the sample that beats all before it.
type bestOf struct {
	beats func(a, b sample) bool
	any   bool
	best  sample
}

func best(beats func(a, b sample) bool) func() accumulator {
	return func() accumulator { return &bestOf{beats: beats} }
}

func (b *bestOf) add(s sample) {
	if !b.any || b.beats(s, b.best) {
		b.any, b.best = true, s
	}
}

func (b *bestOf) values() []string {
	if !b.any {
		return nil
	}
	return []string{b.best.text}
}

// total is the sum or the mean of what reads like a number.
type total struct {
	mean bool
	sum  float64
	n    int
}

func (t *total) add(s sample) {
	if n, ok := parseNumber(s.text); ok {
		t.sum += n
		t.n++
	}
}

func (t *total) values() []string {
	switch {
	case t.n == 0:
		return nil
	case t.mean:
		return numberOf(t.sum / float64(t.n)).list()
	}
	return numberOf(t.sum).list()
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
type percentileOf struct {
	p    float64
	list []float64
}

func (p *percentileOf) add(s sample) {
	if n, ok := parseNumber(s.text); ok {
		p.list = append(p.list, n)
	}
}

func (p *percentileOf) values() []string {
	if len(p.list) == 0 {
		return nil
	}
	slices.Sort(p.list)
	rank := int(math.Ceil(p.p/100*float64(len(p.list)))) - 1
	return numberOf(p.list[max(rank, 0)]).list()
}
