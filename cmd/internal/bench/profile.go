package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/ship"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// profile runs the pipeline inside this process, as the shipper runs it with
// --once, and writes profiles: the shipper itself needs no door for that.
func (b *bench) profile(ctx context.Context) (err error) {
	log, err := b.log()
	if err != nil {
		return err
	}
	r, err := b.startReceiver(ctx)
	if err != nil {
		return err
	}
	defer r.stop()
	dir, remove, err := b.tempDir()
	if err != nil {
		return err
	}
	defer remove()
	if err := pinSelf(b.cores.measured); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	if b.options.memProfile != "" {
		runtime.MemProfileRate = 4 << 10
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, err := startCPUProfile(b.options.cpuProfile)
	if err != nil {
		return err
	}
	started := time.Now()
	err = b.shipHere(ctx, r.url, log, filepath.Join(dir, "state"))
	took := time.Since(started)
	err = errors.Join(err, stop())
	runtime.ReadMemStats(&after)
	if err != nil {
		return err
	}
	lines := float64(b.options.lines)
	fmt.Fprintf(b.say, "%.2f s, %.3f allocations and %.1f bytes a line, %d collections\n", took.Seconds(),
		float64(after.Mallocs-before.Mallocs)/lines, float64(after.TotalAlloc-before.TotalAlloc)/lines, after.NumGC-before.NumGC)
	if b.options.memProfile == "" {
		return nil
	}
	f, err := os.Create(b.options.memProfile)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

func startCPUProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// shipHere is run --once with the settings of shipperEnv.
func (b *bench) shipHere(ctx context.Context, url, log, state string) (err error) {
	s, err := settings.Defaults()
	if err != nil {
		return err
	}
	normalize := s.Normalize()
	normalize.APIEvents, normalize.Prompts = b.options.api, sourcetypes.Off
	quiet := slog.New(slog.DiscardHandler)
	client, err := hec.New(hec.Config{
		URLs: []string{url}, Token: hec.StaticToken(token), DeadLetters: deadletter.Open(filepath.Join(state, "dead-letter")),
		FailFast: true, Lanes: ship.DefaultLanes, Log: quiet,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	store, err := checkpoint.Open(state, quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	files, err := file.New(file.Options{Patterns: []string{log}, MaxLine: int(s.MaxLineBytes), Once: true, Store: store, Log: quiet})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	return ship.New(ship.Config{
		Sources: []input.Source{files}, Normalize: normalize,
		Encode: func(st input.Stream) batch.Encoder {
			return hec.NewEnvelope(hec.Origin{Host: host, Source: st.Source()})
		},
		Gzip: true, Sink: client,
		Limits: batch.Limits{Bytes: int(s.BatchBytes), Events: int(s.BatchEvents)},
		Delay:  time.Duration(s.BatchDelay), Drain: time.Duration(s.DrainTimeout), Log: quiet,
	}).Run(ctx)
}
