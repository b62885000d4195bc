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
	"slices"
	"time"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// profile runs the pipeline inside this process and writes profiles, so that the shipper itself
// needs no option for that. It ships the log as run --once does, or with -parts=files many
// growing ones as run does.
func (b *bench) profile(ctx context.Context) error {
	if err := pinSelf(b.cores.measured); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	if b.options.memProfile != "" {
		runtime.MemProfileRate = 4 << 10
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
	p := inside{b: b, url: r.url, state: filepath.Join(dir, "state")}
	if slices.Equal(b.options.parts, []string{"files"}) {
		err = p.grow(ctx, r, dir)
	} else {
		err = p.log(ctx)
	}
	if err != nil || b.options.memProfile == "" {
		return err
	}
	f, err := os.Create(b.options.memProfile)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// inside is a pipeline inside this process.
type inside struct {
	b          *bench
	url, state string
}

func (p *inside) log(ctx context.Context) error {
	log, err := p.b.log()
	if err != nil {
		return err
	}
	return p.observe(p.b.options.lines, func() error { return p.ship(ctx, log, true) })
}

// grow profiles what it takes to write the logs too: generating is a goroutine
// of its own.
func (p *inside) grow(ctx context.Context, r *remote, dir string) error {
	logs, err := createLogs(dir, p.b.options.manyFiles)
	if err != nil {
		return err
	}
	defer closeLogs(logs)
	return p.observe(p.b.options.manyLines, func() error {
		ctx, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- p.ship(ctx, filepath.Join(dir, "*.log"), false) }()
		lines, err := p.b.appendTo(logs)
		if err == nil {
			err = r.await(ctx, uint64(lines), nil)
		}
		stop()
		return errors.Join(err, <-ended)
	})
}

// observe runs f under the CPU profile and says what it allocated.
func (p *inside) observe(lines int, f func() error) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, err := startCPUProfile(p.b.options.cpuProfile)
	if err != nil {
		return err
	}
	started := time.Now()
	err = f()
	took := time.Since(started)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	fmt.Fprintf(
		p.b.say,
		"%.2f s, %.3f allocations and %.1f bytes a line, %d collections\n",
		took.Seconds(),
		float64(
			after.Mallocs-before.Mallocs,
		)/float64(
			lines,
		),
		float64(after.TotalAlloc-before.TotalAlloc)/float64(lines),
		after.NumGC-before.NumGC,
	)
	return nil
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

// ship is run, or run --once, with the settings of shipperEnv.
func (p *inside) ship(ctx context.Context, paths string, once bool) (err error) {
	s, err := settings.Defaults()
	if err != nil {
		return err
	}
	normalize := s.Normalize()
	normalize.APIEvents, normalize.Prompts = p.b.options.api, sourcetypes.Off
	quiet := slog.New(slog.DiscardHandler)
	client, err := hec.New(hec.Config{
		URLs: []string{
			p.url,
		},
		Token:       hec.StaticToken(token),
		DeadLetters: deadletter.Open(filepath.Join(p.state, "dead-letter")),
		FailFast:    once,
		Lanes:       pipeline.DefaultLanes,
		Log:         quiet,
	})
	if err != nil {
		return err
	}
	defer client.Close()
	store, err := checkpoint.Open(p.state, quiet)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	files, err := file.New(
		file.Options{Patterns: []string{paths}, MaxLine: int(s.MaxLineBytes), Once: once, Store: store, Log: quiet},
	)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.Close()) }()
	return pipeline.New(pipeline.Config{
		Sources: []input.Source{files}, Normalizer: pipeline.OfLogs(normalize),
		Encode: func(st input.Stream) batch.Encoder {
			return hec.NewEnvelope(hec.Origin{Host: host, Source: st.Source()})
		},
		Compress: pipeline.Adapt, Sink: client,
		Limits: batch.Limits{Bytes: int(s.BatchBytes), Events: int(s.BatchEvents)},
		Delay:  time.Duration(s.BatchDelay), Drain: time.Duration(s.DrainTimeout), Log: quiet,
	}).Run(ctx)
}
