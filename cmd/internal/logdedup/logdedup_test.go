package logdedup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"
)

// lines is a log without times, a line for each record.
func lines() (*slog.Logger, *Handler, func() []string) {
	var mu sync.Mutex
	var text bytes.Buffer
	h := New(slog.NewTextHandler(writer(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return text.Write(p)
	}), &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey {
			return slog.Attr{}
		}
		return a
	}}))
	return slog.New(h), h, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Split(strings.TrimSuffix(text.String(), "\n"), "\n")
	}
}

type writer func([]byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

// remembered is how many records h could tell a repeat of.
func remembered(h *Handler) int {
	h.said.mu.Lock()
	defer h.said.mu.Unlock()
	return max(len(h.said.records), len(h.said.due))
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRepeatsComeAsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, said := lines()
		for range 5 {
			log.Warn("down", "url", "a")
		}
		expect(t, said(), "msg=down url=a")
		<-time.After(Window)
		synctest.Wait()
		expect(t, said(), "msg=down url=a", "msg=down url=a repeated=4")
	})
}

func TestWhatGoesOnIsToldOnceAWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, _, said := lines()
		for range 2*Window/time.Second + 5 {
			log.Warn("down")
			<-time.After(time.Second - 1) // so that nothing happens at the end of a window itself
		}
		expect(t, said(), "msg=down", "msg=down repeated=30", "msg=down repeated=30")
		<-time.After(Window)
		synctest.Wait()
		expect(t, said()[3:], "msg=down repeated=4")
	})
}

// Records further apart than the window are no repeats: they come as they are.
func TestSeldomRecordsComeAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, said := lines()
		for range 3 {
			log.Info("status", "lines", 0)
			<-time.After(time.Minute)
		}
		expect(t, said(), "msg=status lines=0", "msg=status lines=0", "msg=status lines=0")
		if n := remembered(h); n != 0 {
			t.Errorf("%d records are remembered", n)
		}
	})
}

func TestWhatIsNoRepeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, said := lines()
		log.Info("m")
		log.Warn("m")
		log.Info("m", "a", 1)
		log.Info("m", "a", 2)
		log.Info("m", "b", 2)
		log.Info("m", "a=1", "")
		log.Info("m", "error", errors.New("one"))
		log.Info("m", "error", errors.New("other"))
		log.With("a", 3).Info("m")
		log.WithGroup("g").Info("m", "a", 1)
		log.Info("m a=1")
		if got := said(); len(got) != 11 ||
			slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, "repeated") }) {
			t.Errorf("got\n%s", strings.Join(got, "\n"))
		}
		h.Flush()
		if got := said(); len(got) != 11 {
			t.Errorf("flushed\n%s", strings.Join(got, "\n"))
		}
	})
}

// Repeats are told with the attributes of the logger they came from.
func TestDerivedLoggersCountTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, said := lines()
		log.With("source", "a").WithGroup("g").Info("m", "k", 1)
		log.With("source", "a").WithGroup("g").Info("m", "k", 1)
		h.Flush()
		expect(t, said(), "msg=m source=a g.k=1", "msg=m source=a g.k=1 g.repeated=1")
	})
}

func TestFlushTellsAtOnceAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, said := lines()
		log.Info("a")
		log.Info("b")
		log.Info("a")
		h.Flush()
		expect(t, said(), "msg=a", "msg=b", "msg=a repeated=1")
		<-time.After(2 * Window)
		h.Flush()
		expect(t, said()[3:])
		log.Info("a")
		expect(t, said()[3:], "msg=a")
		h.Flush()
	})
}

// Ever new records are all told, and few are remembered.
func TestMemoryIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, h, said := lines()
		const n = 10_000
		for i := range n {
			log.Info("new", "i", i)
		}
		long := strings.Repeat("x", 2*keyMax)
		log.Info(long)
		log.Info(long)
		if got := len(said()); got != n+2 {
			t.Errorf("%d records came", got)
		}
		if n := remembered(h); n != recordsMax {
			t.Errorf("%d records are remembered", n)
		}
		<-time.After(Window)
		synctest.Wait()
		if n := remembered(h); n != 0 {
			t.Errorf("%d are not forgotten", n)
		}
	})
}

// Whatever is said when and by how many: each record is told or counted.
func TestNothingIsLost(t *testing.T) {
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			log, h, said := lines()
			told := make(map[string]int)
			var mu sync.Mutex
			var talkers sync.WaitGroup
			for who := range uint64(4) {
				talkers.Go(func() {
					rng := rand.New(rand.NewPCG(seed, who))
					for range 200 {
						what := fmt.Sprint("m", rng.IntN(5))
						log.Info(what)
						mu.Lock()
						told[what]++
						mu.Unlock()
						if rng.IntN(4) == 0 {
							<-time.After(time.Duration(rng.Int64N(int64(Window))))
						}
					}
				})
			}
			talkers.Wait()
			h.Flush()
			for _, line := range said() {
				what, count := "", 1
				if _, err := fmt.Sscanf(line, "msg=%s repeated=%d", &what, &count); err != nil {
					what, count = strings.TrimPrefix(line, "msg="), 1
				}
				told[what] -= count
			}
			for what, left := range told {
				if left != 0 {
					t.Errorf("seed %d: %s: %d not accounted for", seed, what, left)
				}
			}
		})
	}
}

func TestItIsAHandler(t *testing.T) {
	var text bytes.Buffer
	slogtest.Run(t, func(*testing.T) slog.Handler {
		text.Reset()
		return New(slog.NewJSONHandler(&text, nil))
	}, func(t *testing.T) map[string]any {
		var m map[string]any
		if err := json.Unmarshal(text.Bytes(), &m); err != nil {
			t.Fatal(err)
		}
		return m
	})
}
