// Package report runs the detections over the events of a log, in our own model of Splunk,
// and writes what they find: as JSON, or as a page that also draws the dashboard's panels.
//
// Events are taken one at a time and not kept, but for those that a search needs all at
// once. There are no schedules and no time ranges: every search sees all events.
package report

import (
	"fmt"
	"slices"
	"strconv"

	"ollama-hec/splunk_app/detections"
)

// MostHeld is the number of events that a search may keep for itself: about a gigabyte.
const MostHeld = 500_000

// Report is a report of the events that were added to it. One goroutine uses it at a time.
type Report struct {
	sourcetypes []string // those that are counted even where there are none
	events      map[string]int64
	detections  []running
	panels      []*drawn // of the page
	times       extent
	sources     []string // of the events, in the order in which they came
}

// sourcesMost bounds the files that are told apart.
const sourcesMost = 1000

type running struct {
	name string
	*detections.Running
}

// New returns the report of no events, with these sourcetypes.
func New(sourcetypes ...string) *Report {
	r := &Report{sourcetypes: sourcetypes, events: make(map[string]int64), times: noTime()}
	for _, d := range detections.All() {
		r.detections = append(r.detections, running{d.Name, d.Start()})
	}
	return r
}

// NewPage is New for a report that becomes a page, which takes more time and memory.
func NewPage(sourcetypes ...string) *Report {
	r := New(sourcetypes...)
	for _, d := range r.detections {
		d.Keep()
	}
	for _, p := range panels() {
		d, err := p.start()
		if err != nil {
			panic(fmt.Sprintf("panel %q: %v", p.title, err)) // a test starts them all
		}
		r.panels = append(r.panels, d)
	}
	return r
}

// Add adds an event. The error says which search would have to keep too many of them.
func (r *Report) Add(e detections.Event) error {
	r.events[e.Sourcetype]++
	if t, err := strconv.ParseFloat(e.Time, 64); err == nil {
		r.times = r.times.with(t)
	}
	if r.panels != nil && !slices.Contains(r.sources, e.Source) && len(r.sources) < sourcesMost {
		r.sources = append(r.sources, e.Source)
	}
	fields := detections.Fields(e)
	for _, d := range r.detections {
		d.Add(fields)
		if d.Held() > MostHeld {
			return tooMany(d.name)
		}
	}
	for _, p := range r.panels {
		p.add(fields, r.times)
		if p.held() > MostHeld {
			return tooMany(p.title)
		}
	}
	return nil
}

func tooMany(search string) error {
	return fmt.Errorf("%s needs more than %d events at once · hint: report fewer files at a time", search, MostHeld)
}
