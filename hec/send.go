package hec

import (
	"context"
	"time"
)

// attempt is one POST of a part.
type attempt struct {
	endpoint *endpoint
	pass     pass
	session  *session
	reply    reply
	ack      *ack // to expect; nil: none
}

// send posts one part until it is answered for good. It returns what of it is
// still to be sent, and the acknowledgment to wait for, if any.
func (d *delivery) send(ctx context.Context, p part) (more []part, a pendingPart, err error) {
	c := d.client
	for {
		t, err := c.attempt(ctx, p)
		switch {
		case ctx.Err() != nil && err != nil:
			return nil, a, ctx.Err()
		case err != nil:
			err = c.pause(t, failureOf(t.endpoint, err))
		default:
			r := &t.reply
			switch v := r.verdict(); v {
			case accept, slow:
				c.accepted(t.endpoint, v)
				return nil, c.expect(t, p), nil
			case split, isolate:
				return d.divide(t, p)
			case noAck:
				t.endpoint.ackMissing("the token's acknowledgment is switched off")
			}
			if source, ok := c.cfg.Token.(interface{ Rejected() }); ok && r.verdict() == pause && r.token() {
				source.Rejected()
			}
			err = c.pause(t, refusal(r))
		}
		if err != nil {
			return nil, a, err
		}
	}
}

// attempt posts a part to the endpoint whose turn it is, when there is a slot for it.
func (c *Client) attempt(ctx context.Context, p part) (t *attempt, err error) {
	t = new(attempt)
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
		t.session = t.endpoint.current()
		t.reply, t.ack, err = t.session.post(ctx, p.b.Body, p.b.Gzip)
		if err == errNotSent {
			c.release(t.endpoint, t.pass)
			continue
		}
		c.stats.posted(p.b, t.reply, err)
		switch {
		case err == nil:
			c.cfg.Observer.Posted(time.Since(t.pass.started))
		case ctx.Err() != nil:
			c.release(t.endpoint, t.pass)
			return t, ctx.Err()
		}
		if err != nil && t.reply.sent || err == nil && t.reply.ambiguous() {
			c.stats.ambiguous.Add(1)
		}
		return t, err
	}
}

// pause closes the endpoint's gate, at which the next attempt waits. It is an
// error if every endpoint waits for a person in vain, or with FailFast if every
// one waits.
func (c *Client) pause(t *attempt, f failure) error {
	paused, stopped := c.failed(t, f)
	if stopped || paused && c.cfg.FailFast {
		return &ConfigError{t.endpoint.url, f.reason, f.hint}
	}
	return nil
}

// accepted notes that the endpoint accepted events.
func (c *Client) accepted(e *endpoint, v verdict) {
	c.taken(e, v)
	c.mu.Lock()
	c.rejected = 0
	c.mu.Unlock()
}
