package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

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

// ship runs a shipper, with its progress, metrics and health events.
func ship(ctx context.Context, s *settings.Settings, once bool, std streams) error {
	log, flush := newLog(std.err, s)
	defer flush()
	state, err := s.State()
	if err != nil {
		return err
	}
	r := shipping{settings: s, once: once, state: state, log: log, latencies: metrics.NewLatencies()}
	if err := r.open(ctx, std.in); err != nil {
		return err
	}
	log.Info("sending to Splunk", r.destination()...)
	defer context.AfterFunc(ctx, func() {
		log.Info("stopping", "at_most", time.Duration(s.DrainTimeout), "hint", "a second signal ends it at once")
	})()
	defer runAlongside(ctx, r.background(std.err))()
	if r.itself != nil {
		capturing, stop := context.WithCancel(ctx)
		ended := make(chan struct{})
		go func() { defer close(ended); r.itself.Run(capturing, log) }()
		defer func() { stop(); <-ended }()
	}
	if err := r.shipper.Run(ctx); err != nil {
		return err
	}
	if once && ctx.Err() != nil {
		return errors.New("told to stop before all was shipped: run it again for the rest")
	}
	return nil
}

// shipping is one run of a shipper, and what runs beside it.
type shipping struct {
	settings  *settings.Settings
	once      bool
	state     string // the state directory
	log       *slog.Logger
	latencies *metrics.Latencies

	server  *metrics.Server   // nil: METRICS_ADDR is not set
	events  *heartbeat.Sender // nil: no health events are sent
	itself  *capture.InMemory // nil: this process captures nothing
	shipper *app.Shipper
}

// open opens the destination, the listener of the metrics and the sources, so that whatever
// cannot work fails at once.
func (r *shipping) open(ctx context.Context, stdin io.Reader) error {
	s := r.settings
	out, err := destination.Open(s, app.Delivery{FailFast: r.once, Observer: r.latencies, Log: r.log})
	if err != nil {
		return err
	}
	if s.MetricsAddr != "" {
		if r.server, err = metrics.Listen(s.MetricsAddr); err != nil {
			return err
		}
	}
	if s.HealthEvents > 0 && !r.once {
		if r.events, err = heartbeat.New(s, r.log); err != nil {
			return err
		}
	}
	memory, itself, err := captureItself(s, r.once, r.log)
	if err != nil {
		return err
	}
	r.itself = itself
	r.shipper, err = app.New(ctx, s, out, app.Options{
		Once: r.once, Stdin: stdin, Memory: memory, Ports: portsOf(itself), Log: r.log,
	})
	return err
}

// background returns what runs beside the shipper.
func (r *shipping) background(errOut io.Writer) []func(context.Context) {
	all := []func(context.Context){watchOf(r.shipper, r.once, errOut, r.log).run}
	lagging := new(lag.Watch)
	if r.server != nil || r.events != nil {
		all = append(all, func(ctx context.Context) { lagging.Run(ctx, lag.Every, r.shipper.Files) })
	}
	if r.server != nil {
		deps := metrics.Deps{Shipper: r.shipper, Lag: lagging, Latencies: r.latencies, Itself: countsOf(r.itself)}
		all = append(all, func(ctx context.Context) { r.server.Serve(ctx, deps, r.log) })
	}
	if !sources.Pipe(r.settings.Paths) {
		all = append(all, markDelivered(r.shipper, r.state).run)
	}
	if r.events != nil {
		all = append(all, func(ctx context.Context) { r.events.Run(ctx, heartbeat.Of(r.shipper, lagging)) })
	}
	return all
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

// destination returns where events go and what is kept, as attributes of a log record.
func (r *shipping) destination() []any {
	s := r.settings
	to := []any{"url", strings.Join(s.URL, ",")}
	if s.SCSTenant != "" {
		to = []any{"tenant", s.SCSTenant}
	}
	host, _ := s.HostName() // the output has asked for it before
	to = append(to, "index", cmp.Or(s.Index, "the token's"), "host", host)
	if !sources.Pipe(s.Paths) {
		to = append(to, "state", r.state)
	}
	if r.server != nil {
		to = append(to, "metrics", r.server.Addr()) // with the port that was taken, where it was left open
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
