package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// growthRounds is in how many steps the files grow.
const growthRounds = 20

// files compares one file that grows with many that grow together by the same
// lines, in turn.
func (b *bench) files(ctx context.Context) error {
	var one, many []sample
	for range b.options.runs {
		for _, n := range []int{1, b.options.manyFiles} {
			s, err := b.grow(ctx, n)
			if err != nil {
				return err
			}
			if n == 1 {
				one = append(one, s)
			} else {
				many = append(many, s)
			}
			fmt.Fprintf(b.say, "  %d files: %s\n", n, s)
		}
	}
	base := medianOf(one, sample.rate)
	rate := medianOf(many, sample.rate)
	b.report.add("1 file growing", "events per CPU second", base, noGoal)
	name := fmt.Sprintf("%d files growing together", b.options.manyFiles)
	b.report.add(name, "events per CPU second", rate, noGoal)
	b.report.add(name, "of one file", rate/base, atLeast(0.80))
	b.report.add(name, "MB peak memory", medianOf(many, sample.peakMB), atMost(64))
	return nil
}

// grow has a shipper follow n files while lines are appended to all of them.
func (b *bench) grow(ctx context.Context, n int) (s sample, err error) {
	r, err := b.startReceiver(ctx)
	if err != nil {
		return s, err
	}
	defer r.stop()
	dir, remove, err := b.tempDir()
	if err != nil {
		return s, err
	}
	defer remove()
	m, err := newMix(b.options.seed)
	if err != nil {
		return s, err
	}
	logs := make([]*os.File, n)
	for i := range logs {
		if logs[i], err = os.Create(filepath.Join(dir, fmt.Sprintf("server-%d.log", i))); err != nil {
			return s, err
		}
		defer logs[i].Close()
	}
	started := time.Now()
	p, err := start(ctx, b.cores.measured, shipperEnv(r.url, filepath.Join(dir, "*.log"), filepath.Join(dir, "state"), false), b.shipper, "run")
	if err != nil {
		return s, err
	}
	each := max(1, b.options.manyLines/growthRounds/n)
	var text []byte
	for range growthRounds {
		for _, log := range logs {
			text = text[:0]
			for range each {
				text = append(text, m.next()...)
			}
			if _, err := log.Write(text); err != nil {
				return s, err
			}
		}
	}
	lines := growthRounds * n * each
	if err := r.await(ctx, uint64(lines), p); err != nil {
		return s, err
	}
	if err := p.interrupt(); err != nil {
		return s, err
	}
	took, err := p.wait(started)
	return sample{took, lines, lines}, err
}
