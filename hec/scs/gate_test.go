package scs

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		f        failure
		failures int
		want     time.Duration
	}{
		{failure{ask: retry}, 1, 250 * time.Millisecond},
		{failure{ask: retry}, 3, time.Second},
		{failure{ask: retry}, 7, 10 * time.Second},
		{failure{ask: retry}, 1_000_000, 10 * time.Second},
		{failure{ask: retry, after: 30 * time.Second}, 1, 30 * time.Second},
		{failure{ask: retry, after: time.Hour}, 1, 5 * time.Minute},
		{failure{ask: retry, after: time.Millisecond}, 2, 500 * time.Millisecond},
		{failure{ask: pause}, 1, time.Second},
		{failure{ask: pause}, 9, 15 * time.Second},
		{failure{ask: unclear}, 1, time.Second},
		{failure{ask: unclear}, 5, 16 * time.Second},
		{failure{ask: unclear}, 100, 5 * time.Minute},
	} {
		if got := backoff(tt.f, tt.failures); got != tt.want {
			t.Errorf("%+v, %d failures: got %v, want %v", tt.f, tt.failures, got, tt.want)
		}
	}
}

func quietGate() *gate { return newGate(slog.New(slog.DiscardHandler)) }

func pass(t *testing.T, g *gate) (round int, waited time.Duration) {
	t.Helper()
	before := time.Now()
	round, err := g.pass(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return round, time.Since(before)
}

func TestAClosedGateLetsOneTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := quietGate()
		a, _ := pass(t, g)
		b, _ := pass(t, g) // of another lane, at the same time
		g.fail(a, failure{reason: "x", ask: pause})
		g.fail(b, failure{reason: "x", ask: pause}) // does not count twice
		if open, reason := g.ready(); open || reason != "x" {
			t.Errorf("open %v, reason %q", open, reason)
		}
		round, waited := pass(t, g)
		if waited != pauseFirst {
			t.Errorf("waited %v", waited)
		}
		// Nobody else goes before the one who tries has come back.
		others := make(chan time.Duration, 3)
		for range 3 {
			go func() { _, w := pass(t, g); others <- w }()
		}
		<-time.After(20 * time.Second)
		synctest.Wait()
		if len(others) > 0 {
			t.Error("others went while one was trying")
		}
		g.fail(round, failure{reason: "x", ask: pause})
		<-time.After(2*time.Second + 1)
		synctest.Wait()
		if len(others) > 0 { // the first of them is the one who tries now
			if len(others) > 1 {
				t.Errorf("%d tried at once", len(others))
			}
		} else {
			t.Error("nobody tries")
		}
		g.success()
		synctest.Wait()
		if len(others) != 3 {
			t.Errorf("%d of 3 went through an open gate", len(others))
		}
		if open, _ := g.ready(); !open {
			t.Error("it is not ready")
		}
	})
}

// One that tries and is told to stop leaves the try to another.
func TestAGivenUpTryIsTakenByAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := quietGate()
		round, _ := pass(t, g)
		g.fail(round, failure{reason: "x", ask: retry})
		trying, _ := pass(t, g)
		g.release(trying)
		if _, waited := pass(t, g); waited != 0 {
			t.Errorf("waited %v", waited)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := g.pass(ctx); err == nil {
			t.Error("two try at once")
		}
	})
}
