package hec

import (
	"context"
	"math/rand/v2"
	"time"
)

// Behind a balancer that sends each request to another node, two batches of one
// channel get the same id from two nodes, and a poll rarely meets the node that
// knows the answer. What works there all the same: a channel for each batch that
// waits, so that no two batches share an id, and polls again and again, some over
// new connections, until the right node was asked. A channel is used again once
// its batch is acknowledged. It costs more polls, and begins only where ids have
// shown that it is needed.
const (
	// spreadMost is how many batches of an endpoint may wait with a channel of their
	// own. Further ones wait up to spreadWait for one of these channels.
	spreadMost = 64
	spreadWait = time.Minute
	// spreadAsks is how often in a row a poll asks at most: the nodes take turns.
	spreadAsks = 8
	// closeCall is how soon after a good reply an id has to come again so that no
	// receiver can have restarted in between.
	closeCall = 5 * time.Second
	// fewReplies is how soon ids come again, at the latest, that several nodes give.
	fewReplies = 16
	// overdue is from when on polls also take new connections: a balancer may bind
	// nodes to connections.
	overdue = time.Minute
)

// spread are the channels of an endpoint behind a balancer without sticky sessions.
// All is guarded by endpoint.mu.
type spread struct {
	on    bool
	link  *link
	free  []*session
	out   int           // channels in use
	freed chan struct{} // closed when one comes back
}

// spreadOut gives each batch a channel of its own from here on.
func (e *endpoint) spreadOut(why string) {
	e.mu.Lock()
	was := e.spread.on
	if !was {
		e.spread = spread{on: true, link: newLink(e, nil), freed: make(chan struct{})}
	}
	e.mu.Unlock()
	if !was {
		e.client.log.Warn("acknowledgments are asked for of every node in turn", "url", e.url, "reason", why,
			"hint", "if there is a load balancer in front of HEC, turn on its sticky sessions, "+
				"or name the indexers one by one in URL")
	}
}

// checkOut is the session for the next POST of events, its own to use until checkIn.
func (e *endpoint) checkOut(ctx context.Context) (*session, error) {
	late := time.NewTimer(spreadWait)
	defer late.Stop()
	patient := true
	for {
		e.mu.Lock()
		if !e.spread.on {
			defer e.mu.Unlock()
			return e.session, nil
		}
		if !patient || e.spread.out < spreadMost {
			defer e.mu.Unlock()
			return e.spread.take(e), nil
		}
		freed := e.spread.freed
		e.mu.Unlock()
		select {
		case <-freed:
		case <-late.C:
			patient = false
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns a channel that nobody uses. Which one is drawn, or a balancer's
// turns and ours could go in step.
func (p *spread) take(e *endpoint) *session {
	p.out++
	if n := len(p.free); n > 0 {
		i := rand.IntN(n)
		s := p.free[i]
		p.free[i] = p.free[n-1]
		p.free = p.free[:n-1]
		return s
	}
	s := newSession(e, newChannel(), p.link)
	s.single, s.pooled = true, true
	s.greeted.Store(true)
	return s
}

// checkIn ends the use of a session. It is used again if all that was posted on it
// has been answered and acknowledged: then no id of it is left anywhere.
func (e *endpoint) checkIn(s *session, again bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !s.pooled {
		return
	}
	e.spread.out--
	if again {
		e.spread.free = append(e.spread.free, s)
	}
	close(e.spread.freed)
	e.spread.freed = make(chan struct{})
}

// asks is how often a poll asks in a row for a batch that has waited so long.
func asks(waited time.Duration) int {
	return min(1+rand.IntN(2)+int(waited/(10*time.Second)), spreadAsks)
}
