// Package check tries everything a shipper depends on, one thing after the other, and
// says for each whether it is in order, and if not, how to fix it.
//
// It changes nothing, but for one test event that it sends. It cannot see what Splunk
// does with that event after accepting it.
package check

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
)

// Status is the outcome of one check.
type Status string

// The outcomes.
const (
	OK   Status = "ok"
	Warn Status = "warn" // shipping works, less well than it could
	Fail Status = "fail"
)

// Result is one line of a check.
type Result struct {
	Name   string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"`
}

// report collects the results.
type report struct{ results []Result }

func (r *report) ok(name, format string, args ...any) {
	r.results = append(r.results, Result{name, OK, fmt.Sprintf(format, args...), ""})
}

func (r *report) bad(status Status, name, hint, format string, args ...any) {
	r.results = append(r.results, Result{name, status, fmt.Sprintf(format, args...), hint})
}

// Run checks everything the settings ask for.
func Run(ctx context.Context, s *settings.Settings) []Result {
	r := new(report)
	if s.SCSTenant != "" {
		r.tenant(ctx, s)
	} else {
		r.endpoints(ctx, s)
	}
	r.logs(ctx, s)
	r.state(s)
	r.notifications()
	return r.results
}

// Failed reports whether any check failed.
func Failed(results []Result) bool {
	for _, r := range results {
		if r.Status == Fail {
			return true
		}
	}
	return false
}

// Text writes one line for each result, and its hint below it.
func Text(w io.Writer, results []Result) error {
	for _, r := range results {
		if _, err := fmt.Fprintf(w, "%-4s  %s: %s\n", r.Status, terminal.Text(r.Name), terminal.Text(r.Detail)); err != nil {
			return err
		}
		if r.Hint != "" {
			hint := strings.ReplaceAll(terminal.Lines(r.Hint), "\n", "\n        ")
			if _, err := fmt.Fprintf(w, "      → %s\n", hint); err != nil {
				return err
			}
		}
	}
	return nil
}

// JSON writes the results as one array.
func JSON(w io.Writer, results []Result) error {
	enc := json.NewEncoder(terminal.NewJSON(w))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(results)
}
