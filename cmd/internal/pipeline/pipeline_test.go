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

func (t *tape) Source() string                       { return t.name }
func (t *tape) Fields() []input.Field                { return nil }
func (t *tape) Start() (input.Position, input.Carry) { return 0, input.Carry{} }
func (t *tape) Close() error                         { return nil }

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

func TestPositionIsCommittedOnceAllBeforeItIsDelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: numbered(1, 6)}
		s := startPipeline(t, nil, a)
		wait(time.Second)
		if n := len(s.batches()); n != 1 {
			t.Fatalf("%d batches are out unanswered", n)
		}
		s.batches()[0].Answered()
		s.batches()[1].Answered()
		wait(time.Second)
		if n := len(s.batches()); n != 3 {
			t.Fatalf("%d batches are out, two of them answered", n)
		}
		out := s.batches()
		out[1].finish(nil)
		out[2].finish(nil)
		wait(0)
		if p := a.last(); p != 0 {
			t.Errorf("committed %d while the first batch is not delivered", p)
		}
		out[0].finish(nil)
		wait(0)
		if p := a.last(); p != 6 {
			t.Errorf("committed %d, want 6", p)
		}
		s.stop()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
	})
}

func TestOneStreamDoesNotHoldTheCommitsOfAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &tape{name: "a", lines: numbered(1, 2)}, &tape{name: "b"}
		s := startPipeline(t, nil, a, b)
		wait(time.Second)
		s.batches()[0].Answered()
		b.write(numbered(1, 2)...)
		wait(time.Second)
		s.batches()[1].finish(nil)
		wait(0)
		if a.last() != 0 || b.last() != 2 {
			t.Errorf("committed a %d, b %d", a.last(), b.last())
		}
		s.batches()[0].finish(nil)
		s.stop()
		<-s.done
	})
}

func TestLinesAreHeldForAContinuationOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: []string{"first:"}}
		s := startPipeline(t, nil, a)
		wait(50 * time.Millisecond)
		a.write("  continued", "second")
		wait(350 * time.Millisecond)
		if got := s.texts(); got != "first:\n  continued second" {
			t.Errorf("sent %q", got)
		}
		s.batches()[0].finish(nil)
		wait(0)
		if a.last() != 3 {
			t.Errorf("committed %d", a.last())
		}
		s.stop()
		<-s.done
	})
}

// While a sink is slow nothing is read: that is no reason to tear apart what
// belongs together.
func TestContinuationIsFoundHoweverLongTheSinkTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := &tape{name: "a", lines: []string{"first:"}}, &tape{name: "b"}
		s := startPipeline(t, nil, a, b)
		wait(time.Millisecond)
		b.write(numbered(1, 6)...) // two batches: the lane waits for the answer to the first
		wait(time.Millisecond)
		a.write("  continued", "last")
		wait(time.Minute)
		for i := 0; i < len(s.batches()); i++ {
			s.batches()[i].finish(nil)
			wait(time.Second)
		}
		if got := s.texts(); !strings.Contains(got, "first:\n  continued") {
			t.Errorf("sent %q", got)
		}
		s.stop()
		<-s.done
	})
}

func TestBlankLinesAreCommittedWithoutABatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: []string{"", "", ""}}
		s := startPipeline(t, nil, a)
		wait(time.Second)
		if len(s.batches()) != 0 || a.last() != 3 {
			t.Errorf("%d batches, committed %d", len(s.batches()), a.last())
		}
		s.stop()
		<-s.done
	})
}

func TestStopDeliversWhatWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: numbered(1, 3)}
		s := startPipeline(t, nil, a)
		wait(time.Millisecond) // read, and one of it held and not yet due
		s.stop()
		a.write(numbered(4, 9)...)
		for i := range 2 {
			wait(0)
			s.batches()[i].finish(nil)
		}
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		if a.last() != 3 {
			t.Errorf("committed %d, want the 3 read before the stop", a.last())
		}
	})
}

func TestDrainEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: numbered(1, 5)}
		s := startPipeline(t, nil, a)
		wait(time.Second)
		s.stop()
		stopped := time.Now()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		if took := time.Since(stopped); took != time.Second {
			t.Errorf("drained for %v", took)
		}
		if a.last() != 0 {
			t.Errorf("committed %d, and nothing was delivered", a.last())
		}
	})
}

func TestSinkThatGivesUpEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: numbered(1, 9)}
		s := startPipeline(t, nil, a)
		wait(time.Second)
		broken := errors.New("broken for good")
		s.batches()[0].end <- broken
		if err := <-s.done; !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		if a.last() != 0 {
			t.Errorf("committed %d", a.last())
		}
	})
}

// twoOutputs is a tape whose lines of a crash come on stderr, the others on stdout.
type twoOutputs struct{ *tape }

func (t twoOutputs) Read(c *input.Chunk) input.Progress {
	progress := t.tape.Read(c)
	for i := range c.Records {
		r := &c.Records[i]
		if r.Output = input.Stdout; strings.HasPrefix(string(r.Text), "panic: ") {
			r.Output = input.Stderr
		}
	}
	return progress
}

func (t twoOutputs) Run(ctx context.Context, ready func(input.Stream)) error {
	return t.tape.Run(ctx, func(input.Stream) { ready(t) })
}

