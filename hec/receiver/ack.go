package receiver

import (
	"sync"
	"time"
)

// idleChannel is how long a channel must rest before it may make room for another.
const idleChannel = 10 * time.Minute

// acks hands out ids, from 0 on each channel, and says once that one is indexed.
type acks struct {
	channelsMax int
	pendingMax  int

	mu       sync.Mutex
	channels map[string]*channel // guarded by mu
}

type channel struct {
	next    int64
	ready   map[int64]time.Time // pending ids and when they are indexed
	used    time.Time
	cookied bool // the client was given the cookie
}

// issue hands out the next id of a channel, indexed after delay; never, if
// that is negative. It reports false if there is no room for one more.
func (a *acks) issue(name string, delay time.Duration) (id int64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.channel(name)
	if c == nil || len(c.ready) >= a.pendingMax {
		return 0, false
	}
	id = c.next
	c.next++
	if delay >= 0 {
		c.ready[id] = time.Now().Add(delay)
	}
	return id, true
}

// indexed answers a query: true once for each id that is indexed by now. What
// is unknown, pending or lost looks the same.
func (a *acks) indexed(name string, ids []int64) []bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	answers := make([]bool, len(ids))
	c := a.channels[name]
	if c == nil {
		return answers
	}
	now := time.Now()
	c.used = now
	for i, id := range ids {
		if at, ok := c.ready[id]; ok && !now.Before(at) {
			answers[i] = true
			delete(c.ready, id)
		}
	}
	return answers
}

// sticky reports whether a request came back without the cookie its channel was given.
func (a *acks) sticky(name string, has bool) (wrongNode bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.channel(name)
	if c == nil {
		return false
	}
	wrongNode = c.cookied && !has
	c.cookied = true
	return wrongNode
}

// forget is what a restart does to channels and ids.
func (a *acks) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.channels)
}

// channel finds or opens a channel; nil if there are too many. mu is held.
func (a *acks) channel(name string) *channel {
	now := time.Now()
	c := a.channels[name]
	if c == nil {
		if len(a.channels) >= a.channelsMax && !a.evict(now) {
			return nil
		}
		c = &channel{ready: map[int64]time.Time{}}
		a.channels[name] = c
	}
	c.used = now
	return c
}

func (a *acks) evict(now time.Time) bool {
	before := len(a.channels)
	for name, c := range a.channels {
		if now.Sub(c.used) >= idleChannel {
			delete(a.channels, name)
		}
	}
	return len(a.channels) < before
}
