package report

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/go-analyze/charts"

	"ollama-hec/splunk_app/simulate/spl"
)

// chart is numbers by time: of each series one for each label.
type chart struct {
	labels []string
	names  []string
	values [][]float64
	second string // the series with an axis of its own, on the right; empty: none
}

// seriesMost bounds what is drawn; the others become one.
const seriesMost = 8

// chartOf fills the gaps between the first and the last event: nothing is 0 where amounts are
// stacked, and unknown in a line.
func chartOf(res spl.Result, k kind, e extent, span float64) chart {
	if e.empty() || len(res.Columns) < 2 {
		return chart{}
	}
	slots := e.slots(span)
	start := math.Floor(e.from/span) * span
	c := chart{names: res.Columns[1:], labels: make([]string, slots)}
	for i := range slots {
		c.labels[i] = label(start+float64(i)*span, span, e)
	}
	for range c.names {
		series := make([]float64, slots)
		for i := range series {
			if k == lines {
				series[i] = charts.GetNullValue()
			}
		}
		c.values = append(c.values, series)
	}
	for _, row := range res.Rows {
		at, err := strconv.ParseFloat(row.First("_time"), 64)
		slot := int((at - start) / span)
		if err != nil || slot < 0 || slot >= slots {
			continue
		}
		for i, name := range c.names {
			if v, err := strconv.ParseFloat(row.First(name), 64); err == nil {
				c.values[i][slot] = v
			}
		}
	}
	return c.largest()
}

// largest keeps the series with the largest sums, and adds up the others.
func (c chart) largest() chart {
	if len(c.names) <= seriesMost {
		return c
	}
	order := make([]int, len(c.names))
	for i := range order {
		order[i] = i
	}
	sum := func(i int) (total float64) {
		for _, v := range c.values[i] {
			if v != charts.GetNullValue() {
				total += v
			}
		}
		return total
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(sum(b), sum(a)) })
	out := chart{labels: c.labels, second: c.second}
	other := make([]float64, len(c.labels))
	for at, i := range order {
		if at < seriesMost-1 {
			out.names, out.values = append(out.names, c.names[i]), append(out.values, c.values[i])
			continue
		}
		for slot, v := range c.values[i] {
			if v != charts.GetNullValue() {
				other[slot] += v
			}
		}
	}
	out.names, out.values = append(out.names, "OTHER"), append(out.values, other)
	return out
}

// label is the start of a span, with as much of it as differs.
func label(at, span float64, e extent) string {
	t := time.Unix(int64(at), 0).UTC()
	switch {
	case span >= 86400:
		return t.Format(time.DateOnly)
	case e.to-e.from > 86400:
		return t.Format("01-02 15:04")
	case span < 60:
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

// svg draws the chart, 640 by 260, with a background for light or for dark.
func (c chart) svg(k kind, dark bool) ([]byte, error) {
	theme := charts.GetTheme(charts.ThemeLight)
	if dark {
		theme = charts.GetTheme(charts.ThemeDark)
	}
	theme = theme.WithBackgroundColor(charts.ColorTransparent)
	painter := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputSVG, Width: 640, Height: 260})
	small := charts.FontStyle{FontSize: 10}
	axis := charts.CategoryAxisOption{Labels: sparse(c.labels), LabelCount: len(c.labels), LabelFontStyle: small}
	scale := charts.ValueAxisOption{LabelFontStyle: small, Min: charts.Ptr(0.0), LabelCountAdjustment: -4}
	scales := []charts.ValueAxisOption{scale}
	names, right := slices.Clone(c.names), slices.Index(c.names, c.second)
	if right >= 0 {
		scales = append(scales, scale)
		names[right] += " (right)"
	}
	around := charts.NewBox(20, 20, 40, 20) // half of the last label goes over the axis
	legend := charts.LegendOption{SeriesNames: names, FontStyle: small}
	var err error
	if k == columns {
		opt := charts.NewBarChartOptionWithData(c.values)
		opt.Theme, opt.Legend, opt.CategoryAxis, opt.StackSeries = theme, legend, axis, charts.Ptr(true)
		opt.ValueAxis, opt.ValueFormatter, opt.Padding = scales, short, around
		if right >= 0 {
			opt.SeriesList[right].YAxisIndex = 1
		}
		err = painter.BarChart(opt)
	} else {
		opt := charts.NewLineChartOptionWithData(c.values)
		opt.Theme, opt.Legend, opt.XAxis, opt.Symbol = theme, legend, axis, charts.Symbol{Shape: charts.SymbolDot, Size: 3}
		opt.YAxis, opt.ValueFormatter, opt.Padding = []charts.ValueAxisOption{scale}, short, around
		err = painter.LineChart(opt)
	}
	if err != nil {
		return nil, err
	}
	return painter.Bytes()
}

// sparse leaves as many labels as have room beside each other.
func sparse(labels []string) []string {
	const room = 6
	step := (len(labels) + room - 1) / room
	out := make([]string, len(labels))
	for i := 0; i < len(labels); i += max(step, 1) {
		out[i] = labels[i]
	}
	return out
}

func short(v float64) string { return charts.FormatValueHumanizeShort(v, 1, false) }
