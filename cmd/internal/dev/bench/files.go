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
	b.report.addPeak(name, many...)
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
	logs, err := createLogs(dir, n)
	if err != nil {
		return s, err
	}
	defer closeLogs(logs)
	started := time.Now()
	p, err := start(
		ctx,
		b.cores.measured,
		shipperEnv(r.url, filepath.Join(dir, "*.log"), filepath.Join(dir, "state"), false),
		b.shipper,
		"run",
	)
	if err != nil {
		return s, err
	}
	lines, err := b.appendTo(logs)
	if err != nil {
		return s, err
	}
	if err := r.await(ctx, uint64(lines), p); err != nil {
		return s, err
	}
	if err := p.interrupt(); err != nil {
		return s, err
	}
	took, err := p.wait(started)
	return sample{took, lines, lines}, err
}

func createLogs(dir string, n int) (logs []*os.File, err error) {
	for i := range n {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("server-%d.log", i)))
		if err != nil {
			closeLogs(logs)
			return nil, err
		}
		logs = append(logs, f)
	}
	return logs, nil
}

func closeLogs(logs []*os.File) {
	for _, f := range logs {
		f.Close()
	}
}

// appendTo lets the logs grow, round by round, and returns by how many lines.
func (b *bench) appendTo(logs []*os.File) (lines int, err error) {
	m, err := newMix(b.options.seed)
	if err != nil {
		return 0, err
	}
	each := max(1, b.options.manyLines/growthRounds/len(logs))
	var text []byte
	for range growthRounds {
		for _, f := range logs {
			text = text[:0]
			for range each {
				text = append(text, m.next()...)
			}
			if _, err := f.Write(text); err != nil {
				return 0, err
			}
		}
	}
	return growthRounds * len(logs) * each, nil
}
