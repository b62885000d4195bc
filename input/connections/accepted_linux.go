package connections

import (
	"time"

	"ollama-hec/input/sockdiag"
)

// A connection that a process of this machine opens from one of our ports looks like one that was accepted
// there: the kernel does not tell who of both began. But where nobody listens nobody accepts.

// stays is how long after a listener was last seen there connections count as accepted: their ends are told later, and
// a server that fails and starts again may be missed by each look.
const stays = time.Hour

// noteListener notes the kernel's report of a socket that was closed, if it was a listener. Of listeners that speak
// MPTCP, as those of Go do, the kernel reports no end.
func (k *kernel) noteListener(s *sockdiag.Socket, now time.Time) {
	if s.Namespace == sockdiag.Here && k.ports.has(s.Local.Port()) {
		k.listened[s.Local.Port()] = now
	}
}

// accepted reports whether a connection at one of our ports can have been accepted: somebody listens there, or
// did not long ago, or it is known. Of other namespaces, whose listeners are not known, that is taken for granted.
func (k *kernel) accepted(s *sockdiag.Socket, now time.Time) bool {
	return s.Namespace != sockdiag.Here || k.heard(s.Local.Port(), now) || k.book.knows(s.Cookie)
}

// askAccepted is accepted, and asks who listens now where nobody is known to.
func (k *kernel) askAccepted(s *sockdiag.Socket, now time.Time) bool {
	if k.accepted(s, now) {
		return true
	}
	found, err := k.listListeners()
	if err != nil {
		return true // it is told of rather than missed
	}
	k.keepListeners(found, now)
	return k.heard(s.Local.Port(), now)
}

// heard reports whether somebody listens on a port, or was seen to not long ago.
func (k *kernel) heard(port uint16, now time.Time) bool {
	at, seen := k.listened[port]
	return seen && now.Sub(at) < stays
}
