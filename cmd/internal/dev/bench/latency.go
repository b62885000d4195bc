package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"ollama-hec/hec/receiver"
)

const perSecond = 1000 // lines appended while latency is measured

// latency measures the time from appending a line to the receipt of its event.
func (b *bench) latency(ctx context.Context) error {
	lines := b.options.latencySeconds * perSecond
	t := &transit{appended: make([]time.Time, lines), took: make([]time.Duration, 0, lines), all: make(chan struct{})}
	r := receiver.New(receiver.Options{Event: t.received})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		return err
	}
	go r.Serve(ctx)
	defer r.Close()
	dir, remove, err := b.tempDir()
	if err != nil {
		return err
	}
	defer remove()
	path := filepath.Join(dir, "ollama.log")
	log, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	p, err := start(ctx, b.cores.measured, shipperEnv(r.URL(), path, filepath.Join(dir, "state"), false), b.shipper, "run")
	if err != nil {
		return err
	}
	if err := t.send(ctx, log, p); err != nil {
		return err
	}
	if err := p.interrupt(); err != nil {
		return err
	}
	name := fmt.Sprintf("%d lines/s, BATCH_DELAY=200ms", perSecond)
	b.report.add(name, "ms from append to receipt, p50", milliseconds(percentile(t.took, 50)), noGoal)
	b.report.add(name, "ms from append to receipt, p99", milliseconds(percentile(t.took, 99)), atMost(400))
	b.report.add(name, "ms from append to receipt, most", milliseconds(percentile(t.took, 100)), noGoal)
	return nil
}

// transit times lines that carry their number.
type transit struct {
	mu       sync.Mutex
	appended []time.Time
	took     []time.Duration
	all      chan struct{} // closed once every line was received
}

var numbered = []byte(" n=")

// send appends the lines and waits until all are received. The first seconds
// of a shipper are like any other: nothing is warmed up.
func (t *transit) send(ctx context.Context, log *os.File, p *process) error {
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	started := time.Now()
	for i := range t.appended {
		// By the clock, for a ticker drops what comes too late.
		for time.Since(started) < time.Duration(i)*time.Second/perSecond {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-p.done:
				return p.err
			case <-tick.C:
			}
		}
		now := time.Now()
		t.mu.Lock()
		t.appended[i] = now
		t.mu.Unlock()
		line := fmt.Appendf(
			nil,
			"time=%s level=INFO source=server.go:1338 msg=\"waiting for server to become available\" status=ok n=%d\n",
			now.Format("2006-01-02T15:04:05.000Z07:00"),
			i,
		)
		if _, err := log.Write(line); err != nil {
			return err
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.done:
		return p.err
	case <-t.all:
		return nil
	}
}

func (t *transit) received(e receiver.Event) {
	now := time.Now()
	_, rest, _ := bytes.Cut(e.Line, numbered)
	n, err := strconv.Atoi(string(bytes.TrimRight(rest, `"}`)))
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || n >= len(t.appended) {
		return
	}
	t.took = append(t.took, now.Sub(t.appended[n]))
	if len(t.took) == len(t.appended) {
		close(t.all)
	}
}
