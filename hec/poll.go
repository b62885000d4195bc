package hec

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"
)

const (
	pollFirst = 200 * time.Millisecond
	// pollFloor is the shortest pause after the first few polls.
	pollFloor = time.Second
	pollFew   = 5
	// pollIDs bounds one poll, and a round of smaller ones; the rest is asked for in
	// the next.
	pollIDs = 1000
)

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
		case <-s.acks.pollNow:
			select {
			case <-ctx.Done():
				return
			case <-time.After(min(floor, wait)):
			}
		}
		age, more := s.pollRound(ctx, n)
		if !more {
			return
		}
		if wait = min(2*wait, most); age > 0 {
			wait = min(max(min(age, time.Since(started))/4, floor), most)
		}
	}
}

// pollRound asks once for each id, or as often as it takes to meet each node. Every
// second time it takes new connections where those there are may lead to the wrong
// node. It returns how long ago the youngest batch was posted of those acknowledged
// now, 0 if none is, and false if there was nothing to ask for.
func (s *session) pollRound(ctx context.Context, n int) (age time.Duration, more bool) {
	m := &s.acks
	for i, asked := 1, 0; ; i++ {
		began := time.Now()
		ids, all, waited := m.nextIDs(began)
		if len(ids) == 0 {
			return age, false
		}
		fresh := n%2 == 0 && (s.single || waited >= overdue)
		young, result := s.pollOnce(ctx, ids, began, fresh)
		m.over()
		if age = cmp.Or(min(age, young), age, young); result == pollTooLarge {
			continue
		}
		asked += len(ids)
		again := s.single && i < asks(waited) || asked < min(all, pollIDs)
		if result == pollFailed || !again {
			return age, true
		}
	}
}

// pollResult is what became of one poll.
type pollResult uint8

const (
	pollAnswered pollResult = iota
	pollFailed              // nothing is known of any id
	pollTooLarge            // the next one holds fewer ids
)

// pollOnce asks for ids. It returns how long ago the youngest batch was posted of
// those acknowledged now.
func (s *session) pollOnce(
	ctx context.Context, ids []int64, began time.Time, fresh bool,
) (age time.Duration, _ pollResult) {
	state, r, err := s.pollAcks(ctx, ids, fresh)
	came := func(id int64) bool { return state[strconv.FormatInt(id, 10)] }
	switch v := r.verdict(); {
	case err != nil:
		return 0, pollFailed
	case v == noAck:
		s.endpoint.ackMissing("the token's acknowledgment was switched off while batches waited for it")
		came, ids = func(int64) bool { return true }, nil
	case state != nil:
	case (v == split || v == isolate) && s.acks.askLess(len(ids)):
		return 0, pollTooLarge
	default:
		s.pollRefused(&r)
		return 0, pollFailed
	}
	done, age := s.acks.settle(came, ids, began)
	for _, a := range done {
		s.endpoint.client.acked(a)
	}
	return age, pollAnswered
}

// refusedMost is how many polls in a row are refused until that is logged.
const refusedMost = 5

// pollRefused warns, once in a while, that events are accepted and their acknowledgments
// cannot be asked for.
func (s *session) pollRefused(r *reply) {
	m, e := &s.acks, s.endpoint
	m.mu.Lock()
	m.refused++
	often := m.refused >= refusedMost
	m.mu.Unlock()
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if !often || !e.gate.up() || !e.saidPolls.IsZero() && now.Sub(e.saidPolls) < sayAgain {
		return
	}
	e.saidPolls = now
	c.log.Warn("acknowledgments cannot be asked for, events wait for them", "url", e.url, "reason", r.String(),
		"hint", "let POST "+ackPath+" through what stands in front of HEC, or set ACK=off")
}

// askLess halves how many ids a poll holds after one with n was too large.
func (m *acks) askLess(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.most = max(n/2, 1)
	return n > 1
}

// nextIDs returns the ids to ask for, the next ones after those asked for last, how
// many wait in all, and how long the oldest has waited; none ends the poller.
func (m *acks) nextIDs(now time.Time) (ids []int64, all int, waited time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, a := range m.pending {
		if !a.cancelled {
			ids = append(ids, id)
			waited = max(waited, now.Sub(a.posted))
		}
	}
	if len(ids) == 0 {
		m.polling = false
		return nil, 0, 0
	}
	m.asking = make(chan struct{})
	slices.Sort(ids)
	most := cmp.Or(m.most, pollIDs)
	if all = len(ids); all <= most {
		return ids, all, waited
	}
	i, _ := slices.BinarySearch(ids, m.last+1)
	ids = append(ids[i:], ids[:i]...)[:most]
	m.last = ids[most-1]
	return ids, all, waited
}

// over ends a poll.
func (m *acks) over() {
	m.mu.Lock()
	defer m.mu.Unlock()
	close(m.asking)
	m.asking = nil
}

// settle marks what came, and what of ids did not by an answer to a poll that
// began then. It returns what came, and the age of the youngest of it.
func (m *acks) settle(came func(id int64) bool, ids []int64, began time.Time) (done []*ack, age time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refused = 0
	for id, a := range m.pending {
		if !came(id) {
			continue
		}
		delete(m.pending, id)
		close(a.done)
		done = append(done, a)
		if d := max(time.Since(a.posted), 1); age == 0 || d < age {
			age = d
		}
	}
	for _, id := range ids {
		a := m.pending[id]
		switch {
		case a == nil:
		case m.forgottenLocked(a, began):
			m.dropLocked(a)
		case !began.Before(a.asked):
			a.rejectLocked()
		}
	}
	return done, age
}
