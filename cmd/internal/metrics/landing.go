package metrics

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed" // the page and its style
	"encoding/base64"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/dustin/go-humanize/english"

	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/input/file"
	"ollama-hec/sourcetypes"
)

//go:embed landing.html
var landingText string

//go:embed landing.css
var landingStyle string

var landingPage = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("landing").Parse(landingText))
})

// landing holds what the page for people shows. Foreign text in it, such as the name of a file,
// is harmless: control characters are escaped, and the template escapes the rest.
type landing struct {
	Style   template.CSS
	Version string
	At      string
	Problem []string // what is wrong, in sentences; empty: nothing
	Tiles   []tile
	Events  []row
	Replies []row
	Files   []fileRow
	More    int // files that are not listed
	Capture []writerRow
}

type tile struct{ Name, Value, Note string }

type row struct{ Name, Value string }

type fileRow struct{ Path, State, Size, Delivered, Waiting, Age string }

type writerRow struct {
	Name, State, Note string
	Counts            []row
}

// serveLanding answers with the page, which reloads itself every few seconds.
func (p pageOf) serveLanding(w http.ResponseWriter, _ *http.Request) {
	var text bytes.Buffer
	if err := landingPage().Execute(&text, p.view(time.Now())); err != nil {
		http.Error(w, "the page cannot be made: "+terminal.Text(err.Error()), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", landingPolicy())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(text.Bytes()) // who has gone does not see it
}

// landingPolicy returns the page's Content-Security-Policy: its own style and nothing else, and
// no other page may embed it.
func landingPolicy() string {
	style := sha256.Sum256([]byte(landingStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(style[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

// pageOf is what the page's values are read from.
type pageOf struct {
	Deps
	rates *rates
}

// sample returns the counts at this moment.
func (p pageOf) sample(now time.Time) sample {
	read, _ := p.Shipper.Progress()
	s := sample{at: now, lines: read.Lines}
	delivered := p.Shipper.Delivered().Delivered
	for st := range sourcetypes.Sourcetypes {
		s.events += delivered.Events[st]
		s.bytes += delivered.Bytes[st]
	}
	return s
}

// samples takes a sample at an interval until ctx ends.
func (p pageOf) samples(ctx context.Context) {
	tick := time.NewTicker(rateEvery)
	defer tick.Stop()
	for {
		p.rates.note(p.sample(time.Now()))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (p pageOf) view(now time.Time) landing {
	v := landing{
		Style: template.CSS(landingStyle), Version: version.Version,
		At: now.UTC().Format("2006-01-02 15:04:05"), Problem: p.problems(),
	}
	files := p.Lag.Files(now)
	v.Tiles = p.tiles(now, files)
	d := p.Shipper.Delivered()
	for st := range sourcetypes.Sourcetypes {
		v.Events = append(v.Events, row{st.String(), humanize.Comma(d.Delivered.Events[st])})
	}
	for _, code := range slices.Sorted(maps.Keys(d.Replies)) {
		v.Replies = append(v.Replies, row{terminal.Text(code), humanize.Comma(d.Replies[code])})
	}
	v.Files, v.More = fileRows(p.Shipper.Files(), files)
	v.Capture = p.capture()
	return v
}

// problems returns what somebody has to look at.
func (p pageOf) problems() (list []string) {
	if ok, reason := p.Shipper.Ready(); !ok {
		list = append(list, "No endpoint takes events: "+terminal.Text(reason))
	}
	if err := p.Shipper.StateError(); err != nil {
		list = append(list, "Checkpoints cannot be written: "+terminal.Text(err.Error()))
	}
	if n := p.Shipper.Delivered().DeadLetters; n > 0 {
		kept := " are kept: ollama-hec dead-letter list"
		if p.Itself != nil { // SPOOL=off
			kept = " are lost, as no text may touch the disk"
		}
		list = append(list, humanize.Comma(n)+" events were rejected for good and"+kept)
	}
	if c, ok := p.Shipper.FileStats(); ok && c.LostBytes > 0 {
		list = append(list, humanize.IBytes(c.LostBytes)+" of log were deleted or overwritten before they were read")
	}
	return list
}

// tiles returns the figures at the top of the page.
func (p pageOf) tiles(now time.Time, files []lag.File) []tile {
	s := p.sample(now)
	d := p.Shipper.Delivered()
	waiting := lag.Total(files)
	perSecond := tile{"Throughput", "–", "lines and events a second, over the last minute"}
	if lines, events, size, ok := p.rates.now(s); ok {
		perSecond.Value = oneDigit(lines) + " / " + oneDigit(events)
		perSecond.Note += "; " + humanize.IBytes(uint64(max(size, 0))) + " a second"
	}
	last := tile{"Last delivery", "never", ""}
	if !d.LastSuccess.IsZero() {
		last.Value = ago(now.Sub(d.LastSuccess))
		last.Note = d.LastSuccess.UTC().Format("2006-01-02 15:04:05") + " UTC"
	}
	return []tile{
		{"Waiting", humanize.IBytes(uint64(max(waiting.Bytes, 0))), "oldest line: " + age(waiting.Age)},
		perSecond,
		{"Lines read", humanize.Comma(s.lines), ""},
		{"Events delivered", humanize.Comma(s.events), humanize.Comma(d.Batches) + " batches, " +
			humanize.IBytes(uint64(max(d.WireBytes, 0))) + " sent"},
		last,
		{"Dead letters", humanize.Comma(d.DeadLetters), ""},
		{"Acknowledgments", humanize.Comma(d.AckWaiting), "awaited; " + humanize.Comma(d.AckTimeouts) + " came too late"},
	}
}

// landingFiles bounds the files that are listed: those with the most undelivered bytes first.
const landingFiles = 200

// fileRows returns a row for each file, those with the most undelivered bytes first, and how
// many are left out.
func fileRows(all []file.FileStatus, waiting []lag.File) (rows []fileRow, more int) {
	ages := make(map[string]time.Duration, len(waiting))
	for _, f := range waiting {
		ages[f.Path] = f.Age
	}
	slices.SortStableFunc(all, func(a, b file.FileStatus) int {
		return cmp.Or(cmp.Compare(b.Lag, a.Lag), cmp.Compare(a.Path, b.Path))
	})
	for _, f := range all[:min(len(all), landingFiles)] {
		rows = append(rows, fileRow{
			terminal.Text(f.Path), strings.TrimSpace(f.State + " " + f.Attention), size(f.Size),
			size(f.Committed), size(f.Lag), age(ages[f.Path]),
		})
	}
	return rows, max(0, len(all)-landingFiles)
}

// capture returns a row for each process that captures, and one for the spool.
func (p pageOf) capture() (rows []writerRow) {
	if p.Itself != nil {
		rows = append(rows, writerRow{"capture", "runs", "in this process", counts(p.Itself())})
	}
	in := p.Shipper.Spool()
	if in == nil {
		return rows
	}
	for _, name := range slices.Sorted(maps.Keys(in.Writers)) {
		w := in.Writers[name]
		if p.Itself != nil && name == "capture" {
			continue
		}
		state := "does not run"
		if w.Live {
			state = "runs"
		}
		rows = append(rows, writerRow{terminal.Text(name), state, terminal.Text(w.Problem), counts(w.Counts)})
	}
	return append(
		rows, writerRow{"spool", size(in.Bytes), english.Plural(in.Segments, "file", "") + ", not yet delivered", nil},
	)
}

// counts returns the known counts of a process that captures, without those that are 0.
func counts(of map[string]int64) (rows []row) {
	for _, c := range captureCounts {
		if n := of[c.count]; n != 0 {
			rows = append(rows, row{strings.TrimSuffix(c.help, "."), humanize.Comma(n)})
		}
	}
	return rows
}

func size(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// oneDigit returns a number as text, with a digit after the point if it is small.
func oneDigit(f float64) string {
	if f >= 10 {
		return humanize.CommafWithDigits(f, 0)
	}
	return humanize.CommafWithDigits(f, 1)
}

// age returns how long something has waited, or "none" if nothing waits.
func age(d time.Duration) string {
	if d <= 0 {
		return "none"
	}
	return d.Round(time.Second).String()
}

func ago(d time.Duration) string {
	if d < time.Second {
		return "now"
	}
	return d.Round(time.Second).String() + " ago"
}
