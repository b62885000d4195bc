package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"
)

// report is what was measured.
type report struct {
	Lines   int      `json:"lines"`
	Runs    int      `json:"runs"`
	Seed    uint64   `json:"seed"`
	Go      string   `json:"go"`
	System  string   `json:"system"`
	Cores   string   `json:"cores"`
	Figures []figure `json:"figures"`
}

// figure is one thing measured.
type figure struct {
	Of    string  `json:"of"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Goal  string  `json:"goal,omitempty"`
	Met   *bool   `json:"met,omitempty"` // nil: there is no goal
}

// goal is what a figure has to reach.
type goal struct {
	text string
	met  func(float64) bool
}

var noGoal goal

func atLeast(least float64) goal {
	return goal{fmt.Sprintf("≥ %.4g", least), func(v float64) bool { return v >= least }}
}

func atMost(most float64) goal {
	return goal{fmt.Sprintf("≤ %.4g", most), func(v float64) bool { return v <= most }}
}

func newReport(o *options, c cores) *report {
	return &report{
		Lines: o.lines, Runs: o.runs, Seed: o.seed,
		Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Cores: c.String(),
	}
}

func (r *report) add(of, unit string, value float64, g goal) {
	f := figure{Of: of, Unit: unit, Value: value, Goal: g.text}
	if g.met != nil {
		f.Met = new(g.met(value))
	}
	r.Figures = append(r.Figures, f)
}

// addPeak adds the peak memory of some samples, where the system tells it.
func (r *report) addPeak(of string, samples ...sample) {
	if peak := medianOf(samples, sample.peakMB); peak > 0 {
		r.add(of, "MB peak memory", peak, atMost(64))
	}
}

// print writes the figures as a table for people.
func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "%d lines, median of %d, %s %s, %s\n\n", r.Lines, r.Runs, r.Go, r.System, r.Cores)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range r.Figures {
		verdict := ""
		if f.Met != nil {
			verdict = map[bool]string{true: "reached", false: "missed"}[*f.Met]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", f.Of, number(f.Value), f.Unit, f.Goal, verdict)
	}
	t.Flush()
}

func number(v float64) string {
	switch {
	case v >= 1000:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// writeJSON writes the figures for programs, to a file or, for -, to out.
func (r *report) writeJSON(path string, out io.Writer) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if path == "-" {
		_, err = out.Write(text)
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// medianOf is the median of a property; of an even number, the lower one.
func medianOf(samples []sample, property func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = property(s)
	}
	slices.Sort(values)
	return values[(len(values)-1)/2]
}

// percentile is the least value that p percent of all do not exceed.
func percentile(values []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
