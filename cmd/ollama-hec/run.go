package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/metrics"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/shipper"
)

func newRun(std streams) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "follow the logs and ship them",
		Long: "run follows the logs and ships them until it is told to stop: SIGTERM or Ctrl-C lets delivery finish\n" +
			"within DRAIN_TIMEOUT, a second one ends it at once.\n\n" +
			"Every setting is a flag or a variable OLLAMA_HEC_… of the environment; the token is a variable or a file only.",
		Args: cobra.NoArgs,
		RunE: ran(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			return ship(cmd.Context(), s, once, std)
		}),
	}
	cmd.Flags().BoolVar(&once, "once", false, "ship what is there, wait for delivery, and end")
	settings.AddFlags(cmd.Flags())
	return cmd
}

// ship runs a shipper, with what shows what it does.
func ship(ctx context.Context, s *settings.Settings, once bool, std streams) error {
	log := newLog(std.err, s.LogFormat)
	latencies := metrics.NewLatencies()
	out, err := shipper.Collector(s, shipper.Delivery{FailFast: once, Observer: latencies, Log: log})
	if err != nil {
		return err
	}
	var server *metrics.Server
	if s.MetricsAddr != "" {
		if server, err = metrics.Listen(s.MetricsAddr); err != nil {
			return &settings.Error{Problem: err.Error()}
		}
	}
	sh, err := shipper.New(ctx, s, out, shipper.Options{Once: once, Stdin: std.in, Log: log})
	if err != nil {
		return err
	}
	if server != nil {
		serving, stop := context.WithCancel(context.WithoutCancel(ctx))
		served := make(chan struct{})
		go func() {
			defer close(served)
			server.Serve(serving, sh, latencies, log)
		}()
		defer func() { stop(); <-served }()
	}
	defer watchOf(sh, once, std.err, log).during(ctx)()
	return sh.Run(ctx)
}

// watch is called from time to time while a shipper runs, and at its end.
type watch struct {
	every time.Duration
	look  func()
	end   func()
}

// during calls look until the returned function is called, which calls end.
func (w watch) during(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
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
	}()
	return func() {
		cancel()
		<-done
		w.end()
	}
}
