package hec

import (
	"context"
	"time"
)

// try is one attempt to send a piece.
type try struct {
	endpoint *endpoint
	session  *session
	started  time.Time
	reply    reply
	ack      *ack // to expect; nil: none
}

// send posts one piece until it is answered for good. It returns what of it is
// still to be sent, and the acknowledgment to wait for, if any.
func (d *delivery) send(ctx context.Context, p piece) (more []piece, a answered, err error) {
	for {
		t, err := d.try(ctx, p)
		switch {
		case ctx.Err() != nil && err != nil:
			return nil, a, ctx.Err()
		case err != nil:
			err = d.wait(t, failureOf(t.endpoint, err))
		default:
			r := &t.reply
			switch v := r.verdict(); v {
			case accept, slow:
				d.taken(t.endpoint, v)
				return nil, d.expect(t, p), nil
			case split, isolate:
				return d.divide(t, p)
			case noAck:
				t.endpoint.ackMissing("the token's acknowledgment is switched off")
			}
			if source, ok := d.cfg.Token.(interface{ Rejected() }); ok && r.verdict() == pause && r.token() {
				source.Rejected()
			}
			err = d.wait(t, refusal(r))
		}
		if err != nil {
			return nil, a, err
		}
	}
}

// try posts a piece to the endpoint whose turn it is, when there is a slot for it.
func (c *Client) try(ctx context.Context, p piece) (t try, err error) {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return t, ctx.Err()
	}
	for {
		if t.endpoint, err = c.route(ctx); err != nil {
			return t, err
		}
		t.session = t.endpoint.current()
		t.started = time.Now()
		t.reply, t.ack, err = t.session.post(ctx, p.b.Body, p.b.Gzip)
		if err == errNotSent {
			c.release(t.endpoint)
			continue
		}
		c.stats.posted(p.b, t.reply, err)
		switch {
		case err == nil:
			c.cfg.Observer.Posted(time.Since(t.started))
		case ctx.Err() != nil:
			c.release(t.endpoint)
			return t, ctx.Err()
		}
		if err != nil && t.reply.sent || err == nil && t.reply.ambiguous() {
			c.stats.ambiguous.Add(1)
		}
		return t, err
	}
}

// wait closes the endpoint's gate; the next route waits at it. It is an error if
// every endpoint waits for a person in vain, or with FailFast if every one waits.
func (c *Client) wait(t try, f failure) error {
	paused, stopped := c.failed(t.endpoint, t.session, t.started, f)
	if stopped || paused && c.cfg.FailFast {
		return &ConfigError{t.endpoint.url, f.reason, f.way}
	}
	return nil
}

// taken notes that the endpoint accepted events.
func (c *Client) taken(e *endpoint, v verdict) {
	c.succeeded(e, v)
	c.mu.Lock()
	c.rejected = 0
	c.mu.Unlock()
}
