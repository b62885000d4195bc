package detections

import "ollama-hec/splunk_app/simulate/spl"

// Running is a detection that gets its events one at a time, as many as there may be. It
// finds what Run finds in all of them at once.
type Running struct {
	detection Detection
	stream    *spl.Stream
}

// Start starts the detection.
func (d Detection) Start() *Running { return &Running{d, d.compiled().Stream()} }

// Add gives the detection the fields of an event, and leaves them as they were.
func (r *Running) Add(fields spl.Row) { r.stream.Add(fields) }

// Held returns the number of events that are kept because the search needs all of them.
func (r *Running) Held() int { return r.stream.Held() }

// Findings returns what the detection finds in the events so far. Add nothing after it.
func (r *Running) Findings() []Finding { return r.detection.findings(r.stream.Result()) }
