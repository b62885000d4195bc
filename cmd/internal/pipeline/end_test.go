package pipeline

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/hec"
	"ollama-hec/input"
)

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

// broken is a source that cannot work.
type broken struct{ err error }

func (b broken) Run(context.Context, func(input.Stream)) error { return b.err }

func (broken) Close() error { return nil }

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
