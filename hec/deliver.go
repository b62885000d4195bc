package hec

import (
	"context"
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

// ConfigError is a failure that only a person can mend.
type ConfigError struct{ Endpoint, Reason, Hint string }

func (e *ConfigError) Error() string {
	return fmt.Sprintf("%s answered %s: %s", e.Endpoint, e.Reason, e.Hint)
}

// Deliver sends a batch and blocks until it is the receiver's responsibility:
// acknowledged, or answered where the endpoint does not acknowledge. Events
// that no endpoint takes are buried. It tries without end; it returns an error
// only if ctx ends (ctx.Err or a *PendingError) or if nothing but a person can
// help (*ConfigError; with FailFast also for what a person could mend meanwhile).
func (c *Client) Deliver(ctx context.Context, b *batch.Batch) error {
	d := delivery{Client: c, storms: true, bury: func(_ int, l Letter) error { return c.cfg.DeadLetters.Bury(l) }}
	_, err := d.deliver(ctx, b)
	return err
}

// Redeliver is Deliver for events that were rejected before. Those rejected
// again are given to refused, with their number in b, instead of being buried,
// and however many they are. Up to settled the events are taken or refused:
// with an error that may be less than all.
func (c *Client) Redeliver(ctx context.Context, b *batch.Batch, refused func(int, Letter)) (settled int, err error) {
	d := delivery{Client: c, bury: func(i int, l Letter) error { refused(i, l); return nil }}
	return d.deliver(ctx, b)
}

// delivery is one batch on its way, and what becomes of its rejected events.
type delivery struct {
	*Client
	bury   func(int, Letter) error
	storms bool // too many rejections in a row stop it
}

// piece is a part of a batch that has to be answered by itself.
type piece struct {
	b    *batch.Batch
	from int // its first event in the batch delivered
}

// answered is a piece the receiver took and has yet to acknowledge.
type answered struct {
	piece
	ack *ack
}

func (d *delivery) deliver(ctx context.Context, b *batch.Batch) (settled int, err error) {
	open := []piece{{b, 0}}
	for len(open) > 0 {
		var waiting []answered
		for len(open) > 0 {
			more, a, err := d.send(ctx, open[0])
			if err != nil {
				return settledBefore(open, waiting), err
			}
			if a.ack != nil {
				waiting = append(waiting, a)
			}
			open = append(more, open[1:]...)
		}
		b.Answered()
		if open, err = d.await(ctx, waiting); err != nil {
			return settledBefore(open, waiting), err
		}
	}
	d.stats.delivered(b)
	return b.Len(), nil
}

// settledBefore is the first event that is not settled yet.
func settledBefore(open []piece, waiting []answered) (first int) {
	for _, a := range waiting {
		if !a.ack.came() {
			open = append(open, a.piece)
		}
	}
	for i, p := range open {
		if i == 0 || p.from < first {
			first = p.from
		}
	}
	return first
}

// await waits for acknowledgments and returns the pieces for which none came.
func (d *delivery) await(ctx context.Context, waiting []answered) (lost []piece, err error) {
	d.stats.waiting.Add(int64(len(waiting)))
	defer d.stats.waiting.Add(-int64(len(waiting)))
	for i, a := range waiting {
		err := d.acknowledged(ctx, a.ack)
		switch err {
		case nil:
			d.cfg.Observer.Acknowledged(time.Since(a.ack.posted))
			continue
		case errNoAck:
		default:
			return lost, d.leave(ctx, len(lost) > 0, waiting[i:])
		}
		a.ack.session.endpoint.retire(a.ack.session)
		a.ack.forget()
		d.stats.ackTimeouts.Add(1)
		d.log.Warn(err.Error(), "url", a.ack.session.endpoint.url, "events", a.b.Len())
		lost = append(lost, a.piece)
	}
	return lost, nil
}

// leave ends waiting. If nothing has to be sent again, the acknowledgments that
// are still to come are for a later run to ask for; nil: all have come by now.
func (d *delivery) leave(ctx context.Context, lost bool, waiting []answered) error {
	var acks []*ack
	for _, a := range waiting {
		acks = append(acks, a.ack)
	}
	open, dropped := withdraw(acks)
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

// expect begins to wait for the acknowledgment of a piece if there is to be one.
func (d *delivery) expect(t try, p piece) answered {
	e := t.session.endpoint
	switch {
	case d.cfg.Ack == AckOff:
	case t.ack != nil:
		e.acked.Store(true)
		t.session.expect(t.ack)
		return answered{p, t.ack}
	case e.acked.Load():
		e.ackMissing("the replies carry no ackId any more")
	case d.cfg.Ack == AckOn:
		e.ackMissing("ACK=on, but the reply carries no ackId")
	}
	return answered{}
}
