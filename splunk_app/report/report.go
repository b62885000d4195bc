// Package report runs the detections over the events of a log, in our own model of Splunk,
// and writes what they find.
//
// Events are taken one at a time and not kept, but for those that a search needs all at
// once. There are no schedules and no time ranges: every search sees all events.
package report

import (
	"fmt"

	"ollama-hec/splunk_app/detections"
)

// MostHeld is the number of events that a search may keep for itself: about a gigabyte.
const MostHeld = 500_000

// Report is a report of the events that were added to it. One goroutine uses it at a time.
type Report struct {
	sourcetypes []string // those that are counted even where there are none
	events      map[string]int64
	detections  []running
}

type running struct {
	name string
	*detections.Running
}

// New returns the report of no events, with these sourcetypes.
func New(sourcetypes ...string) *Report {
	r := &Report{sourcetypes: sourcetypes, events: make(map[string]int64)}
	for _, d := range detections.All() {
		r.detections = append(r.detections, running{d.Name, d.Start()})
	}
	return r
}

// Add adds an event. The error says which search would have to keep too many of them.
func (r *Report) Add(e detections.Event) error {
	r.events[e.Sourcetype]++
	fields := detections.Fields(e)
	for _, d := range r.detections {
		d.Add(fields)
		if d.Held() > MostHeld {
			return fmt.Errorf("%s needs more than %d events at once · hint: report fewer files at a time", d.name, MostHeld)
		}
	}
	return nil
}
