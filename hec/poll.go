package hec

import (
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
	// pollIDs bounds one poll; the rest is asked for in the next.
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
			a.reject()
		}
	}
	return age
}
