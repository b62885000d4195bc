package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"ollama-hec/input/spool"
)

const captureStreams = 20

// capture measures what it costs to read requests and answers off the wire, beside a process that gets the same
// packets by plain recvfrom and does nothing with them, and what of them is missed.
func (b *bench) capture(ctx context.Context) error {
	s, err := startSpeaker()
	if err != nil {
		return err
	}
	defer s.close()
	if err := b.plainly(ctx, s.port, func() error { return nil }, new(time.Duration)); err != nil {
		fmt.Fprintf(b.say, "  left out: packets cannot be read here (%v)\n", err)
		return nil
	}
	return errors.Join(b.captureStreams(ctx, s), b.captureAnswer(ctx, s), b.captureBodies(ctx, s), b.captureHole(ctx, s))
}

// captureStreams measures answers at the pace of a model.
func (b *bench) captureStreams(ctx context.Context, s *speaker) error {
	const perSecond = 200
	tokens := perSecond * b.options.captureSeconds
	of := fmt.Sprintf("%d streams × %d tokens/s", captureStreams, perSecond)
	traffic := func() error { return s.streams(ctx, captureStreams, tokens, perSecond) }
	c, err := b.captured(ctx, s.port, captureStreams, traffic, nil)
	if err != nil {
		return err
	}
	whole := c.count(func(e *capturedEvent) bool { return !e.Partial && e.Completion == tokens && e.Chunks == tokens })
	b.report.add(of, "streams with all tokens", float64(whole), atLeast(captureStreams))
	b.report.add(of, "% of a core", 100*c.cpu.Seconds()/float64(b.options.captureSeconds), atMost(5))
	b.addCaptureMemory(of, c)
	return b.addBesidePlain(ctx, of, s.port, c, traffic)
}

// captureAnswer measures one answer at full speed.
func (b *bench) captureAnswer(ctx context.Context, s *speaker) error {
	size := int64(b.options.captureMB) * 1e6
	of := fmt.Sprintf("an answer of %d MB at full speed", b.options.captureMB)
	traffic := func() error { return s.answer(ctx, size) }
	c, err := b.captured(ctx, s.port, 1, traffic, nil)
	if err != nil {
		return err
	}
	seen := 1 - float64(c.lost())/float64(size)
	b.report.add(of, "of its bytes seen", seen, atLeast(1))
	b.report.add(of, "ms CPU for each MB", 1000*c.cpu.Seconds()/float64(b.options.captureMB), atMost(0.3))
	b.addCaptureMemory(of, c)
	return b.addBesidePlain(ctx, of, s.port, c, traffic)
}

// captureBodies measures bodies of which nothing is kept.
func (b *bench) captureBodies(ctx context.Context, s *speaker) error {
	size := int64(b.options.captureMB) * 1e6
	of := fmt.Sprintf("a blob of %d MB, images of 20 MB", b.options.captureMB)
	c, err := b.captured(ctx, s.port, 2, func() error {
		return errors.Join(s.blob(ctx, size), s.images(ctx, 20_000_000))
	}, nil)
	if err != nil {
		return err
	}
	counted := c.count(func(e *capturedEvent) bool { return e.In == size || e.Images == 1 })
	b.report.add(of, "counted and not kept", float64(counted), atLeast(2))
	b.addCaptureMemory(of, c)
	return nil
}

// captureHole measures what is known of answers after the process was stopped for a while.
func (b *bench) captureHole(ctx context.Context, s *speaker) error {
	const perSecond, still = 1000, 2
	tokens := perSecond * (still + 2)
	of := fmt.Sprintf("%d streams × %d tokens/s, %d s of them missed", captureStreams, perSecond, still)
	c, err := b.captured(ctx, s.port, captureStreams, func() error {
		return s.streams(ctx, captureStreams, tokens, perSecond)
	}, func(p *process) error { return standStill(ctx, p, still*time.Second) })
	if err != nil || c == nil {
		return err
	}
	ends := c.count(func(e *capturedEvent) bool { return e.Completion == tokens })
	b.report.add(of, "streams with their final figures", float64(ends), atLeast(captureStreams))
	if missed := c.counts["lost_bytes"]; missed > 0 {
		b.report.add(of, "of the missed bytes told by events", float64(c.lost())/float64(missed), atLeast(1))
		b.report.add(of, "MB missed", float64(missed)/1e6, noGoal)
	}
	return nil
}

func (b *bench) addCaptureMemory(of string, c *captures) {
	if c.peak > 0 {
		b.report.add(of, "MB peak memory", float64(c.peak)/1e6, atMost(24))
	}
}

