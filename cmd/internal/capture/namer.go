package capture

import (
	"time"

	"ollama-hec/input/connections"
	"ollama-hec/input/wire"
)

// namer finds the kernel's id of a connection. Its requests carry the id, so that they can be
// joined with the observer's events on the connection. It is used by one goroutine.
type namer struct {
	next   wire.Opener
	finder *connections.Finder // nil: none can be found
}

func newNamer(next wire.Opener) *namer {
	finder, err := connections.NewFinder()
	if err != nil {
		finder = nil // connections stay without an id
	}
	return &namer{next, finder}
}

func (n *namer) close() {
	if n.finder != nil {
		_ = n.finder.Close() // nothing depends on it any more
	}
}

// open begins a conversation. The id is looked up when the first bytes are sent: only then is
// the connection sure to exist.
func (n *namer) open(c wire.Connection) wire.Conversation { return &unnamed{namer: n, peer: c} }

// unnamed is a conversation that begins with the first bytes sent.
type unnamed struct {
	namer *namer
	peer  wire.Connection
	talk  wire.Conversation // nil: nothing was sent yet
}

func (u *unnamed) begun() wire.Conversation {
	if u.talk == nil {
		if u.namer.finder != nil {
			u.peer.ID = u.namer.finder.Find(u.peer.Client, u.peer.Server)
		}
		u.talk = u.namer.next(u.peer)
	}
	return u.talk
}

// Data implements wire.Conversation.
func (u *unnamed) Data(from wire.Side, at time.Time, p []byte) { u.begun().Data(from, at, p) }

// Lost implements wire.Conversation.
func (u *unnamed) Lost(from wire.Side, at time.Time, n int64) { u.begun().Lost(from, at, n) }

// Contradicted implements wire.Conversation.
func (u *unnamed) Contradicted(from wire.Side, at time.Time) { u.begun().Contradicted(from, at) }

// Closed implements wire.Conversation.
func (u *unnamed) Closed(from wire.Side, at time.Time) {
	if u.talk != nil {
		u.talk.Closed(from, at)
	}
}

// Done implements wire.Conversation. If nothing was sent there is no request.
func (u *unnamed) Done(how wire.End, by wire.Side, at time.Time) {
	if u.talk != nil {
		u.talk.Done(how, by, at)
	}
}
