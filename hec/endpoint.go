package hec

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// sayAgain is when what concerns a whole endpoint is said once more.
	sayAgain = 10 * time.Minute
	// retireAfter is how many failures in a row retire a session, so that a
	// balancer can give us another node.
	retireAfter = 3
)

// endpoint is one base URL with its gate: what one lane learns there holds for all.
type endpoint struct {
	client *Client
	url    string

	// Guarded by client.mu.
	gate    gate
	said    string    // the failure that was logged last
	kind    string    // which was of this kind
	saidAck time.Time // when acknowledgments were said to be missing
	saidIDs time.Time // when ids were said to have come again

	acks  atomic.Bool // it gives acknowledgments
	heard atomic.Bool // it has answered to events

	mu      sync.Mutex
	session *session // guarded by mu
}

func newEndpoint(c *Client, url string) *endpoint {
	e := &endpoint{client: c, url: url}
	e.session = newSession(e, newChannel(), nil)
	return e
}

// current is the session that new batches go through.
func (e *endpoint) current() *session {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.session
}

// retire begins a new session in place of old: channel, cookies and connections
// together. Acknowledgments of the old one are still asked for there.
func (e *endpoint) retire(old *session) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.session == old {
		e.session = newSession(e, newChannel(), nil)
		old.http.CloseIdleConnections()
	}
}

// leaveNode retires a session after some failures in a row. client.mu is held.
func (e *endpoint) leaveNode(s *session) {
	if e.gate.fails%retireAfter == 0 {
		e.retire(s)
	}
}

// recount retires a session in which an id has come again.
func (e *endpoint) recount(s *session) {
	e.retire(s)
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); e.saidIDs.IsZero() || now.Sub(e.saidIDs) >= sayAgain {
		e.saidIDs = now
		c.log.Warn("an ackId came twice: what waits for its acknowledgment will be sent again", "url", e.url,
			"hint", "turn on sticky sessions if this is a load balancer; a receiver that has restarted needs nothing")
	}
}

// logOnceLocked logs a failure, once while it stays the same. client.mu is held.
func (e *endpoint) logOnceLocked(f failure) {
	kind := f.kind
	if kind == "" {
		kind = f.reason
	}
	if kind == e.kind {
		return
	}
	e.said, e.kind = f.reason, kind
	about := []any{"url", e.url, "reason", f.reason}
	if f.hint != "" {
		about = append(about, "hint", f.hint)
	}
	if f.pause {
		e.client.log.Error("delivery is paused, nothing is lost", about...)
	} else {
		e.client.log.Warn("endpoint does not take events, trying again", about...)
	}
}
