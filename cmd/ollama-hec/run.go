package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/capture"
	"ollama-hec/cmd/internal/destination"
	"ollama-hec/cmd/internal/heartbeat"
	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/metrics"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/sources"
	"ollama-hec/input/spool"
)

func newRun(std streams) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "follow the logs and ship them",
		Long: "run follows the logs and ships them until it is told to stop: SIGTERM or Ctrl-C lets delivery finish\n" +
			"within DRAIN_TIMEOUT, a second one ends it at once.\n\n" +
			"Every setting is a flag or a variable OLLAMA_HEC_… of the environment; the token is a variable or a file only.",
		Example: "  OLLAMA_HEC_TOKEN_FILE=/etc/ollama-hec/token ollama-hec run --url https://splunk:8088\n" +
			"  OLLAMA_HEC_TOKEN_FILE=/etc/ollama-hec/token ollama-hec run --once --url https://splunk:8088 --paths '/var/log/ollama/*.log'",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			return ship(cmd.Context(), s, once, std)
		}),
	}
	cmd.Flags().BoolVar(&once, "once", false, "ship what is there, wait for delivery, and end")
	addEnvFile(cmd, false)
	addSettings(cmd, settings.Topics...)
	return cmd
}

// ship runs a shipper, with its progress, metrics and health events.
func ship(ctx context.Context, s *settings.Settings, once bool, std streams) error {
	log, flush := newLog(std.err, s)
	defer flush()
	state, err := s.State()
	if err != nil {
		return err
	}
	latencies := metrics.NewLatencies()
	out, err := destination.Open(s, app.Delivery{FailFast: once, Observer: latencies, Log: log})
	if err != nil {
		return err
	}
	var server *metrics.Server
	if s.MetricsAddr != "" {
		if server, err = metrics.Listen(s.MetricsAddr); err != nil {
			return err
		}
	}
	var events *heartbeat.Sender
	if s.HealthEvents > 0 && !once {
		if events, err = heartbeat.New(s, log); err != nil {
			return err
		}
	}
	memory, itself, err := captureItself(s, once, log)
	if err != nil {
		return err
	}
	sh, err := app.New(ctx, s, out, app.Options{
		Once: once, Stdin: std.in, Memory: memory, Ports: portsOf(itself), Log: log,
	})
	if err != nil {
		return err
	}
	background := []func(context.Context){watchOf(sh, once, std.err, log).run}
	lagging := new(lag.Watch)
	if server != nil || events != nil {
		background = append(background, func(ctx context.Context) { lagging.Run(ctx, lag.Every, sh.Files) })
	}
	if server != nil {
		background = append(background, func(ctx context.Context) {
			server.Serve(ctx, metrics.Deps{Shipper: sh, Lag: lagging, Latencies: latencies, Itself: countsOf(itself)}, log)
		})
	}
	if !sources.Pipe(s.Paths) {
		background = append(background, markDelivered(sh, state).run)
	}
	if events != nil {
		background = append(background, func(ctx context.Context) { events.Run(ctx, heartbeat.Of(sh, lagging)) })
	}
	log.Info("sending to Splunk", destinationOf(s, state)...)
	defer context.AfterFunc(ctx, func() {
		log.Info("stopping", "at_most", time.Duration(s.DrainTimeout), "hint", "a second signal ends it at once")
	})()
	defer runAlongside(ctx, background)()
	if itself != nil {
		capturing, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); itself.Run(capturing, log) }()
		defer func() { stop(); <-ended }()
	}
	if err := sh.Run(ctx); err != nil {
		return err
	}
	if once && ctx.Err() != nil {
		return errors.New("told to stop before all was shipped: run it again for the rest")
	}
	return nil
}

// captureItself opens what run captures by itself under SPOOL=off; nil: nothing.
func captureItself(s *settings.Settings, once bool, log *slog.Logger) (*spool.Memory, *capture.InMemory, error) {
	switch {
	case bool(s.Spool) || once:
		return nil, nil, nil
	case sources.Pipe(s.Paths):
		return nil, nil, settings.Invalid("SPOOL", "got \"off\" with PATHS=-: what is captured has no end, and a pipe has; "+
			"take one of them away")
	}
	itself, err := capture.OpenMemory(s, log)
	if err != nil {
		return nil, nil, err
	}
	return itself.Memory, itself, nil
}

// portsOf returns the ports that run captures by itself; nil: none.
func portsOf(itself *capture.InMemory) func() []int {
	if itself == nil {
		return nil
	}
	return itself.Captured
}

// countsOf returns the counts of what this process captures; nil: it captures nothing.
func countsOf(itself *capture.InMemory) func() map[string]int64 {
	if itself == nil {
		return nil
	}
	return itself.Counts
}

// destinationOf returns where events go and what is kept, as attributes of a log record.
func destinationOf(s *settings.Settings, state string) []any {
	to := []any{"url", strings.Join(s.URL, ",")}
	if s.SCSTenant != "" {
		to = []any{"tenant", s.SCSTenant}
	}
	host, _ := s.HostName() // the output has asked for it before
	to = append(to, "index", cmp.Or(s.Index, "the token's"), "host", host)
	if !sources.Pipe(s.Paths) {
		to = append(to, "state", state)
	}
	if s.MetricsAddr != "" {
		to = append(to, "metrics", s.MetricsAddr)
	}
	return to
}

// runAlongside runs the functions in the background until stop is called, which waits for
// their end. They go on when ctx ends, to show what is delivered after that, too.
func runAlongside(ctx context.Context, background []func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, run := range background {
		running.Go(func() { run(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
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
