package report

import (
	"math"

	"ollama-hec/splunk_app/dashboard"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/spl"
)

// kind is how a panel is drawn.
type kind string

const (
	number  kind = "number"
	columns kind = "columns" // stacked, by time
	lines   kind = "lines"   // by time
	table   kind = "table"
)

// panel is a panel of the page: of the dashboard, by the same search, or one of the page's own.
type panel struct {
	group                     string
	title, note, search, unit string
	kind                      kind
	wide                      bool
	second                    string // the field of a chart that has an axis of its own, on the right; empty: none
}

// more is the group of the panels that only the page has.
const more = "Sources and crashes"

// kinds are the dashboard's visualizations.
var kinds = map[dashboard.Kind]kind{
	dashboard.Single: number,
	dashboard.Column: columns,
	dashboard.Line:   lines,
	dashboard.Table:  table,
}

// panels are the dashboard's, and those that a dashboard of many servers leaves to a search.
func panels() []panel {
	var list []panel
	for _, v := range dashboard.Views() {
		for _, row := range v.Rows {
			for _, p := range row.Panels {
				if !p.OfLogs() {
					continue
				}
				list = append(list, panel{
					group: v.Label, title: p.Title, note: p.Note, search: p.Whole(), unit: p.Unit(),
					kind: kinds[p.Kind], wide: len(row.Panels) == 1, second: p.Overlay(),
				})
			}
		}
	}
	return append(list,
		panel{
			group: more, title: "Sources by scope", kind: table, wide: true,
			search: "`ollama_api`\n| stats count as requests, dc(src) as sources, values(operation) as operations by src_scope\n| sort - requests",
			note:   "loopback, private or external, by the address that Ollama logs.",
		},
		panel{
			group: more, title: "Crashes", kind: table, wide: true,
			search: detections.Crashes() + "\n| stats count as lines, min(_time) as first_seen, max(_time) as last_seen by host, source, crash\n" +
				`| eval first_seen=strftime(first_seen, "%Y-%m-%d %H:%M:%S"), last_seen=strftime(last_seen, "%Y-%m-%d %H:%M:%S")` +
				"\n| table host, source, crash, lines, first_seen, last_seen",
		},
	)
}

// spans are those that a time chart may have: the finest that makes few enough columns.
var spans = []struct {
	text    string
	seconds float64
}{
	{"1s", 1}, {"10s", 10}, {"1m", 60}, {"10m", 600}, {"1h", 3600}, {"6h", 6 * 3600},
	{"1d", 86400}, {"7d", 7 * 86400}, {"30d", 30 * 86400},
	{"365d", 365 * 86400}, {"3650d", 3650 * 86400},
}

const columnsMost = 60

// drawn is a panel under way. A time chart runs with every span that can still be the finest.
type drawn struct {
	panel
	streams []*spl.Stream // by spans; of other panels one
	first   int           // the finest span that is left
}

func (p panel) start() (*drawn, error) {
	d := &drawn{panel: p}
	texts := []string{p.search}
	if p.byTime() {
		texts = nil
		for _, s := range spans {
			texts = append(texts, dashboard.Spanned(p.search, s.text))
		}
	}
	for _, text := range texts {
		s, err := detections.Query(text)
		if err != nil {
			return nil, err
		}
		d.streams = append(d.streams, s)
	}
	return d, nil
}

func (p panel) byTime() bool { return p.kind == columns || p.kind == lines }

// add gives the panel an event of a report whose events lie in this range of times.
func (d *drawn) add(fields spl.Row, r extent) {
	if d.byTime() {
		for d.first < len(spans)-1 && r.slots(spans[d.first].seconds) > columnsMost {
			d.streams[d.first] = nil
			d.first++
		}
	}
	for _, s := range d.streams[d.first:] {
		s.Add(fields)
	}
}

func (d *drawn) held() int { return d.streams[d.first].Held() }

func (d *drawn) result() spl.Result { return d.streams[d.first].Result() }

// extent is the range of times of the events, in seconds.
type extent struct{ from, to float64 }

func noTime() extent { return extent{math.Inf(1), math.Inf(-1)} }

func (e extent) with(t float64) extent { return extent{min(e.from, t), max(e.to, t)} }

func (e extent) empty() bool { return e.from > e.to }

// slots returns the number of spans that the range touches.
func (e extent) slots(span float64) int {
	if e.empty() {
		return 0
	}
	return int(min(math.Floor(e.to/span)-math.Floor(e.from/span), 1e9)) + 1
}