// addBesidePlain has plain recvfrom read the same traffic once more.
func (b *bench) addBesidePlain(ctx context.Context, of string, port int, c *captures, traffic func() error) error {
	var plain time.Duration
	if err := b.plainly(ctx, port, traffic, &plain); err != nil {
		return err
	}
	if plain > 0 { // else it was not run once, on so busy a machine
		b.report.add(of, "times the CPU of plain recvfrom", c.cpu.Seconds()/plain.Seconds(), noGoal)
	}
	return nil
}

// captures are what was captured, and at what cost.
type captures struct {
	events []capturedEvent // of the API
	counts map[string]int64
	cpu    time.Duration
	peak   int64
}

type capturedEvent struct {
	In         int64 `json:"bytes_in"`
	Lost       int64 `json:"lost_bytes"`
	Completion int   `json:"completion_tokens"`
	Chunks     int
	Images     int
	Partial    bool
}

func (c *captures) count(is func(*capturedEvent) bool) (n int) {
	for i := range c.events {
		if is(&c.events[i]) {
			n++
		}
	}
	return n
}

func (c *captures) lost() (n int64) {
	for i := range c.events {
		n += c.events[i].Lost
	}
	return n
}

// captured captures traffic of n requests. beside, if not nil, is called with the process
// meanwhile.
func (b *bench) captured(
	ctx context.Context, port, n int, traffic func() error, beside func(*process) error,
) (*captures, error) {
	dir, remove, err := b.tempDir()
	if err != nil {
		return nil, err
	}
	defer remove()
	state := filepath.Join(dir, "state")
	p, err := start(ctx, b.cores.measured, []string{
		"OLLAMA_HEC_CAPTURE=requests", "OLLAMA_HEC_CAPTURE_PORTS=" + strconv.Itoa(port), "OLLAMA_HEC_STATE_DIR=" + state,
	}, b.shipper, "capture")
	if err != nil {
		return nil, err
	}
	r := spool.NewReader(state, slog.New(slog.DiscardHandler))
	if err := awaitCapture(ctx, p, r); err != nil {
		return nil, err
	}
	before, err := cpuOf(p.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	besides := make(chan error, 1)
	go func() {
		if beside == nil {
			besides <- nil
			return
		}
		besides <- beside(p)
	}()
	if err := errors.Join(traffic(), <-besides); err != nil {
		return nil, err
	}
	c := new(captures)
	for waited := 0; len(c.events) < n && waited < 100; waited++ {
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return nil, err
		}
		if c.events, err = readSpool(state); err != nil {
			return nil, err
		}
	}
	after, err := cpuOf(p.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	c.cpu, c.peak = after-before, peakMemory(p.cmd.Process.Pid)
	if err := p.interrupt(); err != nil {
		return nil, err
	}
	in, err := r.Inspect()
	if err != nil {
		return nil, err
	}
	c.counts = in.Writers["capture"].Counts
	return c, nil
}

// awaitCapture waits until the process captures.
func awaitCapture(ctx context.Context, p *process, r *spool.Reader) error {
	for {
		in, err := r.Inspect()
		if err == nil && in != nil && in.Writers["capture"].Live {
			return nil
		}
		select {
		case <-p.done:
			return p.err
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// readSpool reads the events of the API that are in a spool.
func readSpool(state string) (events []capturedEvent, err error) {
	segments, err := filepath.Glob(filepath.Join(spool.Path(state), "*.jsonl"))
	if err != nil {
		return nil, err
	}
	for _, segment := range segments {
		text, err := os.ReadFile(segment)
		if err != nil {
			return nil, err
		}
		for line := range completeLines(text) {
			r, err := spool.Parse(line)
			if err != nil {
				return nil, err
			}
			var e capturedEvent
			if r.Sourcetype == "ollama:api" {
				if err := json.Unmarshal(r.Event, &e); err != nil {
					return nil, err
				}
				events = append(events, e)
			}
		}
	}
	return events, nil
}

// plainly runs traffic while a process gets its packets by recvfrom, and stores the CPU time of
// that process in cpu.
func (b *bench) plainly(ctx context.Context, port int, traffic func() error, cpu *time.Duration) error {
	cmd := exec.CommandContext(ctx, b.self, "recvfrom", strconv.Itoa(port))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := startOn(b.cores.measured, cmd); err != nil {
		return err
	}
	if _, err := io.ReadFull(out, make([]byte, len(plainReady))); err != nil {
		return errors.Join(errors.New("no packet socket"), in.Close(), cmd.Wait())
	}
	before, err := cpuOf(cmd.Process.Pid)
	if err == nil {
		err = errors.Join(traffic(), pause(ctx, 200*time.Millisecond)) // it reads what is queued
	}
	after, err2 := cpuOf(cmd.Process.Pid)
	*cpu = after - before
	return errors.Join(err, err2, in.Close(), cmd.Wait())
}

// plainReady is what a process prints once it reads packets.
const plainReady = "ready\n"
