package hec

import (
	"context"
	"errors"
	"sync"
	"time"
)

// lastPoll bounds how long a stop waits for the answer to a poll.
const lastPoll = 2 * time.Second

// acks are the acknowledgments that one session waits for. Ids mean something
// only together with their endpoint and channel, so each session has its own.
type acks struct {
	mu           sync.Mutex
	pending      map[int64]*ack
	polling      bool          // a poller runs; it ends when nothing is to be asked for
	asking       chan struct{} // closed when the poll that is out is over; nil: none is
	last         int64         // the highest id of the last poll that did not hold all
	pollNow      chan struct{} // somebody waits for the next poll
	ids          ids
	ambiguousIDs bool // ids came again: none of them means anything
}

// ack is one acknowledgment to come.
type ack struct {
	session *session
	id      int64
	posted  time.Time
	done    chan struct{} // closed when it came

	// Guarded by acks.mu.
	dropped   bool          // its id may stand for another batch: it never comes
	withdrawn bool          // not asked for any more
	no        chan struct{} // closed by a poll since asked that does not bring it
	asked     time.Time
}

// answered returns the acknowledgment to expect after a reply, nil if there is
// none. An id that comes again was given by another node, or by a receiver that
// has begun anew: then no batch of the session can be told by its id.
func (s *session) answered(r reply) *ack {
	if r.AckID == nil || s.endpoint.client.cfg.Ack == AckOff {
		return nil
	}
	a := newAck(s, int64(*r.AckID), time.Now())
	m := &s.acks
	m.mu.Lock()
	again := !m.ids.fresh(a.id) && !m.ambiguousIDs
	if again {
		m.ambiguousIDs = true
		for _, p := range m.pending {
			m.drop(p)
		}
	}
	m.mu.Unlock()
	if again {
		s.endpoint.recount(s)
	}
	return a
}

func newAck(s *session, id int64, posted time.Time) *ack {
	return &ack{session: s, id: id, posted: posted, done: make(chan struct{})}
}

// drop ends asking for an id that may stand for another batch. mu is held.
func (m *acks) drop(a *ack) {
	delete(m.pending, a.id)
	a.dropped = true
	a.reject()
}

// reject tells who waits for it that a poll has not brought it. acks.mu is held.
func (a *ack) reject() {
	if a.no != nil {
		close(a.no)
		a.no = nil
	}
}

// expect begins to ask for a.
func (s *session) expect(a *ack) {
	m := &s.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ambiguousIDs {
		m.drop(a)
		return
	}
	m.pending[a.id] = a
	if !m.polling {
		m.polling = true
		s.endpoint.client.background(s.poll)
	}
}

// cancel stops asking: the batch will be sent again.
func (a *ack) cancel() {
	m := &a.session.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pending[a.id] == a {
		delete(m.pending, a.id)
	}
}

// acked reports whether the acknowledgment is there.
func (a *ack) acked() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// askAgain has a poll begin soon, and returns what is closed if that does not
// bring the acknowledgment. A poll without an answer says nothing.
func (a *ack) askAgain() <-chan struct{} {
	m := &a.session.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	no := make(chan struct{})
	a.no, a.asked = no, time.Now()
	if a.dropped {
		a.reject()
	}
	select {
	case m.pollNow <- struct{}{}:
	default:
	}
	return no
}

// errNoAck: an acknowledgment is no longer expected.
var errNoAck = errors.New("no acknowledgment in time, sending again")

// acknowledged waits for an acknowledgment as long as it can be expected. After
// AckTimeout that is until a poll has once more not brought it, for the endpoint
// may have been out of reach; but no longer than another AckTimeout.
func (c *Client) acknowledged(ctx context.Context, a *ack) (err error) {
	timeout := time.NewTimer(time.Until(a.posted.Add(c.cfg.AckTimeout)))
	defer timeout.Stop()
	var no <-chan struct{}
	for err == nil {
		select {
		case <-a.done:
			return nil
		case <-no:
			err = errNoAck
		case <-timeout.C:
			if no != nil {
				err = errNoAck
			} else {
				no = a.askAgain()
				timeout.Reset(c.cfg.AckTimeout)
			}
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if a.acked() {
		return nil
	}
	return err
}

// stopPolling ends asking, for a later run may ask again and a receiver says once
// only that an acknowledgment is there. It waits for polls that are out, but not
// long. open are those that have not come; dropped: some never will.
func stopPolling(as []*ack) (open []*ack, dropped bool) {
	var asking []chan struct{}
	for _, a := range as {
		m := &a.session.acks
		m.mu.Lock()
		a.withdrawn = true
		if m.asking != nil {
			asking = append(asking, m.asking)
		}
		m.mu.Unlock()
	}
	late, cancel := context.WithTimeout(context.Background(), lastPoll)
	defer cancel()
	for _, over := range asking {
		select {
		case <-over:
		case <-late.Done():
		}
	}
	for _, a := range as {
		a.cancel()
		if !a.acked() {
			open = append(open, a)
			dropped = dropped || a.isDropped()
		}
	}
	return open, dropped
}

func (a *ack) isDropped() bool {
	m := &a.session.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	return a.dropped
}

// ackMissing says that a 200 is all the promise there is.
func (e *endpoint) ackMissing(why string) {
	c := e.client
	again := e.acks.Swap(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); e.saidAck.IsZero() || again && now.Sub(e.saidAck) >= sayAgain {
		e.saidAck = now
		c.log.Warn("no acknowledgment: a reply of 200 counts as delivered", "url", e.url, "reason", why,
			"hint", "enable indexer acknowledgment on the token, or set ACK=off")
	}
}
