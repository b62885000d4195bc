// Package modinput speaks splunkd's modular input protocol: it describes the input, reads
// its definition, answers validation, writes events and the log in the forms splunkd reads,
// and notices when splunkd is gone.
//
// It knows nothing about the source of the events. A batch that was written is in
// splunkd's pipe, which does not mean that it is indexed: splunkd sends no confirmation.
package modinput

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// The exit statuses. If --scheme ends with anything but 0 splunkd does not register the
// input, if --validate-arguments does it refuses the change. A run that has ended is
// started again after the interval.
const (
	ExitDone   = 0 // described, valid, or stopped as told
	ExitFailed = 1 // not valid (the reply says why), or failed while running
	ExitUsage  = 2 // called as splunkd never calls it
)

// Program is a modular input: what its executable does when splunkd calls it.
type Program struct {
	Scheme Scheme
	// Validate checks the one stanza of d before splunkd stores it. Its error is shown
	// to the user as it is: it names the argument and says how to fix it.
	Validate func(ctx context.Context, d *Definition) error
	// Run serves the one stanza of d until ctx ends and then returns nil. Nothing else
	// writes to stdout meanwhile.
	Run func(ctx context.Context, d *Definition, stdout io.Writer) error
	// Rest is the pause after a Run that failed: splunkd may start the input again at
	// once, which would fill its log.
	Rest time.Duration
}

// Main serves one call by splunkd and returns the exit status. If ctx ends before the
// definition has come it returns while stdin is still being read. log writes to standard
// error: see [NewLogHandler].
func (p Program) Main(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer, log *slog.Logger) int {
	var err error
	switch {
	case len(args) == 0:
		err = p.run(ctx, stdin, stdout, log)
	case len(args) == 1 && args[0] == "--scheme":
		err = p.Scheme.Write(stdout)
	case len(args) == 1 && args[0] == "--validate-arguments":
		err = p.validate(ctx, stdin)
		if err != nil {
			err = errors.Join(err, WriteError(stdout, err))
		}
	default:
		log.Error("not how splunkd calls a modular input: expected no argument, --scheme or --validate-arguments",
			"hint", "splunkd starts this program; by hand use ollama-hec")
		return ExitUsage
	}
	if err == nil {
		return ExitDone
	}
	log.Error(err.Error())
	if len(args) == 0 {
		select {
		case <-ctx.Done():
		case <-time.After(p.Rest):
		}
	}
	return ExitFailed
}

func (p Program) validate(ctx context.Context, stdin io.Reader) error {
	d, err := await(ctx, stdin, ReadItem)
	if err != nil {
		return err
	}
	return p.Validate(ctx, d)
}

func (p Program) run(ctx context.Context, stdin io.Reader, stdout io.Writer, log *slog.Logger) error {
	d, err := await(ctx, stdin, ReadInput)
	switch {
	case err != nil && ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	case len(d.Stanzas) == 0:
		log.Info("no input is configured, nothing to do")
		return nil
	case len(d.Stanzas) > 1:
		return fmt.Errorf("got %d stanzas for one process: use_single_instance must be false", len(d.Stanzas))
	}
	return p.Run(ctx, d, stdout)
}

// await reads the definition that splunkd sends, and gives up if ctx ends before it came.
func await(ctx context.Context, r io.Reader, read func(io.Reader) (*Definition, error)) (*Definition, error) {
	type result struct {
		d   *Definition
		err error
	}
	came := make(chan result, 1)
	go func() {
		d, err := read(r)
		came <- result{d, err}
	}()
	select {
	case got := <-came:
		return got.d, got.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read the input definition: %w", context.Cause(ctx))
	}
}
