package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/splunk_app/detections"
)

const (
	topRows  = 8   // of a table of the summary
	topRunes = 160 // of a line
	// likeRunes is of how many runes two lines must begin to be shown as one.
	likeRunes = 60
)

// print writes the summary of a demo.
func (a *arrivals) print(out io.Writer, sh *app.Shipper) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	read, _ := sh.Progress()
	st := sh.Delivered()
	fmt.Fprintf(w, "read\t%s lines\t%s\n", humanize.Comma(read.Lines), humanize.IBytes(uint64(read.Bytes)))
	fmt.Fprintf(
		w,
		"sent\t%d batches\t%s, as gzip %s\n",
		st.Batches,
		humanize.IBytes(uint64(st.PlainBytes)),
		humanize.IBytes(uint64(st.WireBytes)),
	)
	fmt.Fprintf(w, "acknowledged\t%d of %d events\n", st.Delivered.Total(), len(a.events))
	bySourcetype := tally{}
	for _, ev := range a.events {
		bySourcetype[ev.Sourcetype]++
	}
	bySourcetype.table(w, "sourcetype", "events")
	a.requests(w)
	a.models(w)
	if err := w.Flush(); err != nil {
		return err
	}
	return a.findings(out)
}

// requests prints tables of the events of ollama:api.
func (a *arrivals) requests(w io.Writer) {
	endpoints, sources, status := tally{}, tally{}, tally{}
	for _, ev := range a.events {
		if ev.Sourcetype != "ollama:api" {
			continue
		}
		var req struct {
			Method string `json:"http_method"`
			Path   string `json:"uri_path"`
			Src    string `json:"src"`
			Scope  string `json:"src_scope"`
			Status int    `json:"status"`
		}
		if err := json.Unmarshal([]byte(ev.Raw), &req); err != nil {
			continue
		}
		endpoints[req.Method+" "+req.Path]++
		sources[cmp.Or(req.Src, "(blank)")+"\t"+cmp.Or(req.Scope, "unknown")]++
		status[fmt.Sprint(req.Status)]++
	}
	endpoints.table(w, "endpoint", "requests")
	sources.table(w, "source\tscope", "requests")
	status.table(w, "status", "requests")
}

// findings prints the results of the detections.
func (a *arrivals) findings(out io.Writer) error {
	seen := detections.See(a.events)
	for _, d := range detections.All() {
		found := d.RunOn(seen)
		if _, err := fmt.Fprintf(out, "\ndetection %q: %d\n", d.Name, len(found)); err != nil {
			return err
		}
		if err := findingsOf(out, d, found); err != nil {
			return err
		}
	}
	return nil
}

// findingsOf prints what a detection finds, of those that begin alike the first, and what of it may be false.
func findingsOf(out io.Writer, d detections.Detection, found []detections.Finding) error {
	if len(found) == 0 {
		return nil
	}
	alike := map[string]int{}
	for _, f := range found {
		alike[beginning(f.Text)]++
	}
	shown := 0
	for _, f := range found {
		n := alike[beginning(f.Text)]
		if n == 0 {
			continue // one like it was shown
		}
		alike[beginning(f.Text)] = 0
		if shown++; shown > topRows {
			break
		}
		if _, err := fmt.Fprintf(out, "  %s\n", shortened(f.Text)); err != nil {
			return err
		}
		if n > 1 {
			if _, err := fmt.Fprintf(out, "  (%d more that begin alike)\n", n-1); err != nil {
				return err
			}
		}
	}
	if len(d.FalsePositives) == 0 {
		return nil
	}
	_, err := fmt.Fprintf(out, "  may be false: %s\n", shortened(strings.Join(d.FalsePositives, "; ")))
	return err
}

// beginning is as much of a text as tells whether another is nearly the same.
func beginning(text string) string {
	r := []rune(text)
	return string(r[:min(len(r), likeRunes)])
}

// tally counts by name.
type tally map[string]int

// table prints the largest counts first.
func (t tally) table(w io.Writer, name, what string) {
	fmt.Fprintf(w, "\n%s\t%s\n", name, what)
	names := slices.SortedFunc(maps.Keys(t), func(a, b string) int {
		return cmp.Or(cmp.Compare(t[b], t[a]), cmp.Compare(a, b))
	})
	for i, n := range names {
		if i == topRows {
			fmt.Fprintf(w, "(%d more)\n", len(names)-i)
			return
		}
		fmt.Fprintf(w, "%s\t%s\n", n, humanize.Comma(int64(t[n])))
	}
}

// shortened returns text cut to what a terminal shows in a line or two.
func shortened(text string) string {
	if r := []rune(text); len(r) > topRunes {
		return string(r[:topRunes]) + " …"
	}
	return text
}
