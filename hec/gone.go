package hec

import (
	"errors"
	"net"
	"net/http"
	"sort"
	"strings"
	"time"
)

// An indexer keeps what it has to acknowledge in memory. Where it is known to have
// gone, or to have begun anew, what waits for its acknowledgments is sent again at
// once: its ids come again (ids.go), it was out of reach and then knows nothing of
// what came before, or a balancer leads its cookie to another node.
const (
	// goneAfter is how long a node is out of reach until another endpoint gets what
	// waits for it.
	goneAfter = 30 * time.Second
	// awayFor is how long a front end says so until its node counts as away: one
	// answer of 502 may stand for a node that is busy.
	awayFor = 2 * time.Second
	// steadyCookies is how many answers in a row leave a cookie as it is that stands
	// for a node. Some balancers change theirs each time.
	steadyCookies = 2
)

// unreachable reports whether a request shows that nobody is there who keeps
// acknowledgments: nobody listens, it is shutting down, or a front end has no node
// to ask. sure is false where only a front end says so.
func unreachable(r *reply, err error) (away, sure bool) {
	if err != nil {
		var op *net.OpError
		away = !r.sent && errors.As(err, &op) && op.Op == "dial"
		return away, away
	}
	if r.hec() {
		away = *r.Code == codeShuttingDown
		return away, away
	}
	return r.status == http.StatusBadGateway || r.status == http.StatusServiceUnavailable, false
}

// sawNode notes what a request showed of the node that has the session.
func (s *session) sawNode(r *reply, err error, poll bool) {
	now := time.Now()
	away, sure := unreachable(r, err)
	moved := err == nil && s.cookieMoved()
	elsewhere := away && poll && s.endpoint.client.anotherUp(s.endpoint)
	m := &s.acks
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil || away {
		m.replied = time.Time{}
	}
	switch {
	case s.single: // each request goes to another node
	case moved:
		m.dropAllLocked()
	case !away:
		m.unreached = time.Time{}
	default:
		if m.unreached.IsZero() {
			m.unreached = now
		}
		if sure || now.Sub(m.unreached) >= awayFor {
			m.away = now
		}
		if elsewhere && now.Sub(m.unreached) >= goneAfter {
			m.dropAllLocked()
		}
	}
}

// forgottenLocked reports whether an answer to a poll that began then shows that
// the node has forgotten what it does not confirm: it was away since a was posted.
func (m *acks) forgottenLocked(a *ack, began time.Time) bool {
	return a.posted.Before(m.away) && m.away.Before(began)
}

// cookieMoved reports whether a balancer has put another cookie in place of one
// that it had left as it was: it leads to another node now.
func (s *session) cookieMoved() bool {
	var all []string
	for _, c := range s.link.jar.Cookies(s.endpoint.cookieURL()) {
		all = append(all, c.Name+"="+c.Value)
	}
	sort.Strings(all)
	now := strings.Join(all, "; ")
	l := s.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if now == l.cookies {
		l.steady++
		return false
	}
	moved := l.cookies != "" && l.steady >= steadyCookies && !s.endpoint.movedLately()
	l.cookies, l.steady = now, 0
	return moved
}

// movedLately reports whether a cookie has moved before, not long ago, and notes
// that one does now: one that changes from time to time stands for no node.
func (e *endpoint) movedLately() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	last := e.cookieMoved
	e.cookieMoved = time.Now()
	return !last.IsZero() && time.Since(last) < sayAgain
}
