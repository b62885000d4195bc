package scs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/scs/scstest"
)

// An event that is too large by itself becomes a dead letter; its neighbours arrive.
func TestTooLargeAnEvent(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, nil)
	deliver(t, c, batchOf("before", strings.Repeat("x", MaxBytes+1), "after"))
	arrived(t, s, []string{"before", "after"})
	if kept.count() != 1 ||
		!strings.HasPrefix(
			string(kept.kept[0].Event),
			`{"time":1000000000,"host":"h","source":"s","sourcetype":"ollama:server","event":"xxx`,
		) {
		t.Errorf("%d dead letters", kept.count())
	}
}

// Events that the service names become dead letters, with its reason; the others arrive
// in order.
func TestEventsThatAreNamedAreRejected(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, nil)
	texts := lines(500, 10)
	texts[0], texts[123], texts[124], texts[499] = "", "", "", "" // the service takes no empty body
	deliver(t, c, batchOf(texts...))
	arrived(t, s, slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == "" }))
	if kept.count() != 4 || !strings.Contains(kept.kept[1].Reason, "Event body cannot be empty") ||
		kept.kept[1].Code != 400 {
		t.Errorf("%d dead letters: %+v", kept.count(), kept.kept)
	}
	if n := len(s.Requests("postEvents")); n > 5 {
		t.Errorf("%d requests", n)
	}
}

// A bad event that nobody names is found by halves.
func TestABadEventIsFound(t *testing.T) {
	for name, details := range map[string]any{
		"no details": nil,
		"not one of ours": map[string]any{"failedEvents": []any{
			map[string]any{"index": 1000, "message": "?"}, map[string]any{"index": -1, "message": "?"}}},
		"no list": map[string]any{"failedEvents": "all"},
	} {
		t.Run(name, func(t *testing.T) {
			s := scstest.Start(t)
			s.SetFault(func(r *scstest.Request) *scstest.Fault {
				if strings.Contains(string(r.Body), "poison") {
					return &scstest.Fault{Status: 400, Code: "INVALID_DATA", Details: details}
				}
				return nil
			})
			c, kept := open(t, s, nil)
			texts := lines(300, 10)
			deliver(t, c, batchOf(slices.Insert(slices.Clone(texts), 200, "poison")...))
			arrived(t, s, texts)
			if kept.count() != 1 || !strings.Contains(string(kept.kept[0].Event), "poison") {
				t.Errorf("%d dead letters", kept.count())
			}
		})
	}
}

// So many rejections in a row mean that something else is wrong: delivery waits.
func TestNotEverythingBecomesADeadLetter(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.Always("postEvents", scstest.Fault{Status: 400, Code: "INVALID_DATA"}))
	c, kept := open(t, s, func(cfg *Config) { cfg.FailFast = true })
	texts := lines(300, 10)
	var config *hec.ConfigError
	if err := c.Deliver(t.Context(), batchOf(texts...)); !errors.As(err, &config) ||
		!strings.Contains(config.Reason, "100 events in a row") {
		t.Errorf("got %v", err)
	}
	if kept.count() != streakMax {
		t.Errorf("%d dead letters", kept.count())
	}
}

// An event that cannot be kept as a dead letter is not forgotten.
func TestARejectedEventThatCannotBeKept(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, nil)
	kept.full = true
	done := make(chan error, 1)
	go func() { done <- c.Deliver(t.Context(), batchOf("one", "", "two")) }()
	for {
		if ok, why := c.Ready(); !ok {
			if !strings.Contains(why, "no space left") || !strings.Contains(why, "cannot be kept") {
				t.Errorf("it is not ready because %s", why)
			}
			break
		}
		<-time.After(time.Millisecond)
	}
	kept.mu.Lock()
	kept.full = false
	kept.mu.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	arrived(t, s, []string{"one", "two"})
	if kept.count() != 1 {
		t.Errorf("%d dead letters", kept.count())
	}
}

// Redeliver hands back what is rejected again, and says how far it came.
func TestRedeliver(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, func(cfg *Config) { cfg.FailFast = true })
	var again []int
	refused := func(i int, l hec.DeadLetter) { again = append(again, i) }
	settled, err := c.Redeliver(t.Context(), batchOf("a", "", "b", ""), refused)
	if settled != 4 || err != nil || !slices.Equal(again, []int{1, 3}) || kept.count() > 0 {
		t.Errorf("settled %d, %v, again %v", settled, err, again)
	}
	s.SetFault(func(r *scstest.Request) *scstest.Fault {
		if r.N == 0 {
			return nil
		}
		return &scstest.Fault{Status: 403}
	})
	settled, err = c.Redeliver(t.Context(), batchOf(lines(700, 10)...), refused)
	if settled != MaxEvents || err == nil {
		t.Errorf("settled %d, %v", settled, err)
	}
}

// What a proxy answers says nothing of an event, even if it was the only one.
func TestAProxyRejectsNoEvent(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.First(1, "postEvents", scstest.Fault{Status: 400, Body: "<html>plain HTTP to TLS port</html>"}))
	c, kept := open(t, s, nil)
	deliver(t, c, batchOf("one"))
	arrived(t, s, []string{"one"})
	if kept.count() > 0 {
		t.Errorf("%d dead letters", kept.count())
	}
}

// However many bad events there are, delivery goes on while others are accepted.
func TestBadEventsAmongGoodOnes(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, func(cfg *Config) { cfg.FailFast = true })
	var good []string
	for i := range 3 {
		texts := append(lines(10, i), slices.Repeat([]string{""}, 60)...)
		good = append(good, lines(10, i)...)
		deliver(t, c, batchOf(texts...))
	}
	arrived(t, s, good)
	if kept.count() != 180 {
		t.Errorf("%d dead letters", kept.count())
	}
}
