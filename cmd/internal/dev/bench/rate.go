package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// wireGoals are the lines a second at which bytes on the wire are measured, and
// what they may come to at most: in megabytes, and of those at the fastest level of gzip.
var wireGoals = []struct {
	rate    int
	most    float64
	ofLevel float64
}{{1000, 34, 0.835}, {5000, 28, 0.824}}

// whole is the number of lines to which bytes are scaled, whatever was measured.
const whole = 2_000_000

// rate measures bytes on the wire and CPU while lines come at a steady rate, as
// they are compressed by default and at the fastest level. It takes some seconds
// of that rate for the whole log: at 1,000 lines/s that would take half an hour.
func (b *bench) rate(ctx context.Context) error {
	if _, err := cpuOf(0); err != nil {
		fmt.Fprintf(b.say, "  left out: %v\n", err)
		return nil
	}
	for _, g := range wireGoals {
		fastest, err := b.steady(ctx, g.rate, "OLLAMA_HEC_GZIP_LEVEL=1")
		if err != nil {
			return err
		}
		auto, err := b.steady(ctx, g.rate)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%d lines/s", g.rate)
		b.report.add(name+", GZIP_LEVEL=1", "MB on the wire for 2,000,000 lines", fastest.wireMB(), noGoal)
		b.report.add(name+", GZIP_LEVEL=1", "% of a core", fastest.share(), noGoal)
		b.report.add(name, "MB on the wire for 2,000,000 lines", auto.wireMB(), atMost(g.most))
		b.report.add(name, "of the fastest level's", auto.wireMB()/fastest.wireMB(), atMost(g.ofLevel))
		b.report.add(name, "% of a core", auto.share(), noGoal)
		b.report.addPeak(name, sample{spent: auto.spent})
	}
	return nil
}

// flow is what steady lines took.
type flow struct {
	spent
	lines int
	wire  uint64 // bytes of bodies
}

func (f flow) wireMB() float64 { return float64(f.wire) / float64(f.lines) * whole / 1e6 }
func (f flow) share() float64  { return 100 * f.cpu.Seconds() / f.wall.Seconds() }

// steady has a shipper follow a file to which lines are appended at a rate, and
// measures it from the second second on: starting up is no part of it.
func (b *bench) steady(ctx context.Context, perSecond int, env ...string) (f flow, err error) {
	r, err := b.startReceiver(ctx)
	if err != nil {
		return f, err
	}
	defer r.stop()
	dir, remove, err := b.tempDir()
	if err != nil {
		return f, err
	}
	defer remove()
	path := filepath.Join(dir, "ollama.log")
	log, err := os.Create(path)
	if err != nil {
		return f, err
	}
	defer log.Close()
	env = append(shipperEnv(r.url, path, filepath.Join(dir, "state"), false), env...)
	p, err := start(ctx, b.cores.measured, env, b.shipper, "run")
	if err != nil {
		return f, err
	}
	w := &appender{log: log, perSecond: perSecond}
	if w.mix, err = newSteadyMix(b.options.seed, perSecond); err != nil {
		return f, err
	}
	if err := w.run(ctx, p, time.Second); err != nil {
		return f, err
	}
	before, err := b.reading(ctx, r, p, w.lines)
	if err != nil {
		return f, err
	}
	if err := w.run(ctx, p, time.Duration(b.options.rateSeconds)*time.Second); err != nil {
		return f, err
	}
	after, err := b.reading(ctx, r, p, w.lines)
	if err != nil {
		return f, err
	}
	f = after.since(before)
	f.peak = p.peak.Load()
	return f, p.interrupt()
}

// reading returns the flow up to the moment at which all lines so far were received.
func (b *bench) reading(ctx context.Context, r *remote, p *process, lines int) (f flow, err error) {
	if err := r.await(ctx, uint64(lines), p); err != nil {
		return f, err
	}
	s, err := r.stats()
	if err != nil {
		return f, err
	}
	f = flow{lines: lines, wire: s.WireBytes}
	f.wall = time.Duration(time.Now().UnixNano())
	f.cpu, err = cpuOf(p.cmd.Process.Pid)
	return f, err
}

func (f flow) since(o flow) flow {
	return flow{spent{cpu: f.cpu - o.cpu, wall: f.wall - o.wall}, f.lines - o.lines, f.wire - o.wire}
}

// appender appends lines of the mix to a log, a few at a time.
type appender struct {
	mix       *mix
	log       *os.File
	perSecond int
	lines     int
	text      []byte
}

const appendEvery = 5 * time.Millisecond

func (w *appender) run(ctx context.Context, p *process, d time.Duration) error {
	tick := time.NewTicker(appendEvery)
	defer tick.Stop()
	started := time.Now()
	most := int(d.Seconds() * float64(w.perSecond))
	for done := 0; done < most; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.done:
			return p.err
		case <-tick.C:
		}
		due := min(most, int(time.Since(started).Seconds()*float64(w.perSecond)))
		w.text = w.text[:0]
		for ; done < due; done++ {
			w.text = append(w.text, w.mix.next()...)
			w.lines++
		}
		if _, err := w.log.Write(w.text); err != nil {
			return err
		}
	}
	return nil
}
