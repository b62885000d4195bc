package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"
)

// cost measures events per CPU second: the reference, and the shipper with ollama:api off and
// on. They take turns, so that other load on the machine affects all of them.
func (b *bench) cost(ctx context.Context) error {
	log, err := b.log()
	if err != nil {
		return err
	}
	var ref, off, on []sample
	for range b.options.runs {
		s, err := b.runReference(ctx, log)
		if err != nil {
			return err
		}
		ref = append(ref, s)
		for _, api := range []bool{false, true} {
			s, err := b.runShipper(ctx, log, b.options.lines, api)
			if err != nil {
				return err
			}
			if api {
				on = append(on, s)
			} else {
				off = append(off, s)
			}
		}
		fmt.Fprintf(b.say, "  reference %s, off %s, on %s\n", ref[len(ref)-1], off[len(off)-1], on[len(on)-1])
	}
	r := b.report
	base := medianOf(ref, sample.rate)
	r.add("reference", "events per CPU second", base, noGoal)
	for _, c := range []struct {
		name    string
		samples []sample
	}{{"API_EVENTS=off", off}, {"API_EVENTS=on", on}} {
		rate := medianOf(c.samples, sample.rate)
		r.add(c.name, "events per CPU second", rate, noGoal)
		r.add(c.name, "of the reference", rate/base, atLeast(0.50))
		r.add(c.name, "CPU nanoseconds per line", medianOf(c.samples, sample.perLine), noGoal)
		r.add(c.name, "events", float64(c.samples[0].events), noGoal)
	}
	r.addPeak("API_EVENTS=on", on...)
	return nil
}

// sample is one run of one shipper.
type sample struct {
	spent
	lines, events int
}

func (s sample) rate() float64    { return float64(s.events) / s.cpu.Seconds() }
func (s sample) perLine() float64 { return float64(s.cpu.Nanoseconds()) / float64(s.lines) }
func (s sample) peakMB() float64  { return float64(s.peak) / 1e6 }

func (s sample) String() string {
	return fmt.Sprintf("%.0f/s (%.2f s CPU, %.2f s)", s.rate(), s.cpu.Seconds(), s.wall.Seconds())
}

func (b *bench) runReference(ctx context.Context, log string) (sample, error) {
	started := time.Now()
	p, err := start(ctx, b.cores.measured, nil, b.self, "reference", log)
	if err != nil {
		return sample{}, err
	}
	took, err := p.wait(started)
	return sample{took, b.options.lines, b.options.lines}, err
}

// runShipper ships a log of that many lines and ends with the last delivery.
func (b *bench) runShipper(ctx context.Context, log string, lines int, api bool) (s sample, err error) {
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
	started := time.Now()
	p, err := start(
		ctx,
		b.cores.measured,
		shipperEnv(r.url, log, filepath.Join(dir, "state"), api),
		b.shipper,
		"run",
		"--once",
	)
	if err != nil {
		return s, err
	}
	took, err := p.wait(started)
	if err != nil {
		return s, err
	}
	stats, err := r.stats()
	if err != nil {
		return s, err
	}
	if s = (sample{took, lines, int(stats.Taken())}); !api && s.events != s.lines {
		return s, fmt.Errorf("%d lines became %d events", s.lines, s.events)
	}
	return s, nil
}
