package detections

import (
	"slices"
	"strings"

	"ollama-hec/splunk_app/simulate/spl"
)

// Running is a detection that gets its events one at a time, as many as there may be. It
// finds what Run finds in all of them at once.
type Running struct {
	detection Detection
	stream    *spl.Stream
	lines     map[string]*counted // nil unless Keep was called
}

// Start starts the detection.
func (d Detection) Start() *Running { return &Running{detection: d, stream: d.compiled().Stream()} }

// Detection returns what is running.
func (r *Running) Detection() Detection { return r.detection }

// Add gives the detection the fields of an event, and leaves them as they were.
func (r *Running) Add(fields spl.Row) { r.stream.Add(fields) }

// Held returns the number of events that are kept because the search needs all of them.
func (r *Running) Held() int { return r.stream.Held() }

// Findings returns what the detection finds in the events so far. Add nothing after it.
func (r *Running) Findings() []Finding { return r.detection.findings(r.stream.Result()) }

// Line is an event that a finding rests on.
type Line struct{ Time, Source, Raw string }

// Bounds of what is kept for Lines: of an attack that fills a log the rest is only counted.
const (
	linesMost   = 10
	lineLongest = 2000
	countedMost = 5000
)

// counted are the first events of one incident.
type counted struct {
	of    spl.Row // the columns that tell an incident from another, as far as an event has them
	lines []Line
	all   int
}

// Keep has the events kept that Lines returns. Call it before Add.
func (r *Running) Keep() {
	r.lines = make(map[string]*counted)
	r.stream.Tap(r.keep)
}

// columns are those that tell an incident from another.
func (r *Running) columns() []string {
	if len(r.detection.Throttle) == 0 {
		return []string{"host"}
	}
	return r.detection.Throttle
}

func (r *Running) keep(row spl.Row) {
	of := make(spl.Row)
	var key strings.Builder
	for _, column := range r.columns() {
		values := row[column]
		if column == "src" {
			values = row["client"] // the searches' name for the source as they judge it
		}
		if len(values) > 0 {
			of[column] = values
		}
		key.WriteString(strings.Join(values, "\x01") + "\x00")
	}
	c := r.lines[key.String()]
	if c == nil {
		if len(r.lines) == countedMost {
			return
		}
		c = &counted{of: of}
		r.lines[key.String()] = c
	}
	if c.all++; len(c.lines) < linesMost {
		raw := row.First("_raw")
		if len(raw) > lineLongest {
			raw = strings.ToValidUTF8(raw[:lineLongest], "") + " …"
		}
		c.lines = append(c.lines, Line{row.First("_time"), row.First("source"), strings.Clone(raw)})
	}
}

// Lines returns the first events that a finding rests on, those that the search counts for
// it, in the order of their times, and how many there are.
func (r *Running) Lines(f Finding) (lines []Line, all int) {
	for _, c := range r.lines {
		if c.belongs(f) {
			lines, all = append(lines, c.lines...), all+c.all
		}
	}
	slices.SortFunc(lines, func(a, b Line) int {
		if c := strings.Compare(a.Time, b.Time); c != 0 {
			return c
		}
		return strings.Compare(a.Raw, b.Raw)
	})
	return lines[:min(len(lines), linesMost)], all
}

// belongs: what an event does not have yet, such as a column that stats makes, may be any.
func (c *counted) belongs(f Finding) bool {
	for column, values := range c.of {
		if !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(f.Row[column], v) }) {
			return false
		}
	}
	return true
}

// Query starts any search over events with the fields that the add-on gives them.
func Query(search string) (*spl.Stream, error) { return QueryAt(search, spl.Times{}) }

// QueryAt is Query for a search that asks for its own times.
func QueryAt(search string, times spl.Times) (*spl.Stream, error) {
	env := environment()
	env.Times = times
	s, err := spl.Compile(search, env)
	if err != nil {
		return nil, err
	}
	return s.Stream(), nil
}
