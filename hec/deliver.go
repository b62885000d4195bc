package hec

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"ollama-hec/sourcetypes/batch"
)

const (
	// suspectSize is from where a batch whose first event is called bad may
	// just be too large: a Cloud stack answers 400, code 6, event 0 to that.
	// Its own limit is above 5 MB; a proxy's may be lower.
	suspectSize = 64 << 10
	// stormAt is how many events in a row may be buried before delivery waits
	// instead: so many bad events mean that something else is wrong.
	stormAt = 100
)

// PendingError is what Deliver returns when it is cancelled after the batch was
// answered and before it was acknowledged: Recall can ask for it later.
type PendingError struct{ Receipts []Receipt }

func (e *PendingError) Error() string {
	return fmt.Sprintf("%d acknowledgments outstanding", len(e.Receipts))
}

// ConfigError is a failure that only a person can mend.
type ConfigError struct{ Endpoint, Reason, Way string }

func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s answered %s: %s", e.Endpoint, e.Reason, e.Way)
}

// piece is a part of a batch that has to be answered by itself.
type piece struct{ b *batch.Batch }

// Deliver sends a batch and blocks until it is the receiver's responsibility:
// acknowledged, or answered where the endpoint does not acknowledge. Events
// that no endpoint takes are buried. It tries without end; it returns an error
// only if ctx ends (ctx.Err or a *PendingError) or if nothing but a person can
// help (*ConfigError; with FailFast also for what a person could mend meanwhile).
func (c *Client) Deliver(ctx context.Context, b *batch.Batch) error {
	open := []piece{{b}}
	for len(open) > 0 {
		var waiting []answered
		for len(open) > 0 {
			more, a, err := c.send(ctx, open[0])
			if err != nil {
				return err
			}
			if a.ack != nil {
				waiting = append(waiting, a)
			}
			open = append(more, open[1:]...)
		}
		b.Answered()
		var err error
		if open, err = c.await(ctx, waiting); err != nil {
			return err
		}
	}
	c.stats.delivered(b)
	return nil
}

// answered is a piece the receiver took and has yet to acknowledge.
type answered struct {
	piece
	ack *ack
}

// await waits for acknowledgments and returns the pieces for which none came.
func (c *Client) await(ctx context.Context, waiting []answered) (lost []piece, err error) {
	c.stats.waiting.Add(int64(len(waiting)))
	defer c.stats.waiting.Add(-int64(len(waiting)))
	for i, a := range waiting {
		timeout := time.NewTimer(time.Until(a.ack.posted.Add(c.cfg.AckTimeout)))
		defer timeout.Stop()
		select {
		case <-a.ack.done:
			c.cfg.Observer.Acknowledged(time.Since(a.ack.posted))
		case <-timeout.C:
			a.ack.forget()
			a.ack.session.endpoint.retire(a.ack.session)
			c.stats.ackTimeouts.Add(1)
			c.log.Warn("no acknowledgment in time, sending again", "url", a.ack.session.endpoint.url, "events", a.b.Len())
			lost = append(lost, a.piece)
		case <-ctx.Done():
			if len(lost) > 0 {
				return nil, ctx.Err()
			}
			return nil, pendingError(waiting[i:])
		}
	}
	return lost, nil
}

// send posts one piece until it is answered for good. It returns what of it is
// still to be sent, and the acknowledgment to wait for, if any.
func (c *Client) send(ctx context.Context, p piece) (more []piece, a answered, err error) {
	for {
		e, err := c.route(ctx)
		if err != nil {
			return nil, a, err
		}
		s := e.current()
		started := time.Now()
		r, err := s.post(ctx, p.b.Body, p.b.Gzip)
		if err == errNotSent {
			c.release(e)
			continue
		}
		c.stats.posted(p.b, r, err)
		if err == nil {
			c.cfg.Observer.Posted(time.Since(started))
		}
		if err != nil {
			if ctx.Err() != nil {
				c.release(e)
				return nil, a, ctx.Err()
			}
			if !dialFailed(err) {
				c.stats.ambiguous.Add(1)
			}
			if err := c.wait(e, s, started, failureOf(err)); err != nil {
				return nil, a, err
			}
			continue
		}
		switch v := r.verdict(); v {
		case accept, slow:
			c.taken(e, v)
			return nil, c.expect(s, p, r), nil
		case split, isolate:
			c.succeeded(e, v)
			return c.divide(s, started, p, r)
		case retry:
			if r.status == 500 {
				c.stats.ambiguous.Add(1)
			}
			if err := c.wait(e, s, started, failure{reason: r.String(), after: r.retryAfter}); err != nil {
				return nil, a, err
			}
		case stop:
			c.release(e)
			return nil, a, &ConfigError{e.url, r.String(), r.way()}
		default: // pause, and a code that makes no sense here
			if source, ok := c.cfg.Token.(interface{ Rejected() }); ok && r.token() {
				source.Rejected()
			}
			if err := c.wait(e, s, started, failure{reason: r.String(), way: r.way(), pause: true, after: r.retryAfter}); err != nil {
				return nil, a, err
			}
		}
	}
}

