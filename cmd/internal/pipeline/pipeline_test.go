package pipeline

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/input"
)

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
