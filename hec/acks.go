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
	most         int           // how many ids a poll may hold; 0: pollIDs
	refused      int           // polls in a row that were answered with something else
	pollNow      chan struct{} // somebody waits for the next poll
	ids          ids
	ambiguousIDs bool      // ids came again: none of them means anything
	replied      time.Time // when the last POST was answered; zero after trouble
	replies      int       // answers that gave an id
	away         time.Time // when the node was last out of reach; zero: never
	unreached    time.Time // since when no poll has reached it; zero: the last one did
}

// ack is one acknowledgment to come.
type ack struct {
	session *session
	id      int64
	posted  time.Time
	done    chan struct{} // closed when it came
	never   chan struct{} // closed when it is known that it never comes

	// Guarded by acks.mu.
	clean     bool          // nothing else was posted on the session that is unanswered
	dropped   bool          // never is closed
	cancelled bool          // not asked for any more
	no        chan struct{} // closed by a poll since asked that does not bring it
	asked     time.Time
}

// answered returns the acknowledgment to expect after a reply, nil if there is
// none. An id that comes again was given by another node, or by a receiver that
// has begun anew: then no batch of the session can be told by its id.
func (s *session) answered(r reply, clean bool) *ack {
	if r.AckID == nil || s.endpoint.client.cfg.Ack == AckOff {
		return nil
	}
	now := time.Now()
	a := newAck(s, int64(*r.AckID), now)
	a.clean = clean
	if s.single { // its only one
		return a
	}
	m := &s.acks
	m.mu.Lock()
	again := !m.ids.fresh(a.id) && !m.ambiguousIDs
	weight := m.recountWeightLocked(now)
	m.replies++
	if again {
		m.ambiguousIDs = true
		m.dropAllLocked()
	}
	m.replied = now
	m.mu.Unlock()
	if again {
		s.endpoint.recount(s, weight)
	}
	return a
}

// recountWeightLocked is how much an id that comes again speaks for several nodes
// rather than for one that has restarted: much if there was no time for a restart
// since the last reply, and something if the session has just begun.
func (m *acks) recountWeightLocked(now time.Time) int {
	switch {
	case now.Sub(m.replied) < closeCall:
		return 2
	case m.replies < fewReplies:
		return 1
	}
	return 0
}

func newAck(s *session, id int64, posted time.Time) *ack {
	return &ack{session: s, id: id, posted: posted, done: make(chan struct{}), never: make(chan struct{})}
}

// dropLocked ends asking for an acknowledgment that never comes.
func (m *acks) dropLocked(a *ack) {
	delete(m.pending, a.id)
	if !a.dropped {
		a.dropped = true
		close(a.never)
	}
}

func (m *acks) dropAllLocked() {
	for _, a := range m.pending {
		m.dropLocked(a)
	}
}

// rejectLocked tells who waits for it that a poll has not brought it.
func (a *ack) rejectLocked() {
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
		m.dropLocked(a)
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
	asked := m.pending[a.id] == a
	if asked {
		delete(m.pending, a.id)
	}
	m.mu.Unlock()
	if asked {
		a.session.endpoint.checkIn(a.session, false)
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
	select {
	case m.pollNow <- struct{}{}:
	default:
	}
	return no
}

// Why an acknowledgment is no longer expected.
var (
	errNoAck    = errors.New("no acknowledgment in time, sending again")
	errNeverAck = errors.New("its acknowledgment cannot come any more, sending again")
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
		case <-a.never:
			err = errNeverAck
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

// stopPolling ends asking: a later run may ask again, and a receiver reports an
// acknowledgment only once. It waits for polls that are out, but not
// long. open are those that have not come; dropped: some never will.
func stopPolling(as []*ack) (open []*ack, dropped bool) {
	var asking []chan struct{}
	for _, a := range as {
		m := &a.session.acks
		m.mu.Lock()
		a.cancelled = true
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

// ackMissing warns that Splunk accepts events but does not confirm that they are indexed.
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
