package scs

import (
	"context"
	"errors"
	"time"

	"ollama-hec/hec"
	"ollama-hec/sourcetypes/batch"
)

// Deliver sends a batch in as many requests as the limits of the service ask for, one
// after the other, and blocks until all of it is accepted. Events that are rejected
// for good become dead letters. It tries without end; it returns an error only if ctx
// ends, or with FailFast a *hec.ConfigError where a person has to do something.
func (c *Client) Deliver(ctx context.Context, b *batch.Batch) error {
	put := func(_ int, l hec.DeadLetter) error { return hec.KeepDeadLetter(c.cfg.DeadLetters, l) }
	d := delivery{client: c, put: put, streaks: true}
	_, err := d.deliver(ctx, b)
	return err
}

// Redeliver is Deliver for events that were rejected before. Those rejected again are
// given to refused, with their number in b, however many they are. Up to settled the
// events are accepted or refused: with an error that may be less than all.
func (c *Client) Redeliver(
	ctx context.Context, b *batch.Batch, refused func(int, hec.DeadLetter),
) (settled int, err error) {
	d := delivery{client: c, put: func(i int, l hec.DeadLetter) error { refused(i, l); return nil }}
	return d.deliver(ctx, b)
}

// delivery is one batch on its way.
type delivery struct {
	client  *Client
	batch   *batch.Batch
	text    []byte // of its events, one after another
	put     func(int, hec.DeadLetter) error
	streaks bool // too many rejections in a row stop it
}

// span is a run of the batch's events, from the first on and below the last.
type span struct{ from, to int }

func (d *delivery) deliver(ctx context.Context, b *batch.Batch) (settled int, err error) {
	d.batch = b
	if d.text, err = b.Text(); err != nil {
		return 0, err
	}
	open := withinLimits(b)
	for len(open) > 0 {
		more, err := d.send(ctx, open[0])
		if err != nil {
			return open[0].from, err
		}
		open = append(more, open[1:]...)
	}
	b.Answered()
	d.client.stats.delivered(b)
	return b.Len(), nil
}

// withinLimits cuts a batch into spans that the service takes in one request. An event
// that is too large by itself gets a span of its own: the service has the last word.
func withinLimits(b *batch.Batch) (spans []span) {
	from, size := 0, 2 // of the brackets
	for i := range b.Len() {
		event := int(b.Ends[i]) - b.Start(i) + 1 // and a comma
		if i > from && (size+event > MaxBytes || i-from == MaxEvents) {
			spans = append(spans, span{from, i})
			from, size = i, 2
		}
		size += event
	}
	if from < b.Len() {
		spans = append(spans, span{from, b.Len()})
	}
	return spans
}

// array is the body of a request with the events of a span.
func (d *delivery) array(s span) []byte {
	b := d.batch
	body := make([]byte, 0, int(b.Ends[s.to-1])-b.Start(s.from)+s.to-s.from+2)
	for i := s.from; i < s.to; i++ {
		body = append(append(body, ','), d.text[b.Start(i):b.Ends[i]]...)
	}
	body[0] = '['
	return append(body, ']')
}

// send posts a span until it is answered for good, and returns what of it is still to
// be sent.
func (d *delivery) send(ctx context.Context, s span) (more []span, err error) {
	c := d.client
	body := d.array(s)
	renewed := false
	for {
		a, err := c.attempt(ctx, body)
		if err != nil {
			return nil, err
		}
		if a.failed != nil {
			if err := c.wait(a.round, *a.failed); err != nil {
				return nil, err
			}
			continue
		}
		switch r := a.reply; r.row().ask {
		case accept:
			c.first.Do(func() { c.log.Info("first events are accepted", "tenant", c.cfg.Tenant) })
			c.gate.success()
			c.rejects.end()
			return nil, nil
		case split, isolate:
			return d.divide(a, s)
		default:
			if r.status == 401 && !renewed && c.cfg.Credentials.Rejected(a.token) {
				renewed = true
				c.gate.release(a.round)
				continue
			}
			if err := c.wait(a.round, refusal(r)); err != nil {
				return nil, err
			}
		}
	}
}

// attempt is one try to send a body.
type attempt struct {
	round  int
	token  string
	reply  *reply
	failed *failure // why there is no reply; nil: there is one
}

// attempt posts a body when the gate lets it. An error means that ctx has ended.
func (c *Client) attempt(ctx context.Context, body []byte) (a attempt, err error) {
	var with *caller
	select {
	case with = <-c.callers:
		defer func() { c.callers <- with }()
	case <-ctx.Done():
		return a, ctx.Err()
	}
	if a.round, err = c.gate.pass(ctx); err != nil {
		return a, err
	}
	if a.token, err = c.token(ctx); err != nil {
		return c.unsent(ctx, a, err)
	}
	started := time.Now()
	done, err := with.postEvents(ctx, c.cfg.Timeout, a.token, body)
	c.stats.posted(len(body), &done)
	if err != nil {
		return c.unsent(ctx, a, err)
	}
	if c.cfg.Observer != nil {
		c.cfg.Observer.Posted(time.Since(started))
	}
	a.reply = done.reply
	return a, nil
}

// unsent ends an attempt without a reply.
func (c *Client) unsent(ctx context.Context, a attempt, err error) (attempt, error) {
	if ctx.Err() != nil {
		c.gate.release(a.round)
		return a, ctx.Err()
	}
	f := failureOf(err)
	a.failed = &f
	return a, nil
}

// token is the access token for the next request, asked for within a request's time.
func (c *Client) token(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	return c.cfg.Credentials.Token(ctx, c.transport)
}

// failureOf says why there was no reply.
func failureOf(err error) failure {
	var credentials *credentialsError
	if errors.As(err, &credentials) {
		f := failure{reason: credentials.reason, hint: credentials.hint, ask: retry}
		if credentials.pause {
			f.ask = pause
		}
		return f
	}
	return failure{reason: hec.PlainError(err), hint: hintOf(err), ask: retry}
}

// refusal is the failure that a reply means.
func refusal(r *reply) failure {
	verdict := r.row()
	f := failure{reason: r.String(), hint: verdict.hint, ask: verdict.ask, after: r.retryAfter}
	if !r.ours {
		f.kind = r.key() // its text may tell the time
	}
	return f
}

// wait closes the gate; the next attempt waits at it. With FailFast it is an error to
// wait for a person.
func (c *Client) wait(round int, f failure) error {
	c.gate.fail(round, f)
	if c.cfg.FailFast && (f.ask == pause || f.ask == unclear) {
		return &hec.ConfigError{Endpoint: c.Destination(), Reason: f.reason, Hint: f.hint}
	}
	return nil
}