// While a crash is held, what came after it on the other output is sent, and the
// position stays before the crash. It must not pass both when only the crash is
// delivered.
func TestWhatOvertakesAHeldCrashCountsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := twoOutputs{&tape{name: "a", lines: append([]string{"panic: oops"}, numbered(1, 2)...)}}
		s := startPipeline(t, func(c *Config) { c.Sources = []input.Source{a} })
		wait(500 * time.Millisecond)
		s.batches()[0].Answered()
		wait(5 * time.Second)
		out := s.batches()
		if len(out) != 2 {
			t.Fatalf("%d batches, want the crash in one of its own", len(out))
		}
		out[1].finish(nil)
		wait(0)
		if p := a.last(); p != 0 {
			t.Errorf("committed %d while the first batch is not delivered", p)
		}
		out[0].finish(nil)
		wait(0)
		if p := a.last(); p != 3 {
			t.Errorf("committed %d after all was delivered", p)
		}
		s.stop()
		<-s.done
	})
}

// broken is a source that cannot work.
type broken struct{ err error }

func (b broken) Run(context.Context, func(input.Stream)) error { return b.err }
func (broken) Close() error                                    { return nil }

func TestOneSourceThatFailsEndsRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: numbered(1, 2)}
		why := errors.New("no such journal")
		s := startPipeline(t, func(c *Config) { c.Sources = []input.Source{broken{why}, a} })
		if err := <-s.done; !errors.Is(err, why) {
			t.Errorf("got %v", err)
		}
	})
}

// What a stop leaves undelivered is counted.
func TestWhatIsGivenUpIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: numbered(1, 2)}
		s := startPipeline(t, nil, a)
		wait(time.Second)
		s.stop()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		if n := s.pipeline.Stats().Undelivered; n != 2 {
			t.Errorf("%d events were not delivered, want 2", n)
		}
	})
}

func TestAnsweredBatchesAreCommittedOnCondition(t *testing.T) {
	receipt := func(id int64) *hec.PendingError {
		return &hec.PendingError{Receipts: []hec.Receipt{{Endpoint: "e", Channel: "c", ID: id}}}
	}
	for _, refuse := range []error{nil, errors.New("disk full")} {
		synctest.Test(t, func(t *testing.T) {
			var suspended []hec.Receipt
			var reached []input.Position
			a := &tape{name: "a", lines: numbered(1, 7)}
			s := startPipeline(t, func(c *Config) {
				c.Suspend = func(rs []hec.Receipt, commit func()) error {
					suspended = append(suspended, rs...)
					if refuse == nil {
						commit()
						reached = append(reached, a.last())
					}
					return refuse
				}
			}, a)
			wait(time.Second)
			for i := range 3 { // the first is delivered, two are answered, the last one is not
				s.batches()[i].Answered()
				wait(time.Second)
			}
			out := s.batches()
			out[0].finish(nil)
			wait(0)
			s.stop()
			out[1].end <- receipt(1)
			out[2].end <- receipt(2)
			if err := <-s.done; err != nil {
				t.Error(err)
			}
			batches, want, last := 2, []input.Position{4, 6}, input.Position(6)
			if refuse != nil {
				batches, want, last = 1, nil, 2
			}
			if len(suspended) != batches || !slices.Equal(reached, want) || a.last() != last {
				t.Errorf(
					"refused %v: %v, committed %d and in the end %d, want %d and %d",
					refuse,
					suspended,
					reached,
					a.last(),
					want,
					last,
				)
			}
		})
	}
}

func TestRunEndsWhenTheSourcesHave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &tape{name: "a", lines: append(numbered(1, 2), "last:"), ended: true}
		s := startPipeline(t, func(c *Config) { c.Sources = []input.Source{oneShot{a}} })
		for i := range 2 {
			wait(0)
			s.batches()[i].finish(nil)
		}
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		if a.last() != 3 {
			t.Errorf("committed %d", a.last())
		}
	})
}

// oneShot announces its tape once and ends.
type oneShot struct{ *tape }

func (o oneShot) Run(_ context.Context, ready func(input.Stream)) error {
	ready(o.tape)
	return nil
}

func TestOutstandingBatchesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		big := strings.Repeat("x", 1<<20)
		a := &tape{name: "a"}
		for i := range 40 {
			a.lines = append(a.lines, fmt.Sprintf("time=2026-01-01T00:00:00.000Z level=INFO n=%d msg=%s", i, big))
		}
		s := startPipeline(t, func(c *Config) { c.Limits.Events = 1 }, a)
		for seen := -1; seen != len(s.batches()); {
			seen = len(s.batches())
			for _, d := range s.batches() {
				d.Answered()
			}
		}
		if n := len(s.batches()); n < 10 || n > 20 {
			t.Errorf("%d batches of 1 MiB are out at once", n)
		}
		s.stop()
		<-s.done
	})
}

func TestTheLastLineOfARotatedFileGoesBeforeTheFirstOfItsSuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, young := &tape{name: "a", lines: numbered(1, 3)}, &tape{name: "a"}
		s := startPipeline(t, func(c *Config) { c.Limits.Events = 100 }, old, young)
		wait(10 * time.Millisecond) // the last line is held for a continuation
		young.write(numbered(4, 6)...)
		wait(time.Second)
		if got, want := s.texts(), strings.Join(numbered(1, 6), " "); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		for _, d := range s.batches() {
			d.finish(nil)
		}
		s.stop()
		if err := <-s.done; err != nil {
			t.Error(err)
		}
		if old.last() != 3 || young.last() != 3 {
			t.Errorf("committed %d and %d", old.last(), young.last())
		}
	})
}
