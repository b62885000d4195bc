package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/capture"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes/batch"
	"ollama-hec/splunk_app/modinput"
)

// follow ships the events of the one stanza of d until ctx ends.
func follow(ctx context.Context, d *modinput.Definition, stdout io.Writer, log *slog.Logger) error {
	st := &d.Stanzas[0]
	s, err := read(st)
	if err != nil {
		return err
	}
	warnOfForm(st, log)
	s.Host = d.FixedHost(st)
	if s.StateDir, err = stateDir(d.CheckpointDir, st); err != nil {
		return err
	}
	// splunkd expects a document even if the events go to HEC.
	stream := modinput.NewStream(stdout)
	if err := stream.Open(ctx); err != nil {
		return err
	}
	out, err := output(ctx, s, d, stream, log)
	if err == nil {
		err = ship(ctx, s, out, log)
	}
	return errors.Join(err, end(stream))
}

// output returns the output that the stanza names: splunkd or HEC.
func output(
	ctx context.Context,
	s *settings.Settings,
	d *modinput.Definition,
	stream *modinput.Stream,
	log *slog.Logger,
) (app.Output, error) {
	st := &d.Stanzas[0]
	to, err := st.Output()
	if err != nil {
		return app.Output{}, err
	}
	if to == modinput.OutputHEC {
		return app.Collector(s, app.Delivery{
			Token:   func() (hec.TokenSource, error) { return openToken(ctx, d, log) },
			Machine: st.Host(),
			Log:     log,
		})
	}
	return app.Output{
		Sink: stream,
		Encode: func(from input.Stream) batch.Encoder {
			return modinput.NewEncoder(st.Name, from.Source(), s.Host, st.Index(), s.PromptsIndex)
		},
	}, nil
}

func ship(ctx context.Context, s *settings.Settings, out app.Output, log *slog.Logger) error {
	o := app.Options{Log: log}
	if s.Capture.Connections {
		observer, err := capture.OpenMemory(s, log)
		if err != nil {
			return err
		}
		o.Memory = observer.Memory
		observing, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); observer.Run(observing, log) }()
		defer func() { stop(); <-ended }()
	}
	sh, err := app.New(ctx, s, out, o)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { log.Info("stopping", "reason", context.Cause(ctx)) })
	defer stop()
	return sh.Run(ctx)
}

// end closes the XML document, if splunkd still reads it.
func end(stream *modinput.Stream) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := stream.Close(ctx)
	if errors.Is(err, modinput.ErrBroken) || errors.Is(err, context.DeadlineExceeded) {
		return nil // the failed write was reported already
	}
	return err
}
