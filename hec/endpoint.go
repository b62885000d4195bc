package hec

import (
	"sync"
	"sync/atomic"
	"time"
)

const (
	// sayAgain is how long a message that concerns a whole endpoint is not repeated.
	sayAgain = 10 * time.Minute
	// retireAfter is how many failures in a row retire a session, so that a
	// balancer can give us another node.
	retireAfter = 3
)

// endpoint is one base URL with its gate, which all lanes share.
type endpoint struct {
	client *Client
	url    string

	// Guarded by client.mu.
	gate      gate
	portion   portion
	said      string               // the failure that was logged last
	kind      string               // its kind
	hint      string               // its hint
	sayings   map[string]time.Time // when failures were logged, by kind, since it last accepted events
	saidAck   time.Time            // when missing acknowledgments were last logged
	saidPolls time.Time            // when refused polls were last logged
	saidIDs   time.Time            // when repeated ids were last logged

	acks  atomic.Bool // it gives acknowledgments
	heard atomic.Bool // it has answered to events

	certAsked atomic.Bool // it asked for a certificate of ours, and we have none

	mu          sync.Mutex
	session     *session // guarded by mu, as all that follows
	spread      spread
	cookieMoved time.Time // when a balancer last led a session to another node
	recounts    int       // ids that came again, in a row, where it was no restart
}

func newEndpoint(c *Client, url string) *endpoint {
	e := &endpoint{client: c, url: url}
	e.session = newSession(e, newChannel(), newLink(e, nil))
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
		e.session = newSession(e, newChannel(), newLink(e, nil))
		old.link.close()
	}
}

// close closes idle connections.
func (e *endpoint) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.session.link.close()
	if e.spread.on {
		e.spread.link.close()
	}
}

// leaveNode retires a session after some failures in a row. client.mu is held.
func (e *endpoint) leaveNode(s *session) {
	if e.gate.fails%retireAfter == 0 {
		e.retire(s)
	}
}

// recountsMost is how often in a row ids come again until a restart of the receiver
// is no explanation any more.
const recountsMost = 3

// recount retires a session in which an id has come again. weight is how much that
// speaks against a restart of the receiver.
func (e *endpoint) recount(s *session, weight int) {
	e.retire(s)
	now := time.Now()
	e.mu.Lock()
	if e.recounts += weight; weight == 0 {
		e.recounts = 0
	}
	several := e.recounts >= recountsMost
	e.mu.Unlock()
	if several {
		e.spreadOut("several nodes give the same ackId")
		return
	}
	c := e.client
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.saidIDs.IsZero() || now.Sub(e.saidIDs) >= sayAgain {
		e.saidIDs = now
		c.log.Warn("an ackId came twice: what waits for its acknowledgment is sent again", "url", e.url,
			"hint", "turn on sticky sessions if this is a load balancer; a receiver that has restarted needs nothing")
	}
}

// sayingsMost bounds how many kinds of trouble are remembered.
const sayingsMost = 100

// quietLocked forgets what was logged: the endpoint accepts events again.
func (e *endpoint) quietLocked() {
	e.said, e.kind, e.hint, e.sayings = "", "", "", nil
}

// logOnceLocked logs a failure, once while it stays the same, or is one of several
// in turn. client.mu is held.
func (e *endpoint) logOnceLocked(f failure) {
	kind := f.kind
	if kind == "" {
		kind = f.reason
	}
	before := e.kind
	e.said, e.kind, e.hint = f.reason, kind, f.hint
	now := time.Now()
	if at, said := e.sayings[kind]; said && (kind == before || now.Sub(at) < sayAgain) {
		return
	}
	if e.sayings == nil || len(e.sayings) >= sayingsMost {
		e.sayings = map[string]time.Time{}
	}
	e.sayings[kind] = now
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
