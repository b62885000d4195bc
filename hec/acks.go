package hec

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

const (
	pollFirst = 200 * time.Millisecond
	// pollFloor is the shortest pause after the first few polls.
	pollFloor = time.Second
	pollFew   = 5
	// pollIDs bounds one poll; the rest is asked for in the next.
	pollIDs = 1000
	// lastPoll bounds how long a stop waits for the answer to a poll.
	lastPoll = 2 * time.Second
)

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

// poll asks until nothing is pending: soon at first, then at a part of the time
// that acknowledgments take, and about every AckPoll while none come. A failed
// poll acknowledges nothing.
func (s *session) poll(ctx context.Context) {
	most := s.endpoint.client.cfg.AckPoll
	wait := min(pollFirst, most)
	started := time.Now()
	for n := 1; ; n++ {
		floor := min(pollFloor, most)
		if n <= pollFew {
			floor = min(pollFirst, most)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		case <-s.acks.hurry:
			select {
			case <-ctx.Done():
				return
			case <-time.After(min(floor, wait)):
			}
		}
		began := time.Now()
		ids := s.acks.ask()
		if len(ids) == 0 {
			return
		}
		age := s.ask(ctx, ids, began)
		s.acks.over()
		if wait = min(2*wait, most); age > 0 {
			wait = min(max(min(age, time.Since(started))/4, floor), most)
		}
	}
}

// ask polls once. It returns how long ago the youngest batch was posted of those
// that are acknowledged now; 0: none is.
func (s *session) ask(ctx context.Context, ids []int64, began time.Time) (age time.Duration) {
	state, r, err := s.pollAcks(ctx, ids)
	switch {
	case err != nil:
		return 0
	case r.verdict() == noAck:
		s.endpoint.ackMissing("the token's acknowledgment was switched off while batches waited for it")
		return s.acks.settle(func(int64) bool { return true }, nil, began)
	case state == nil:
		return 0
	}
	came := func(id int64) bool { return state[strconv.FormatInt(id, 10)] }
	for _, over := range s.acks.doubtful(came) {
		select {
		case <-over:
		case <-ctx.Done():
			return 0
		}
	}
	return s.acks.settle(came, ids, began)
}

// ask returns the ids to ask for, the next ones after those asked for last; none
// ends the poller.
func (m *acks) ask() (ids []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, a := range m.pending {
		if !a.withdrawn {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		m.polling = false
		return nil
	}
	m.asking = make(chan struct{})
	slices.Sort(ids)
	if len(ids) <= pollIDs {
		return ids
	}
	i, _ := slices.BinarySearch(ids, m.last+1)
	ids = append(ids[i:], ids[:i]...)[:pollIDs]
	m.last = ids[pollIDs-1]
	return ids
}

// over ends a poll.
func (m *acks) over() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.asking)
	m.asking = nil
}

// doubtful returns the POSTs under way if the receiver may have restarted and
// given them ids that came, which are believed only once the replies are known.
func (m *acks) doubtful(came func(id int64) bool) []chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, a := range m.pending {
		if came(id) && a.nth < m.lost-a.lost+len(m.posts) {
			return slices.Collect(maps.Keys(m.posts))
		}
	}
	return nil
}

// settle marks what came, and what of ids did not by an answer to a poll that
// began then. It returns the age of the youngest that came.
func (m *acks) settle(came func(id int64) bool, ids []int64, began time.Time) (age time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, a := range m.pending {
		if !came(id) {
			continue
		}
		delete(m.pending, id)
		close(a.done)
		if d := max(time.Since(a.posted), 1); age == 0 || d < age {
			age = d
		}
	}
	for _, id := range ids {
		if a := m.pending[id]; a != nil && !began.Before(a.asked) {
			a.deny()
		}
	}
	return age
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