// wait closes the endpoint's gate; the next route waits at it. With FailFast it
// is an error if every endpoint waits for a person.
func (c *Client) wait(e *endpoint, s *session, started time.Time, f failure) error {
	if c.failed(e, s, started, f) && c.cfg.FailFast {
		return &ConfigError{e.url, f.reason, f.way}
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

// expect begins to wait for the acknowledgment of a piece if there is to be one.
func (c *Client) expect(s *session, p piece, r reply) answered {
	switch {
	case c.cfg.Ack == AckOff:
	case r.AckID != nil:
		return answered{p, s.expect(*r.AckID)}
	case c.cfg.Ack == AckOn:
		c.ackDisabled(s.endpoint, "ACK=on, but the reply carries no ackId")
	}
	return answered{}
}

// divide takes a piece apart that was refused for one of its events or for its
// size. The event at fault is buried; what stands before it was taken. If it
// cannot be buried it is sent again, once the gate lets it.
func (c *Client) divide(s *session, started time.Time, p piece, r reply) (more []piece, a answered, err error) {
	n := p.b.Len()
	bad := -1
	if r.Invalid != nil && *r.Invalid >= 0 && *r.Invalid < n && r.verdict() == isolate {
		bad = *r.Invalid
	}
	switch {
	case n == 1:
		bad = 0
	case bad < 0, bad == 0 && *r.Code == 6 && p.b.Size >= suspectSize:
		more, err = parts(p, 0, n/2, n/2, n)
		return more, a, err
	}
	if bad > 0 {
		taken, err := parts(p, 0, bad)
		if err != nil {
			return nil, a, err
		}
		if r.AckID == nil && s.acks.given.Load() {
			// The receiver acknowledges what it takes, and this it did not.
			more = taken
		} else {
			c.taken(s.endpoint, accept)
			a = c.expect(s, taken[0], r)
		}
	}
	rest := bad + 1
	if f, err := c.bury(s, p, bad, r); err != nil {
		return nil, a, err
	} else if f != nil {
		rest = bad
		if err := c.wait(s.endpoint, s, started, *f); err != nil {
			return nil, a, err
		}
	}
	if rest < n {
		after, err := parts(p, rest, n)
		if err != nil {
			return nil, a, err
		}
		more = append(more, after...)
	}
	return more, a, nil
}

// parts cuts a piece at pairs of bounds.
func parts(p piece, bounds ...int) (ps []piece, err error) {
	for i := 0; i < len(bounds); i += 2 {
		b, err := batch.Part(p.b, bounds[i], bounds[i+1])
		if err != nil {
			return nil, err
		}
		ps = append(ps, piece{b})
	}
	return ps, nil
}

// bury puts one event away for good. A failure means that it is not: that would
// be the fate of too many, or there is no room to keep it.
func (c *Client) bury(s *session, p piece, i int, r reply) (*failure, error) {
	c.mu.Lock()
	storm := c.rejected >= stormAt
	c.mu.Unlock()
	if storm {
		return &failure{
			reason: fmt.Sprintf("%d events in a row were rejected, the last with %s", stormAt, &r),
			way:    "look at the dead letters and at what stands between here and Splunk",
			pause:  true,
		}, nil
	}
	text, err := p.b.Text()
	if err != nil {
		return nil, err
	}
	letter := Letter{Event: text[p.b.Start(i):p.b.Ends[i]], Reason: r.String(), Endpoint: s.endpoint.url}
	if r.Code != nil {
		letter.Reason, letter.Code = r.Text, *r.Code
	}
	if err := c.cfg.DeadLetters.Bury(letter); err != nil {
		return &failure{
			reason: fmt.Sprintf("an event was rejected (%s) and cannot be kept: %v", &r, err),
			way:    "make room in STATE_DIR, or list and drop dead letters",
			pause:  true,
		}, nil
	}
	c.mu.Lock()
	c.rejected++
	c.mu.Unlock()
	c.stats.buried.Add(1)
	c.log.Warn("event rejected, kept as a dead letter", "url", s.endpoint.url, "reason", r.String())
	return nil, nil
}

// failureOf says why there was no reply.
func failureOf(err error) failure {
	var token *tokenError
	if errors.As(err, &token) {
		return failure{reason: err.Error(), way: "make TOKEN_FILE readable", pause: true}
	}
	return failure{reason: plainError(err)}
}

func dialFailed(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
