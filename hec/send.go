package hec

import (
	"context"
	"errors"
	"time"
)

// attempt is one POST.
type attempt struct {
	endpoint *endpoint
	pass     pass
	session  *session
	part     part   // what was posted
	rest     []part // what was to be posted, too, and was kept back
	reply    reply
	ack      *ack   // to expect; nil: none
	leave    func() // to be called when the reply has been judged
}

// send posts one part until it is answered for good. It returns what of it is
// still to be sent, and the acknowledgment to wait for, if any.
func (d *delivery) send(ctx context.Context, p part) (more []part, a pendingPart, err error) {
	for {
		t, err := d.client.attempt(ctx, p)
		if ctx.Err() != nil && err != nil {
			t.end(a)
			return nil, a, ctx.Err()
		}
		done, more, a, err := d.judge(t, err)
		t.end(a)
		if done || err != nil {
			return more, a, err
		}
	}
}

// end is called when the reply has been judged.
func (t *attempt) end(a pendingPart) {
	t.leave()
	if t.session != nil && a.ack == nil {
		t.session.endpoint.checkIn(t.session, false)
	}
}

// judge does what the answer to an attempt asks for. It reports whether what was
// posted is answered for good.
func (d *delivery) judge(t *attempt, err error) (done bool, more []part, a pendingPart, _ error) {
	c, r := d.client, &t.reply
	if err != nil {
		return false, nil, a, c.pause(t, failureOf(t.endpoint, err, r.sent))
	}
	v := c.verdict(r)
	if c.hecAnswered(r) {
		c.proved(t.endpoint)
	}
	switch v {
	case accept, slow:
		if !r.hec() {
			c.stats.withoutCode.Add(1)
		}
		if a = c.expect(t, t.part); a.ack == nil {
			c.trust(t.endpoint)
		}
		c.accepted(t.endpoint, v)
		c.answeredInTime(t)
		return true, t.rest, a, nil
	case split, isolate:
		more, a, err = d.divide(t, t.part)
		return true, append(more, t.rest...), a, err
	case noAck:
		t.endpoint.ackMissing("the token's acknowledgment is switched off")
	}
	if source, ok := c.cfg.Token.(interface{ Rejected() }); ok && v == pause && r.token() {
		source.Rejected()
	}
	return false, nil, a, c.pause(t, refusal(r))
}

// hecAnswered reports whether HEC has answered a POST of events, whatever it said.
func (c *Client) hecAnswered(r *reply) bool {
	return r.hec() && r.verdict() != doubt || c.verdict(r) == accept
}

// verdict is the verdict on a reply, as it is configured.
func (c *Client) verdict(r *reply) verdict {
	v := r.verdict()
	if v == doubt && c.cfg.AcceptWithoutCode && r.stripped() {
		return accept
	}
	return v
}

// attempt posts a part to the endpoint whose turn it is, when there is a slot for
// it; one event of it where more could come twice.
func (c *Client) attempt(ctx context.Context, p part) (t *attempt, err error) {
	t = &attempt{leave: func() {}}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return t, ctx.Err()
	}
	for {
		if t.endpoint, t.pass, err = c.acquire(ctx); err != nil {
			return t, err
		}
		if t.session, err = t.endpoint.checkOut(ctx); err != nil {
			c.release(t.endpoint, t.pass)
			return t, err
		}
		leave, err := t.session.enter(ctx)
		if err != nil {
			c.release(t.endpoint, t.pass)
			if errors.Is(err, errNotSent) {
				continue
			}
			return t, err
		}
		if !c.lets(t.endpoint, t.pass) {
			leave()
			t.endpoint.checkIn(t.session, false)
			continue
		}
		t.leave = leave
		if err := t.take(p, c.portionOf(t, p)); err != nil {
			c.release(t.endpoint, t.pass)
			return t, err
		}
		return t, c.post(ctx, t)
	}
}

// portionOf is how many events of a part the endpoint gets at once.
func (c *Client) portionOf(t *attempt, p part) int {
	if t.pass.single {
		return 1
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return t.endpoint.portion.of(p.b.Ends)
}

// take keeps back what is more than some events of a part.
func (t *attempt) take(p part, some int) error {
	t.part, t.rest = p, nil
	n := p.b.Len()
	if some >= n {
		return nil
	}
	ps, err := parts(p, 0, some, some, n)
	if err != nil {
		return err
	}
	t.part, t.rest = ps[0], ps[1:]
	return nil
}

// post posts what the attempt took, and counts it.
func (c *Client) post(ctx context.Context, t *attempt) (err error) {
	b := t.part.b
	t.reply, t.ack, err = t.session.post(ctx, b.Body, b.Gzip)
	c.stats.posted(b, t.reply, err)
	switch {
	case err == nil:
		c.cfg.Observer.Posted(time.Since(t.pass.started))
	case ctx.Err() != nil:
		c.release(t.endpoint, t.pass)
		return ctx.Err()
	}
	if err != nil && t.reply.sent || err == nil && t.reply.ambiguous() && c.verdict(&t.reply) != accept {
		c.stats.ambiguous.Add(1)
	}
	return err
}

// pause closes the endpoint's gate, at which the next attempt waits. It is an
// error if every endpoint waits for a person and trying again cannot help, or with
// FailFast if every one waits.
func (c *Client) pause(t *attempt, f failure) error {
	paused, stopped := c.failed(t, f)
	if stopped || paused && c.cfg.FailFast {
		return &ConfigError{t.endpoint.url, f.reason, f.hint}
	}
	return nil
}

// answeredInTime notes that a gateway had time enough.
func (c *Client) answeredInTime(t *attempt) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t.endpoint.portion.inTime(t.part.b.Size)
}

// proved notes that HEC itself has answered.
func (c *Client) proved(e *endpoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e.gate.prove()
}

// accepted notes that the endpoint accepted events.
func (c *Client) accepted(e *endpoint, v verdict) {
	c.first.Do(func() { c.log.Info("first events are accepted", "url", e.url) })
	c.taken(e, v)
	c.mu.Lock()
	c.rejected = 0
	c.mu.Unlock()
}
