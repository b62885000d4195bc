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
	mu       sync.Mutex
	pending  map[int64]*ack
	polling  bool          // a poller runs; it ends when nothing is to be asked for
	asking   chan struct{} // closed when the poll that is out is over; nil: none is
	last     int64         // the highest id of the last poll that did not hold all
	hurry    chan struct{} // somebody waits for the next poll
	ids      ids
	lost     int                        // POSTs that may have been given an id we do not know
	away     int                        // times that the receiver seemed to be down
	posts    map[chan struct{}]struct{} // those under way; each is closed at its end
	confused bool                       // ids came again: none of them means anything
}

// ack is one acknowledgment to come.
type ack struct {
	session *session
	id      int64
	posted  time.Time
	done    chan struct{} // closed when it came
	doubted chan struct{} // closed when it could be another's, should it come

	// Guarded by acks.mu.
	nth, lost, away int           // ids, lost POSTs and absences that the session had before
	dropped         bool          // its id may stand for another batch: it never comes
	withdrawn       bool          // not asked for any more
	no              chan struct{} // closed by a poll since asked that does not bring it
	asked           time.Time
}

// posting notes a POST that is under way, until its reply is given to end. What
// end returns is the acknowledgment to expect, nil if there is none.
func (s *session) posting() (end func(reply) *ack) {
	m := &s.acks
	over := make(chan struct{})
	m.mu.Lock()
	defer m.mu.Unlock()
	m.posts[over] = struct{}{}
	return func(r reply) *ack {
		defer close(over)
		a, again := s.answered(over, r)
		if again {
			s.endpoint.recount(s)
		}
		return a
	}
}

// answered notes the reply to a POST. again: its id has come before, so that
// neither this one nor any other of the session can be told by its id.
func (s *session) answered(over chan struct{}, r reply) (a *ack, again bool) {
	m := &s.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.posts, over)
	m.lost += r.lost
	m.doubt()
	if r.AckID == nil || s.endpoint.client.cfg.Ack == AckOff {
		return nil, false
	}
	a = newAck(s, int64(*r.AckID), time.Now())
	a.nth, a.lost, a.away = m.ids.n, m.lost, m.away
	if m.ids.fresh(a.id) || m.confused {
		return a, false
	}
	m.confused = true
	for _, p := range m.pending {
		m.drop(p)
	}
	return a, true
}

func newAck(s *session, id int64, posted time.Time) *ack {
	return &ack{session: s, id: id, posted: posted, done: make(chan struct{}), doubted: make(chan struct{})}
}

// absent notes that the receiver seems to be down, and may come back without
// knowing what it has said before.
func (m *acks) absent() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.away++
	m.doubt()
}

// doubt gives up the ids that a receiver which was away may have begun with
// anew, for as many POSTs as have lost their replies since. mu is held.
func (m *acks) doubt() {
	for _, a := range m.pending {
		if a.nth < m.lost-a.lost && m.away > a.away {
			m.drop(a)
			close(a.doubted)
		}
	}
}

// drop ends asking for an id that may stand for another batch. mu is held.
func (m *acks) drop(a *ack) {
	delete(m.pending, a.id)
	a.dropped = true
	a.deny()
}

// deny tells who waits for it that a poll has not brought it. acks.mu is held.
func (a *ack) deny() {
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
	if m.confused {
		m.drop(a)
		return
	}
	m.pending[a.id] = a
	if !m.polling {
		m.polling = true
		s.endpoint.client.background(s.poll)
	}
}

// forget stops asking: the batch will be sent again.
func (a *ack) forget() {
	m := &a.session.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.pending[a.id] == a {
		delete(m.pending, a.id)
	}
}

// came reports whether the acknowledgment is there.
func (a *ack) came() bool {
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
		a.deny()
	}
	select {
	case m.hurry <- struct{}{}:
	default:
	}
	return no
}

// Why an acknowledgment is no longer expected.
var (
	errNoAck = errors.New("no acknowledgment in time, sending again")
	errDoubt = errors.New("the acknowledgment could be another's since the receiver was away, sending again")
)

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
		case <-a.doubted:
			err = errDoubt
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
	if a.came() {
		return nil
	}
	return err
}

// withdraw ends asking, for a later run may ask again and a receiver says once
// only that an acknowledgment is there. It waits for polls that are out, but not
// long. open are those that have not come; dropped: some never will.
func withdraw(as []*ack) (open []*ack, dropped bool) {
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
		a.forget()
		if !a.came() {
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
	again := e.acked.Swap(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); e.saidAck.IsZero() || again && now.Sub(e.saidAck) >= sayAgain {
		e.saidAck = now
		c.log.Warn("no acknowledgment: a reply of 200 counts as delivered", "url", e.url, "reason", why,
			"way_out", "enable indexer acknowledgment on the token, or set ACK=off")
	}
}
