package pipeline

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/sourcetypes/batch"
)

func TestChooseLevel(t *testing.T) {
	const ms = time.Millisecond
	for _, tt := range []struct {
		name  string
		full  bool
		slow  bool
		since spent
		want  batch.Level
	}{
		{"due after a rest", false, false, spent{working: 5 * ms, resting: 195 * ms}, small},
		{"due while the receiver takes its time", false, true, spent{working: 5 * ms, waiting: 195 * ms}, small},
		{"due after nothing but rest", false, false, spent{resting: time.Hour}, small},
		{"due at once, where nothing waits for others", false, false, spent{}, small},
		{"due and half of the time worked", false, false, spent{working: 100 * ms, resting: 100 * ms}, small},
		{"due though the CPU has no rest", false, false, spent{working: 101 * ms, resting: 99 * ms}, batch.Fastest},
		{"due, no rest, receiver slow before", false, true, spent{working: 150 * ms, waiting: 50 * ms}, batch.Fastest},
		{"full", true, false, spent{working: 3 * ms}, batch.Fastest},
		{"full after a rest", true, false, spent{working: 3 * ms, resting: time.Second}, batch.Fastest},
		{"full after one long wait", true, false, spent{working: 3 * ms, waiting: time.Hour}, batch.Fastest},
		{"full and always waiting", true, true, spent{working: 3 * ms, waiting: 40 * ms}, smaller},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := chooseLevel(tt.full, tt.slow, tt.since); got != tt.want {
				t.Errorf("level %d, want %d", got, tt.want)
			}
		})
	}
}

func TestSlowReceiver(t *testing.T) {
	waited := spent{working: 10, waiting: 40}
	for _, tt := range []struct {
		name  string
		since []spent
		want  bool
	}{
		{"nothing known", nil, false},
		{"five waits", repeated(5, waited), false},
		{"six waits", repeated(6, waited), true},
		{"two of eight did not wait", append(repeated(2, spent{working: 10}), repeated(6, waited)...), true},
		{"three of eight did not wait", append(repeated(5, waited), repeated(3, spent{working: 10})...), false},
		{"long ago", append(repeated(8, waited), repeated(8, spent{working: 10})...), false},
		{"waits shorter than four times the work", repeated(8, spent{working: 10, waiting: 39}), false},
		{"rest is no waiting", repeated(8, spent{working: 10, resting: 1000}), false},
		{"an outage", append(repeated(7, spent{working: 10}), spent{working: 10, waiting: 1e15}), false},
	} {
		var p patience
		for _, s := range tt.since {
			p.note(s)
		}
		if got := p.slowReceiver(); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func repeated(n int, s spent) (all []spent) {
	for range n {
		all = append(all, s)
	}
	return all
}

// Time counts as waiting for the receiver only while no lane works, and as rest
// only while none works or waits.
func TestTimesheet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTimesheet(2)
		pass := func(d time.Duration) { <-time.After(d) }
		pass(1 * time.Second) // both rest
		s.change(resting, working)
		pass(2 * time.Second) // one works
		s.change(resting, waiting)
		pass(4 * time.Second) // one works, one waits
		s.change(working, resting)
		pass(8 * time.Second) // one waits
		s.change(waiting, working)
		s.change(resting, working)
		pass(16 * time.Second) // both work
		s.change(working, resting)
		s.change(working, resting)
		pass(32 * time.Second)
		want := spent{working: 22 * time.Second, waiting: 8 * time.Second, resting: 33 * time.Second}
		if got := s.read(); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// slowSink answers after a while and keeps what it got.
type slowSink struct {
	takes func(n int) time.Duration // by number of the batch

	mu      sync.Mutex
	batches []*batch.Batch
}

func (s *slowSink) Deliver(ctx context.Context, b *batch.Batch) error {
	s.mu.Lock()
	s.batches = append(s.batches, b)
	takes := s.takes(len(s.batches) - 1)
	s.mu.Unlock()
	select {
	case <-time.After(takes):
		b.Answered()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// effort is what the header of a gzip says of its level.
func effort(b *batch.Batch) string {
	const extraFlags = 8
	if !b.Gzip {
		return "plain"
	}
	return map[byte]string{4: "fastest", 2: "smallest", 0: "harder"}[b.Body[extraFlags]]
}

func TestLevelsOfAPipeline(t *testing.T) {
	at := func(d time.Duration) func(int) time.Duration { return func(int) time.Duration { return d } }
	backlog := func(a *tape) { a.write(numbered(1, 40)...) } // 20 full batches
	trickle := func(a *tape) {
		for i := range 5 {
			a.write(numbered(i, i)...)
			wait(time.Second)
		}
	}
	outage := func(n int) time.Duration {
		if n == 3 {
			return time.Hour
		}
		return 0
	}
	for _, tt := range []struct {
		name     string
		lines    func(*tape)
		takes    func(int) time.Duration
		compress Compression
		want     string
	}{
		{"lines now and then", trickle, at(0), Adapt, "5 harder"},
		{"catching up", backlog, at(0), Adapt, "20 fastest"},
		{"catching up after an outage", backlog, outage, Adapt, "20 fastest"},
		{"catching up with a slow receiver", backlog, at(50 * time.Millisecond), Adapt, "7 fastest 13 harder"},
		{"pinned, lines now and then", trickle, at(0), 1, "5 fastest"},
		{"pinned, catching up", backlog, at(0), 9, "20 smallest"},
		{"pinned, slow receiver", backlog, at(50 * time.Millisecond), 1, "20 fastest"},
		{"not compressed", backlog, at(0), 0, "20 plain"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := inRuns(run(t, tt.takes, tt.compress, tt.lines)); got != tt.want {
					t.Errorf("%s, want %s", got, tt.want)
				}
			})
		})
	}
}

// run ships what write writes to one file, and returns the effort of each batch.
func run(t *testing.T, takes func(int) time.Duration, c Compression, write func(*tape)) (all []string) {
	a, sink := &tape{name: "a"}, &slowSink{takes: takes}
	s := startPipeline(t, func(cfg *Config) { cfg.Sink, cfg.Compress = sink, c }, a)
	synctest.Wait()
	write(a)
	wait(2 * time.Hour)
	s.stop()
	if err := <-s.done; err != nil {
		t.Error(err)
	}
	for _, b := range sink.batches {
		all = append(all, effort(b))
	}
	return all
}

// inRuns counts what comes several times in a row.
func inRuns(all []string) string {
	var runs []string
	for i := 0; i < len(all); {
		n := 1
		for i+n < len(all) && all[i+n] == all[i] {
			n++
		}
		runs = append(runs, fmt.Sprintf("%d %s", n, all[i]))
		i += n
	}
	return strings.Join(runs, " ")
}
