package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

const idleFiles = 10

// idle measures the CPU of a shipper that has delivered what there was.
func (b *bench) idle(ctx context.Context) error {
	if _, err := cpuOf(0); err != nil {
		fmt.Fprintf(b.say, "  left out: %v\n", err)
		return nil
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
	const lines = 1000
	for i := range idleFiles {
		if err := writeLog(filepath.Join(dir, fmt.Sprintf("server-%d.log", i)), b.options.seed, lines); err != nil {
			return err
		}
	}
	p, err := start(
		ctx,
		b.cores.measured,
		shipperEnv(r.url, filepath.Join(dir, "*.log"), filepath.Join(dir, "state"), false),
		b.shipper,
		"run",
	)
	if err != nil {
		return err
	}
	if err := r.await(ctx, idleFiles*lines, p); err != nil {
		return err
	}
	// What follows a delivery, such as writing checkpoints, is not idling.
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	before, err := cpuOf(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	started := time.Now()
	if err := pause(ctx, time.Duration(b.options.idleSeconds)*time.Second); err != nil {
		return err
	}
	after, err := cpuOf(p.cmd.Process.Pid)
	if err != nil {
		return err
	}
	share := 100 * (after - before).Seconds() / time.Since(started).Seconds()
	b.report.add(fmt.Sprintf("%d files, nothing to do", idleFiles), "% of a core", share, atMost(0.2))
	return p.interrupt()
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
