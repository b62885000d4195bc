package scs

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// Limits of how long the gate stays closed, by why.
const (
	retryFirst, retryMost     = 250 * time.Millisecond, 10 * time.Second
	pauseFirst, pauseMost     = time.Second, 15 * time.Second
	unclearFirst, unclearMost = time.Second, 5 * time.Minute
	// retryAfterMost is how long the service may ask us to wait.
	retryAfterMost = 5 * time.Minute
)

// failure is why a request was not accepted.
type failure struct {
	reason string // what went wrong
	kind   string // what it is the same by as the one before; empty: by its reason
	hint   string // what a person can do; empty where it heals by itself
	ask    verdict
	after  time.Duration // the service asks to wait at least so long; 0: it does not
}

// backoff is how long to wait after so many failures in a row, without jitter.
func backoff(f failure, failures int) time.Duration {
	first, most := retryFirst, retryMost
	switch f.ask {
	case pause:
		first, most = pauseFirst, pauseMost
	case unclear:
		first, most = unclearFirst, unclearMost
	}
	wait := most
	if n := failures - 1; n < 16 {
		wait = min(first<<n, most)
	}
	return max(wait, min(f.after, retryAfterMost))
}

// gateState is whether requests may be sent.
type gateState uint8

const (
	gateOpen   gateState = iota
	gateClosed           // until a time
	gateTrying           // one request is out to see whether it opens
)

// gate stands before the tenant: what one lane learns there holds for all.
type gate struct {
	log *slog.Logger

	mu       sync.Mutex
	state    gateState
	until    time.Time     // in gateClosed
	failures int           // in a row
	round    int           // how often it was closed or opened
	changed  chan struct{} // closed and replaced when the state changes
	reason   string        // the last failure
	kind     string        // which was logged
}

func newGate(log *slog.Logger) *gate { return &gate{log: log, changed: make(chan struct{})} }

// pass waits until a request may be sent. The round goes back to fail or success.
func (g *gate) pass(ctx context.Context) (round int, err error) {
	for {
		g.mu.Lock()
		round, changed := g.round, g.changed
		wait := time.Until(g.until)
		switch {
		case ctx.Err() != nil:
			g.mu.Unlock()
			return 0, ctx.Err()
		case g.state == gateOpen:
			g.mu.Unlock()
			return round, nil
		case g.state == gateClosed && wait <= 0:
			g.state = gateTrying
			g.mu.Unlock()
			return round, nil
		case g.state == gateTrying:
			wait = time.Hour // the one who tries changes the state
		}
		g.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// success opens the gate: the service has answered as it should.
func (g *gate) success() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == gateOpen {
		return
	}
	g.log.Info("the tenant takes events again")
	g.failures, g.reason, g.kind = 0, "", ""
	g.moveLocked(gateOpen)
}

// fail closes the gate. Of requests that were out together only the first counts.
func (g *gate) fail(round int, f failure) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if round == g.round {
		g.failures++
		wait := backoff(f, g.failures)
		if f.ask == retry && wait < retryMost {
			wait += rand.N(wait/4 + 1)
		}
		g.until = time.Now().Add(wait)
		g.moveLocked(gateClosed)
	}
	g.sayLocked(f)
}

// release gives up a request without a verdict.
func (g *gate) release(round int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.state == gateTrying && round == g.round {
		g.moveLocked(gateClosed)
	}
}

// ready reports whether the gate is open, and else why not.
func (g *gate) ready() (open bool, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failures == 0, g.reason
}

func (g *gate) moveLocked(to gateState) {
	g.state = to
	g.round++
	close(g.changed)
	g.changed = make(chan struct{})
}

// sayLocked logs a failure, once while it stays the same.
func (g *gate) sayLocked(f failure) {
	if f.kind == "" {
		f.kind = f.reason
	}
	if f.kind == g.kind {
		return
	}
	g.reason, g.kind = f.reason, f.kind
	about := []any{"reason", f.reason}
	if f.hint != "" {
		about = append(about, "hint", f.hint)
	}
	if f.ask == pause {
		g.log.Error("delivery is paused, nothing is lost", about...)
	} else {
		g.log.Warn("the tenant does not take events, trying again", about...)
	}
}
