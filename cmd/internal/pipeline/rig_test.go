package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// tape is a stream in memory, and the source of it. A position is a number of lines.
type tape struct {
	name string

	mu        sync.Mutex
	lines     []string
	read      int
	ended     bool
	ready     func(input.Stream)
	committed []input.Position
}

func (t *tape) Source() string { return t.name }

func (t *tape) Fields() []input.Field { return nil }

func (t *tape) Start() (input.Position, input.Carry) { return 0, input.Carry{} }

func (t *tape) Close() error { return nil }

func (t *tape) Run(ctx context.Context, ready func(input.Stream)) error {
	t.mu.Lock()
	t.ready = ready
	t.mu.Unlock()
	ready(t)
	<-ctx.Done()
	return nil
}

// write appends lines and announces them.
func (t *tape) write(lines ...string) {
	t.mu.Lock()
	t.lines = append(t.lines, lines...)
	ready := t.ready
	t.mu.Unlock()
	if ready != nil {
		ready(t)
	}
}

func (t *tape) Read(c *input.Chunk) input.Progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.Records = c.Records[:0]
	for ; t.read < len(t.lines); t.read++ {
		c.Records = append(c.Records, input.Record{Text: []byte(t.lines[t.read]), Next: input.Position(t.read + 1)})
	}
	if t.ended {
		return input.Ended
	}
	return input.Idle
}

func (t *tape) Commit(p input.Position, _ input.Carry) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.committed = append(t.committed, p)
}

func (t *tape) last() input.Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.committed) == 0 {
		return 0
	}
	return t.committed[len(t.committed)-1]
}

// gate is a sink whose deliveries a test answers and ends by hand.
type gate struct {
	mu  sync.Mutex
	out []*delivery
}

type delivery struct {
	*batch.Batch
	text []string
	end  chan error
}

func (g *gate) Deliver(ctx context.Context, b *batch.Batch) error {
	d := &delivery{Batch: b, end: make(chan error, 1)}
	for i := range b.Len() {
		var ev struct{ Event string }
		if err := json.Unmarshal(b.Body[b.Start(i):b.Ends[i]], &ev); err != nil {
			return err
		}
		d.text = append(d.text, ev.Event)
	}
	g.mu.Lock()
	g.out = append(g.out, d)
	g.mu.Unlock()
	select {
	case err := <-d.end:
		return err
	case <-ctx.Done():
		select {
		case err := <-d.end:
			return err
		default:
			return ctx.Err()
		}
	}
}

// batches is what was sent so far.
func (g *gate) batches() []*delivery {
	synctest.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.out)
}

func (g *gate) texts() string {
	var all []string
	for _, d := range g.batches() {
		all = append(all, strings.Join(d.text, " "))
	}
	return strings.Join(all, " | ")
}

func (d *delivery) finish(err error) {
	d.Answered()
	d.end <- err
}

// started is a running pipeline with one lane, batches of two events and a
// second of drain.
type started struct {
	*gate
	pipeline *Pipeline
	stop     func()
	done     chan error
	log      *bytes.Buffer
}

func startPipeline(t *testing.T, change func(*Config), tapes ...*tape) *started {
	t.Helper()
	s := &started{gate: new(gate), done: make(chan error, 1), log: new(bytes.Buffer)}
	cfg := Config{
		Normalizer: OfLogs(&sourcetypes.Options{Redact: sourcetypes.DefaultRedact(), Now: time.Now}),
		Encode: func(st input.Stream) batch.Encoder {
			return hec.NewEnvelope(hec.Origin{Host: "h", Source: st.Source()})
		},
		Sink:   s.gate,
		Lanes:  1,
		Limits: batch.Limits{Bytes: 1 << 20, Events: 2},
		Delay:  200 * time.Millisecond,
		Drain:  time.Second,
		Log:    slog.New(slog.NewTextHandler(s.log, nil)),
	}
	for _, tp := range tapes {
		cfg.Sources = append(cfg.Sources, tp)
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	s.stop = func() { cancel(errors.New("told to stop")) } // whatever the reason, it is no failure
	s.pipeline = New(cfg)
	go func() { s.done <- s.pipeline.Run(ctx) }()
	return s
}

// wait lets time pass.
func wait(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func numbered(from, to int) (lines []string) {
	for i := from; i <= to; i++ {
		lines = append(lines, fmt.Sprintf("time=2026-01-01T00:00:00.000Z level=INFO msg=%d", i))
	}
	return lines
}
