package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/spl"
)

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

// page is parsed when it is first needed: most processes write none.
var page = sync.OnceValue(func() *template.Template { return template.Must(template.New("page").Parse(pageText)) })

// What a page shows of a table and of a value. The rest is counted, or cut.
const (
	rowsMost    = 50
	valuesMost  = 10
	cellLongest = 1000
)

// view is what the page shows. Whatever of it comes from a log is text: the template escapes
// it, and no character in it does more than stand there.
type view struct {
	Policy   string // Content-Security-Policy
	Style    template.CSS
	Events   []count
	Sources  []string
	More     int // sources that are not named
	From, To string
	Findings []findingsView
	Quiet    []string // detections that found nothing
	Groups   []groupView
}

// groupView is a page of the dashboard.
type groupView struct {
	Title           string
	Numbers, Panels []panelView
	Empty           bool // none of them has anything to show
}

type count struct {
	Name string
	N    string
}

type panelView struct {
	Title, Note, Value, Unit string
	Wide                     bool
	Table                    *tableView
	// Light and Dark are the same picture as data of an image, which runs nothing.
	Light template.URL
	Dark  template.Srcset
	Alt   string
}

type tableView struct {
	Columns []column
	Rows    [][]cell
	More    int
}

// column is one that holds nothing but numbers, or any other.
type column struct {
	Name   string
	Number bool
}

// cell is the values of a column in a row.
type cell struct {
	Values []string
	Number bool
}

type findingsView struct {
	Name, Severity, Kind, Description string
	Techniques                        []string
	Positives, Triage                 []string
	Findings                          []findingView
	More                              int
}

type findingView struct {
	Text  string
	Facts []fact
	Lines []lineView
	More  int
}

// fact is a column of a result that has a value.
type fact struct {
	Name string
	cell
}

type lineView struct{ Time, Source, Raw string }

// WritePage writes one HTML file that needs no other: the events, the dashboard's panels and
// what each detection found, with the lines it rests on. The report is one of NewPage.
func (r *Report) WritePage(w io.Writer) error {
	v := view{Policy: policy(), Style: template.CSS(pageStyle)}
	for _, st := range r.sourcetypes {
		v.Events = append(v.Events, count{st, humanize.Comma(r.events[st])})
	}
	v.Sources, v.More = r.sources[:min(len(r.sources), valuesMost)], max(0, len(r.sources)-valuesMost)
	for i := range v.Sources {
		v.Sources[i] = shown(v.Sources[i])
	}
	if !r.times.empty() {
		v.From, v.To = moment(r.times.from), moment(r.times.to)
	}
	for _, d := range r.detections {
		if f := findingsOf(d.Running); len(f.Findings) > 0 {
			v.Findings = append(v.Findings, f)
		} else {
			v.Quiet = append(v.Quiet, f.Name)
		}
	}
	slices.SortStableFunc(v.Findings, func(a, b findingsView) int {
		return slices.Index(severities, a.Severity) - slices.Index(severities, b.Severity)
	})
	groups, err := r.groups()
	if err != nil {
		return err
	}
	v.Groups = groups
	var text bytes.Buffer
	if err := page().Execute(&text, v); err != nil {
		return err
	}
	_, err = w.Write(text.Bytes())
	return err
}

// groups draws the panels.
func (r *Report) groups() (groups []groupView, err error) {
	for _, d := range r.panels {
		p, err := d.view(r.times)
		if err != nil {
			return nil, fmt.Errorf("draw %q: %w", d.title, err)
		}
		if len(groups) == 0 || groups[len(groups)-1].Title != d.group {
			groups = append(groups, groupView{Title: d.group, Empty: true})
		}
		g := &groups[len(groups)-1]
		g.Empty = g.Empty && p.empty()
		if d.kind == number {
			g.Numbers = append(g.Numbers, p)
		} else {
			g.Panels = append(g.Panels, p)
		}
	}
	return groups, nil
}

func (p panelView) empty() bool {
	return (p.Value == "" || p.Value == "0") && p.Table == nil && p.Light == ""
}

var severities = []string{"high", "medium", "low"}

// policy lets the page have its own style and pictures that stand in it, and nothing else.
func policy() string {
	style := sha256.Sum256([]byte(pageStyle))
	return "default-src 'none'; img-src data:; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) +
		"'; base-uri 'none'; form-action 'none'"
}

