// Package check tries everything a shipper depends on, one thing after the other, and
// says for each whether it is in order, and if not, how to fix it.
//
// It sends a test event and changes nothing else. It cannot see what Splunk does with that event
// after accepting it.
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

// report takes the results, one after the other.
type report struct{ tell func(Result) }

func (r *report) ok(name, format string, args ...any) {
	r.tell(Result{name, OK, fmt.Sprintf(format, args...), ""})
}

func (r *report) bad(status Status, name, hint, format string, args ...any) {
	r.tell(Result{name, status, fmt.Sprintf(format, args...), hint})
}

// Run checks everything the settings ask for, and passes each result to tell as soon as it is
// known. No check takes longer than some seconds, except the wait for an acknowledgment.
func Run(ctx context.Context, s *settings.Settings, tell func(Result)) {
	r := &report{tell}
	if s.SCSTenant != "" {
		r.tenant(ctx, s)
	} else {
		r.endpoints(ctx, s)
	}
	r.logs(ctx, s)
	r.capture(s)
	r.state(s)
	r.notifications()
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

// Text writes a line for a result, and its hint below it.
func Text(w io.Writer, r Result) error {
	line := fmt.Sprintf("%-4s  %s: %s\n", r.Status, terminal.Text(r.Name), terminal.Text(r.Detail))
	if r.Hint != "" {
		line += "      → " + strings.ReplaceAll(terminal.Lines(r.Hint), "\n", "\n        ") + "\n"
	}
	_, err := io.WriteString(w, line)
	return err
}

// JSON writes the results as one array.
func JSON(w io.Writer, results []Result) error {
	enc := json.NewEncoder(terminal.NewJSON(w))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(results)
}
