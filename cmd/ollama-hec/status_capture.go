package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/input/spool"
)

// spoolState says what is captured, and how much of it waits to be shipped.
type spoolState struct {
	Bytes    int64                   `json:"bytes"`
	Segments int                     `json:"segments"`
	Writers  map[string]captureState `json:"writers"` // capture, proxy
}

// captureState is the last status of a process that captures.
type captureState struct {
	Running  bool             `json:"running"`
	Started  time.Time        `json:"started"`
	At       time.Time        `json:"at"`
	Captures []string         `json:"captures"`
	Prompts  string           `json:"prompts"`
	Ports    []int            `json:"ports,omitempty"`
	Counts   map[string]int64 `json:"counts"` // by the names of the metrics
	Problem  string           `json:"problem,omitempty"`
	Stopped  bool             `json:"stopped,omitempty"` // as it was told to
}

// spoolOf returns the state of the spool in a state directory; nil: there is none.
func spoolOf(dir string) (*spoolState, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	in, err := spool.NewReader(dir, slog.New(slog.DiscardHandler)).Inspect()
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("the spool cannot be read: %w; run status as root, or as the user who ships", err)
		}
		return nil, err
	}
	if in == nil {
		return nil, nil
	}
	st := &spoolState{Bytes: in.Bytes, Segments: in.Segments, Writers: map[string]captureState{}}
	for name, w := range in.Writers {
		st.Writers[name] = captureState{
			Running: w.Live, Started: w.Started, At: w.At, Captures: w.Captures, Prompts: w.Prompts,
			Ports: w.Ports, Counts: w.Counts, Problem: w.Problem, Stopped: w.Stopped && !w.Live,
		}
	}
	return st, nil
}

// text prints what is captured, if there is a spool.
func (st *spoolState) text(w io.Writer) {
	if st == nil || len(st.Writers) == 0 && st.Bytes == 0 {
		return
	}
	if len(st.Writers) > 0 {
		fmt.Fprintf(w, "\ncaptured by\tstate\trequests\tconnections\tlost bytes\tlost records\tports\n")
	}
	for _, name := range slices.Sorted(maps.Keys(st.Writers)) {
		c := st.Writers[name]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", name, c.state(), c.count("requests"), c.count("connections"),
			c.Counts["lost_bytes"], c.Counts["spool_lost_queue"]+c.Counts["spool_lost_full"]+c.Counts["spool_lost_disk"],
			strings.Trim(fmt.Sprint(c.Ports), "[]"))
		if c.Problem != "" {
			fmt.Fprintf(w, "\t%s\n", terminal.Text(c.Problem))
		}
	}
	fmt.Fprintf(w, "\nspool\t%s on disk\n", humanize.IBytes(uint64(st.Bytes)))
}

func (c captureState) state() string {
	switch {
	case c.Running:
		return "running"
	case c.Stopped:
		return "stopped " + ago(c.At)
	}
	return "ended, seen " + ago(c.At)
}

// count returns a count for people; -: it is not captured.
func (c captureState) count(name string) string {
	if !slices.Contains(c.Captures, name) {
		return "-"
	}
	return fmt.Sprint(c.Counts[name])
}