func (d *drawn) view(e extent) (panelView, error) {
	p := panelView{Title: d.title, Note: d.note, Unit: d.unit, Wide: d.wide}
	res := d.result()
	switch d.kind {
	case number:
		if len(res.Rows) > 0 && len(res.Columns) > 0 {
			p.Value = numeral(res.Rows[0].First(res.Columns[0]))
		}
	case table:
		if t := tableOf(res.Columns, res.Rows); len(t.Rows) > 0 {
			p.Table = &t
		}
	default:
		c := chartOf(res, d.kind, e, spans[d.first].seconds)
		if len(c.names) == 0 {
			break
		}
		c.second = d.second
		for i, name := range c.names {
			c.names[i] = clip(shown(name), 40)
		}
		light, err := c.svg(d.kind, false)
		if err != nil {
			return p, err
		}
		dark, err := c.svg(d.kind, true)
		if err != nil {
			return p, err
		}
		p.Light, p.Dark = template.URL(data(light)), template.Srcset(data(dark))
		p.Alt = fmt.Sprintf("%s, %s to %s: %s", d.title, c.labels[0], c.labels[len(c.labels)-1], strings.Join(c.names, ", "))
	}
	return p, nil
}

func data(svg []byte) string {
	return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)
}

// findingsOf returns what a detection found.
func findingsOf(r *detections.Running) findingsView {
	d := r.Detection()
	f := findingsView{
		Name: d.Name, Severity: d.Severity, Kind: string(d.Kind), Description: d.Description,
		Positives: d.FalsePositives, Triage: d.Triage,
	}
	for _, t := range slices.Concat(d.Attack, d.Atlas) {
		f.Techniques = append(f.Techniques, t.ID+" "+t.Name)
	}
	found := r.Findings()
	f.More = max(0, len(found)-rowsMost)
	for _, finding := range found[:min(len(found), rowsMost)] {
		one := findingView{Text: clip(shown(finding.Text), cellLongest)}
		for _, column := range finding.Columns {
			if values := finding.Row[column]; len(values) > 0 {
				one.Facts = append(one.Facts, fact{column, cellOf(values)})
			}
		}
		lines, all := r.Lines(finding)
		one.More = all - len(lines)
		for _, l := range lines {
			one.Lines = append(one.Lines, lineView{timeOf(l.Time), shown(l.Source), shown(l.Raw)})
		}
		f.Findings = append(f.Findings, one)
	}
	return f
}

func tableOf(columns []string, rows []spl.Row) tableView {
	t := tableView{More: max(0, len(rows)-rowsMost)}
	listed := rows[:min(len(rows), rowsMost)]
	for _, name := range columns {
		t.Columns = append(t.Columns, column{name, numeric(name, listed)})
	}
	for _, row := range listed {
		var cells []cell
		for _, c := range t.Columns {
			one := cellOf(row[c.Name])
			if one.Number = c.Number; c.Number && len(one.Values) > 0 {
				one.Values[0] = rounded(one.Values[0])
			}
			cells = append(cells, one)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// numeric reports whether every row has one number in the column, or nothing.
func numeric(name string, rows []spl.Row) bool {
	found := false
	for _, row := range rows {
		switch c := cellOf(row[name]); {
		case c.Number:
			found = true
		case len(c.Values) > 0:
			return false
		}
	}
	return found
}

// rounded is a number with two decimals at most, or with one digit of a smaller one.
func rounded(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if _, decimals, ok := strings.Cut(text, "."); err != nil || !ok || len(decimals) <= 2 {
		return text
	}
	if n > -.01 && n < .01 {
		return strconv.FormatFloat(n, 'g', 1, 64)
	}
	return humanize.Ftoa(math.Round(n*100) / 100)
}

func cellOf(values []string) (c cell) {
	for _, v := range values[:min(len(values), valuesMost)] {
		c.Values = append(c.Values, clip(shown(v), cellLongest))
	}
	if more := len(values) - valuesMost; more > 0 {
		c.Values = append(c.Values, fmt.Sprintf("… and %d more", more))
	}
	if len(values) == 1 {
		_, err := strconv.ParseFloat(values[0], 64)
		c.Number = err == nil
	}
	return c
}

// numeral groups the digits of a number, and leaves any other text.
func numeral(text string) string {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if n >= 100 {
			return humanize.Comma(int64(n + .5))
		}
		return humanize.Ftoa(float64(int64(n*100+.5)) / 100)
	}
	return shown(text)
}

func moment(seconds float64) string {
	return time.Unix(int64(seconds), 0).UTC().Format("2006-01-02 15:04:05")
}

func timeOf(text string) string {
	if t, err := strconv.ParseFloat(text, 64); err == nil {
		return moment(t)
	}
	return ""
}

// shown is text of a log as a page may hold it: characters that control a terminal, change
// the direction of what follows or cannot be seen stand as escapes, line breaks as they are.
func shown(text string) string {
	var b strings.Builder
	for _, r := range strings.ToValidUTF8(text, "\uFFFD") {
		if r == '\n' || r == '\t' || strconv.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}

// clip cuts a text to so many bytes, at the start of a character.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + " …"
}
