package hec

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	pollFirst = 200 * time.Millisecond
	// pollIDs bounds one poll; the rest is asked for in the next.
	pollIDs = 1000
)

// acks are the acknowledgments that one session waits for. Ids mean something
// only together with their endpoint and channel, so each session has its own.
type acks struct {
	mu      sync.Mutex
	pending map[int64]*ack
	polling bool // a poller runs; it ends when nothing is pending
	news    bool // an id was added since the last poll

	given atomic.Bool // an id came, so acknowledgment is on
}

// ack is one acknowledgment to come.
type ack struct {
	session *session
	id      int64
	posted  time.Time
	done    chan struct{} // closed when it came
	asked   chan struct{} // closed when it was asked for and had not come
	denied  bool          // asked is closed; guarded by acks.mu
}

// expect begins to ask for id.
func (s *session) expect(id int64) *ack {
	s.acks.given.Store(true)
	a := &ack{session: s, id: id, posted: time.Now(), done: make(chan struct{}), asked: make(chan struct{})}
	s.acks.mu.Lock()
	defer s.acks.mu.Unlock()
	s.acks.pending[id] = a
	s.acks.news = true
	if !s.acks.polling {
		s.acks.polling = true
		s.endpoint.client.background(s.poll)
	}
	return a
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

// poll asks until nothing is pending: soon at first and after good news, then
// about every AckPoll. A failed poll acknowledges nothing.
func (s *session) poll(ctx context.Context) {
	wait := pollFirst
	most := s.endpoint.client.cfg.AckPoll
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		ids, news := s.acks.ask()
		if len(ids) == 0 {
			return
		}
		state, r, err := s.pollAcks(ctx, ids)
		switch {
		case err == nil && r.verdict() == noAck:
			s.endpoint.client.ackDisabled(s.endpoint, "the token's acknowledgment was switched off while batches waited for it")
			s.acks.settle(func(int64) bool { return true }, nil)
			continue
		case err == nil && s.acks.settle(func(id int64) bool { return state[strconv.FormatInt(id, 10)] }, ids) > 0, news:
			wait = min(pollFirst, most)
		default:
			wait = min(2*wait, most)
		}
	}
}

// ask returns the ids to ask for, oldest first; none ends the poller.
func (m *acks) ask() (ids []int64, news bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ids = slices.Sorted(maps.Keys(m.pending))
	if len(ids) == 0 {
		m.polling = false
	}
	news, m.news = m.news, false
	return ids[:min(len(ids), pollIDs)], news
}

// settle marks what came, and what of asked did not. It returns how many came.
func (m *acks) settle(came func(id int64) bool, asked []int64) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for id, a := range m.pending {
		if came(id) {
			delete(m.pending, id)
			close(a.done)
			n++
		}
	}
	for _, id := range asked {
		if a := m.pending[id]; a != nil && !a.denied {
			a.denied = true
			close(a.asked)
		}
	}
	return n
}

// ackDisabled says once that a 200 is all the promise there is.
func (c *Client) ackDisabled(e *endpoint, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.saidAck {
		c.saidAck = true
		c.log.Warn("no acknowledgment: a reply of 200 counts as delivered", "url", e.url, "reason", why,
			"way_out", "enable indexer acknowledgment on the token, or set ACK=off")
	}
}
