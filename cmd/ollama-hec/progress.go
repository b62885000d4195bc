package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"ollama-hec/cmd/internal/app"
)

// largeInput is how many bytes there must be to read for a progress bar on a terminal.
const largeInput = 8 << 20

// watchOf returns the watch that shows the progress of a run: a bar on a terminal for
// --once, else one line a minute in the log.
func watchOf(sh *app.Shipper, once bool, errOut io.Writer, log *slog.Logger) watch {
	if f, ok := errOut.(*os.File); ok && once && term.IsTerminal(int(f.Fd())) {
		return bar(sh, f)
	}
	var last int64
	look := func() {
		p, _ := sh.Progress()
		st := sh.Delivered()
		log.Info(
			"status",
			"lines",
			p.Lines,
			"lines_last_minute",
			p.Lines-last,
			"read",
			humanize.IBytes(uint64(p.Bytes)),
			"delivered",
			st.Delivered.Total(),
			"dead_letters",
			st.DeadLetters,
			"waiting",
			humanize.IBytes(uint64(p.Waiting)),
		)
		last = p.Lines
	}
	return watch{every: time.Minute, look: look, end: func() {}}
}

// bar returns the watch that shows lines, bytes, rate and time left. The total grows as
// files are found.
func bar(sh *app.Shipper, w io.Writer) watch {
	var b *progressbar.ProgressBar
	look := func() {
		p, size := sh.Progress()
		if size < largeInput {
			return
		}
		if b == nil {
			b = progressbar.NewOptions64(size, progressbar.OptionSetWriter(w), progressbar.OptionShowBytes(true),
				progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish())
		}
		b.ChangeMax64(max(size, p.Bytes))
		b.Describe(fmt.Sprintf("%s lines", humanize.Comma(p.Lines)))
		_ = b.Set64(p.Bytes) // a bar that cannot be drawn is no reason to stop
	}
	return watch{every: 200 * time.Millisecond, look: look, end: func() {
		if b != nil {
			_ = b.Finish()
		}
	}}
}

// watch is called at an interval while a shipper runs, and at its end.
type watch struct {
	every time.Duration
	look  func()
	end   func()
}

// run calls look until ctx ends, and then end.
func (w watch) run(ctx context.Context) {
	defer w.end()
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look()
		}
	}
}
