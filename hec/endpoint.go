package hec

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	retryFirst, retryMost = 250 * time.Millisecond, 10 * time.Second
	pauseFirst, pauseMost = time.Second, 15 * time.Second
	slowPause             = time.Second
	healthTimeout         = 5 * time.Second
	// trialFirst and trialMost bound how long an endpoint is not tried again
	// that answers to health and lets events hang, if another one is open.
	// slowTrial is from where on that holds up a lane.
	trialFirst, trialMost = time.Minute, 10 * time.Minute
	slowTrial             = time.Second
	// sayAgain is when what concerns a whole endpoint is said once more.
	sayAgain = 10 * time.Minute
	// retireAfter is how many failures in a row retire a session, so that a
	// balancer can give us another node.
	retireAfter = 3
)

// endpoint is one base URL with its gate: what one lane learns there holds for all.
type endpoint struct {
	client *Client
	url    string

	// The gate, guarded by client.mu.
	fails    int       // in a row; 0: open
	paused   bool      // the last failure was one of configuration
	stopped  bool      // and one that time will not mend
	until    time.Time // closed until then
	trying   bool      // one attempt is out to see whether it opens
	healthy  bool      // health said so since the last failure
	lastFail time.Time
	said     string        // the failure that was logged last
	kind     string        // which was of this kind
	trial    time.Duration // how long it was not tried, the last time
	tryAt    time.Time     // and until when, while another endpoint is open
	saidAck  time.Time     // that acknowledgments are missing
	saidIDs  time.Time     // that ids came again

	acked atomic.Bool // it gives acknowledgments
	heard atomic.Bool // it has answered to events

	mu      sync.Mutex
	session *session // guarded by mu
}

func newEndpoint(c *Client, url string) *endpoint {
	e := &endpoint{client: c, url: url}
	e.session = newSession(e, newChannel(), nil)
	return e
}

// current is the session that new batches go through.
func (e *endpoint) current() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session
}

// retire begins a new session in place of old: channel, cookies and connections
// together. Acknowledgments of the old one are still asked for there.
func (e *endpoint) retire(old *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.session == old {
		e.session = newSession(e, newChannel(), nil)
		old.http.CloseIdleConnections()
	}
}

// recount retires a session in which an id has come again.
func (e *endpoint) recount(s *session) {
	e.retire(s)
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); e.saidIDs.IsZero() || now.Sub(e.saidIDs) >= sayAgain {
		e.saidIDs = now
		c.log.Warn("an ackId came twice: what waits for its acknowledgment will be sent again", "url", e.url,
			"hint", "turn on sticky sessions if this is a load balancer; a receiver that has restarted needs nothing")
	}
}

// route returns an endpoint to send to, and waits while every gate is closed.
func (c *Client) route(ctx context.Context) (*endpoint, error) {
	for {
		c.mu.Lock()
		now := time.Now()
		e, wait := c.pick(now)
		changed := c.changed
		c.mu.Unlock()
		if e != nil && ctx.Err() != nil {
			c.release(e)
			return nil, ctx.Err()
		}
		if e != nil {
			return e, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-timer.C:
		case <-changed:
			timer.Stop()
		}
	}
}

// pick chooses the first open endpoint. One that failed comes back by a single
// attempt: if another is open, only after its health check has passed.
// Otherwise it returns how long to wait. c.mu is held.
func (c *Client) pick(now time.Time) (*endpoint, time.Duration) {
	var open *endpoint
	for _, e := range c.endpoints {
		if e.fails == 0 && !now.Before(e.until) {
			open = e
			break
		}
	}
	wait := retryMost
	for _, e := range c.endpoints {
		if e == open {
			break
		}
		if e.trying || open != nil && now.Before(e.tryAt) {
			continue
		}
		if left := e.until.Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		e.trying = true
		if open == nil || e.healthy {
			return e, 0
		}
		c.background(func(ctx context.Context) { c.examine(ctx, e) })
	}
	return open, wait
}

// examine asks a failed endpoint for its health while another does its work.
func (c *Client) examine(ctx context.Context, e *endpoint) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	s := e.current()
	r, err := s.health(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	e.trying = false
	// A token or an index is not tried by health: only a POST can tell.
	if err == nil && (r.verdict() == accept || r.verdict() == pause) {
		e.healthy = true
	} else {
		e.close(s, r.retryAfter)
	}
	c.moved()
}

// succeeded opens the gate.
func (c *Client) succeeded(e *endpoint, v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.fails > 0 {
		c.log.Info("endpoint takes events again", "url", e.url)
	}
	if e.fails > 0 || e.trying {
		c.moved()
	}
	e.fails, e.trying, e.paused, e.stopped, e.healthy, e.until, e.said = 0, false, false, false, false, time.Time{}, ""
	e.kind, e.trial, e.tryAt = "", 0, time.Time{}
	if v == slow {
		e.until = time.Now().Add(slowPause)
	}
}

// failed closes the gate. It reports whether every endpoint now waits for a
// person, and whether each does in vain.
func (c *Client) failed(e *endpoint, s *session, started time.Time, f failure) (allPaused, allStopped bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	// Of the attempts that were out together only the first counts.
	if e.trying || e.fails == 0 || started.After(e.lastFail) {
		if time.Since(started) >= slowTrial && c.another(e) {
			e.trial = min(max(2*e.trial, trialFirst), trialMost)
			e.tryAt = time.Now().Add(e.trial)
		}
		e.trying = false
		e.paused, e.stopped = f.pause, f.stop
		e.close(s, f.after)
		c.moved()
	}
	e.say(f)
	allPaused, allStopped = true, true
	for _, o := range c.endpoints {
		allPaused = allPaused && o.paused
		allStopped = allStopped && o.stopped
	}
	return allPaused, allStopped
}

// another reports whether an endpoint other than e is open. c.mu is held.
func (c *Client) another(e *endpoint) bool {
	return slices.ContainsFunc(c.endpoints, func(o *endpoint) bool { return o != e && o.fails == 0 })
}

// say logs a failure, once while it stays the same. client.mu is held.
func (e *endpoint) say(f failure) {
	kind := f.kind
	if kind == "" {
		kind = f.reason
	}
	if kind == e.kind {
		return
	}
	e.said, e.kind = f.reason, kind
	about := []any{"url", e.url, "reason", f.reason}
	if f.way != "" {
		about = append(about, "hint", f.way)
	}
	if f.pause {
		e.client.log.Error("delivery waits, nothing is lost", about...)
	} else {
		e.client.log.Warn("endpoint does not take events, trying again", about...)
	}
}

// close counts a failure of a session and sets how long the gate stays closed.
// client.mu is held.
func (e *endpoint) close(s *session, after time.Duration) {
	e.fails++
	e.healthy = false
	e.lastFail = time.Now()
	first, most := retryFirst, retryMost
	if e.paused {
		first, most = pauseFirst, pauseMost
	}
	wait := most
	if n := e.fails - 1; n < 10 {
		wait = min(first<<n, most)
	}
	if !e.paused && wait < most {
		wait += rand.N(wait/4 + 1)
	}
	e.until = e.lastFail.Add(min(max(wait, after), most))
	if e.fails%retireAfter == 0 {
		e.retire(s)
	}
}

// moved wakes the lanes that wait at a gate. c.mu is held.
func (c *Client) moved() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// release gives up an attempt without a verdict.
func (c *Client) release(e *endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.trying {
		e.trying = false
		c.moved()
	}
}
