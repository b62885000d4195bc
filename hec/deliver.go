package hec

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ollama-hec/sourcetypes/batch"
)

// PendingError is what Deliver returns when it is cancelled after the batch was
// answered and before it was acknowledged: Recall can ask for it later.
type PendingError struct{ Receipts []Receipt }

func (e *PendingError) Error() string {
	return fmt.Sprintf("%d acknowledgments outstanding", len(e.Receipts))
}

// ConfigError is a failure that only a person can fix.
type ConfigError struct{ Endpoint, Reason, Hint string }

func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s: %s: %s", e.Endpoint, e.Reason, e.Hint)
}

// Deliver sends a batch and blocks until it is the receiver's responsibility:
// acknowledged, or answered where the endpoint does not acknowledge. Events
// that no endpoint takes become dead letters. It tries without end; it returns
// an error only if ctx ends (ctx.Err or a *PendingError) or if nothing but a
// person can help (*ConfigError; with FailFast also for what a person could fix
// meanwhile).
func (c *Client) Deliver(ctx context.Context, b *batch.Batch) error {
	put := func(_ int, l DeadLetter) error { return KeepDeadLetter(c.cfg.DeadLetters, l) }
	d := delivery{client: c, pauseOnRejects: true, put: put}
	_, err := d.deliver(ctx, b)
	return err
}

// Redeliver is Deliver for events that were rejected before. Those rejected
// again are given to refused, with their number in b, instead of becoming dead
// letters, and however many they are. Up to settled the events are taken or
// refused: with an error that may be less than all.
func (c *Client) Redeliver(
	ctx context.Context, b *batch.Batch, refused func(int, DeadLetter),
) (settled int, err error) {
	d := delivery{client: c, put: func(i int, l DeadLetter) error { refused(i, l); return nil }}
	return d.deliver(ctx, b)
}

// delivery is one batch on its way.
type delivery struct {
	client         *Client
	put            func(int, DeadLetter) error // keeps a rejected event, by its number in the batch
	pauseOnRejects bool                        // too many rejections in a row stop it
}

// part is a part of a batch that has to be answered by itself.
type part struct {
	b    *batch.Batch
	from int // its first event in the batch delivered
	lost int // how often no acknowledgment came for it
	late int // of these, how often because AckTimeout was over
}

// pendingPart is a part the receiver took and has yet to acknowledge.
type pendingPart struct {
	part
	ack   *ack
	alone bool // nothing else is sent until it is acknowledged
}

func (d *delivery) deliver(ctx context.Context, b *batch.Batch) (settled int, err error) {
	open := []part{{b: b}}
	for len(open) > 0 {
		var waiting []pendingPart
		for len(open) > 0 {
			more, a, err := d.send(ctx, open[0])
			if err != nil {
				return settledBefore(open, waiting), err
			}
			if a.ack != nil {
				waiting = append(waiting, a)
			}
			if open = append(more, open[1:]...); a.alone {
				break
			}
		}
		if len(open) == 0 {
			b.Answered()
		}
		lost, err := d.await(ctx, waiting)
		if open = append(lost, open...); err != nil {
			return settledBefore(open, waiting), err
		}
	}
	d.client.stats.delivered(b)
	return b.Len(), nil
}

// settledBefore is the first event that is not settled yet.
func settledBefore(open []part, waiting []pendingPart) (first int) {
	for _, a := range waiting {
		if !a.ack.acked() {
			open = append(open, a.part)
		}
	}
	for i, p := range open {
		if i == 0 || p.from < first {
			first = p.from
		}
	}
	return first
}

// await waits for acknowledgments and returns the parts for which none came.
func (d *delivery) await(ctx context.Context, waiting []pendingPart) (lost []part, err error) {
	c := d.client
	c.stats.waiting.Add(int64(len(waiting)))
	defer c.stats.waiting.Add(-int64(len(waiting)))
	for i, a := range waiting {
		err := c.acknowledged(ctx, a.ack)
		switch {
		case err == nil:
			c.cfg.Observer.Acknowledged(time.Since(a.ack.posted))
			continue
		case errors.Is(err, errNoAck), errors.Is(err, errNeverAck):
		default:
			return lost, leave(ctx, len(lost) > 0, waiting[i:])
		}
		p, err := d.lost(a, err)
		lost = append(lost, p)
		if err != nil {
			return lost, err
		}
	}
	return lost, nil
}

// lateMost is how often an acknowledgment of one part may be late until delivery
// stops sending it whole.
const lateMost = 2

// lost is the part to send again after its acknowledgment did not come. Where that
// happens again and again it would without end: then the endpoint is not trusted
// with more than one event until an acknowledgment comes.
func (d *delivery) lost(a pendingPart, why error) (p part, err error) {
	c, s := d.client, a.ack.session
	e := s.endpoint
	e.retire(s)
	a.ack.cancel()
	c.stats.ackTimeouts.Add(1)
	p = a.part
	p.lost++
	if errors.Is(why, errNoAck) {
		p.late++
	}
	if p.late <= lateMost { // what comes then was said
		c.log.Warn(why.Error(), "url", e.url, "events", p.b.Len(),
			"hint", "nothing is lost, and some events may come twice; if it stays so look at the indexing queues in Splunk")
	}
	switch {
	case p.late >= lateMost:
		f := failure{
			reason: "acknowledgments do not come, though events are answered", pause: true, doubt: true,
			hint: "look at the indexing queues in Splunk, and turn on sticky sessions if there is a load balancer " +
				"in front of HEC; until one comes one event at a time is tried. ACK=off takes the reply as delivered",
		}
		if c.distrust(e, f) && c.cfg.FailFast {
			return p, &ConfigError{e.url, f.reason, f.hint}
		}
	case p.late > 0, p.lost > 1:
		e.spreadOut("acknowledgments do not come")
	}
	return p, nil
}

// leave ends waiting. If nothing has to be sent again, it returns the acknowledgments
// still to come, which a later run can ask for; nil: all have come.
func leave(ctx context.Context, lost bool, waiting []pendingPart) error {
	var acks []*ack
	for _, a := range waiting {
		acks = append(acks, a.ack)
	}
	open, dropped := stopPolling(acks)
	switch {
	case lost, dropped:
		return ctx.Err()
	case len(open) == 0:
		return nil
	}
	pending := new(PendingError)
	for _, a := range open {
		pending.Receipts = append(pending.Receipts, receiptOf(a))
	}
	return pending
}

// expect begins to wait for the acknowledgment of a part if there is to be one.
func (c *Client) expect(t *attempt, p part) pendingPart {
	e := t.endpoint
	switch {
	case c.cfg.Ack == AckOff:
	case t.ack != nil:
		e.acks.Store(true)
		t.session.expect(t.ack)
		return pendingPart{p, t.ack, t.pass.unacked && !c.anotherUp(e)}
	case e.acks.Load():
		e.ackMissing("the replies carry no ackId any more")
	case c.cfg.Ack == AckOn:
		e.ackMissing("ACK=on, but the reply carries no ackId")
	}
	return pendingPart{}
}
