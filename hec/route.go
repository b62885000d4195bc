package hec

import (
	"context"
	"slices"
	"time"
)

// leastHealthTimeout bounds a health check, which may take a third of what events may, if that is more.
const leastHealthTimeout = 5 * time.Second

// acquire returns an endpoint to send to, and waits while every gate is closed.
func (c *Client) acquire(ctx context.Context) (*endpoint, pass, error) {
	for {
		c.mu.Lock()
		e, p, wait := c.chooseLocked(time.Now())
		changed := c.changed
		c.mu.Unlock()
		if e != nil && ctx.Err() != nil {
			c.release(e, p)
			return nil, p, ctx.Err()
		}
		if e != nil {
			return e, p, nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, p, ctx.Err()
		case <-timer.C:
		case <-changed:
			timer.Stop()
		}
	}
}

// chooseLocked chooses the first open endpoint. One that failed comes back by a
// single attempt: if another is open, only after its health check has passed.
// Otherwise it returns how long to wait.
func (c *Client) chooseLocked(now time.Time) (chosen *endpoint, p pass, wait time.Duration) {
	var open *endpoint
	if i := slices.IndexFunc(c.endpoints, func(e *endpoint) bool { return e.gate.flows(now) }); i >= 0 {
		open = c.endpoints[i]
	}
	wait = paces[gateBackoff].most
	for _, e := range c.endpoints {
		g := &e.gate
		if e == open {
			break
		}
		if g.busy() || open != nil && now.Before(g.spareUntil) {
			continue
		}
		left := g.until.Sub(now)
		switch {
		case g.state == gateHealthy, left <= 0 && open == nil:
			return e, g.pass(now), 0
		case left <= 0 && g.state != gateDoubtful, g.checks(now), open != nil && g.retries(now):
			g.tell(sigCheck)
			c.background(func(ctx context.Context) { c.probe(ctx, e) })
		case left > 0:
			wait = min(wait, left)
		}
	}
	if open == nil {
		return nil, p, wait
	}
	return open, open.gate.pass(now), 0
}

// probe asks a failed endpoint for its health while another does its work.
func (c *Client) probe(ctx context.Context, e *endpoint) {
	ctx, cancel := context.WithTimeout(ctx, max(leastHealthTimeout, c.cfg.Timeout/3))
	defer cancel()
	s := e.current()
	r, err := s.health(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && promising(e.gate.cause, &r) {
		e.gate.tell(sigHealthy)
	} else if e.gate.state == gateChecking {
		e.gate.sick(r.retryAfter, time.Now())
		e.leaveNode(s)
	}
	c.wakeLocked()
}

// promising reports whether an answer to a health check makes it worth to try
// events. A token or an index is not tried by health: only a POST can tell. Where
// something else than HEC has answered, HEC has to answer first.
func promising(closedBy state, r *reply) bool {
	switch r.healthVerdict() {
	case accept:
		return true
	case pause, doubt:
		return closedBy != gateDoubtful
	}
	return false
}

// trust notes that an endpoint is not to acknowledge what it takes.
func (c *Client) trust(e *endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.gate.trust()
}

// taken notes that an endpoint took events.
func (c *Client) taken(e *endpoint, v verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := sigTaken
	if v == slow {
		s = sigEased
	}
	if e.gate.take(s, time.Now()) {
		c.log.Info("endpoint takes events again", "url", e.url)
		c.wakeLocked()
	}
	if e.gate.up() {
		e.quietLocked()
	}
}

// failed closes the gate. It reports whether every endpoint now waits for a
// person, and whether for each of them trying again cannot help.
func (c *Client) failed(t *attempt, f failure) (allPaused, allStopped bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, now := t.endpoint, time.Now()
	if f.unclear {
		e.gate.unclear++
	}
	if e.gate.fail(t.pass, f.signal(), f.after, now) {
		if f.slow && e.portion.tooLate(t.part.b.Size) {
			f.kind += " again"
			f.hint = "raise the time-out of the gateway in front of HEC, or look at why HEC is slow: " +
				"batches are made smaller, and events may come twice"
		}
		if slices.ContainsFunc(c.endpoints, func(o *endpoint) bool { return o != e && o.gate.up() }) {
			e.gate.spared(t.pass, now)
		}
		e.leaveNode(t.session)
		c.wakeLocked()
	}
	e.logOnceLocked(f)
	allPaused, allStopped = true, true
	for _, o := range c.endpoints {
		allPaused = allPaused && o.gate.person()
		allStopped = allStopped && o.gate.cause == gateStopped
	}
	return allPaused, allStopped
}

// distrust closes the gate of an endpoint whose acknowledgments do not come. It
// reports whether every endpoint now waits for a person.
func (c *Client) distrust(e *endpoint, f failure) (allPaused bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.gate.distrust(time.Now())
	e.logOnceLocked(f)
	return !slices.ContainsFunc(c.endpoints, func(o *endpoint) bool { return !o.gate.person() })
}

// acked notes that an acknowledgment came.
func (c *Client) acked(a *ack) {
	e := a.session.endpoint
	e.checkIn(a.session, a.clean)
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.gate.ack(time.Now()) {
		c.log.Info("endpoint takes events again", "url", e.url)
		e.quietLocked()
		c.wakeLocked()
	}
}

// anotherUp reports whether an endpoint other than e takes events.
func (c *Client) anotherUp(e *endpoint) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.ContainsFunc(c.endpoints, func(o *endpoint) bool { return o != e && o.gate.up() })
}

// release gives up an attempt without a verdict.
func (c *Client) release(e *endpoint, p pass) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.gate.release(p) {
		c.wakeLocked()
	}
}

// lets reports whether an endpoint's gate still lets through the attempt with that pass: it may have
// closed since, by the first reply, while the attempt waited for its turn.
func (c *Client) lets(e *endpoint, p pass) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return e.gate.fails == p.fails
}

// wakeLocked wakes the lanes that wait at a gate.
func (c *Client) wakeLocked() {
	close(c.changed)
	c.changed = make(chan struct{})
}
