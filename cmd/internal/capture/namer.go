package capture

import (
	"time"

	"ollama-hec/input/connections"
	"ollama-hec/input/wire"
)

// namer gives connections the id that the kernel has for them, by which their requests are
// joined with what the observer tells of them. It is used by one goroutine.
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

// open begins a conversation, which has its connection found when something is said: only
// then is it sure to be there.
func (n *namer) open(c wire.Connection) wire.Conversation { return &unnamed{namer: n, peer: c} }

// unnamed is a conversation that is begun with the first that is said.
type unnamed struct {
	namer *namer
	peer  wire.Connection
	talk  wire.Conversation // nil: nothing was said yet
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

// Closed implements wire.Conversation.
func (u *unnamed) Closed(from wire.Side, at time.Time) {
	if u.talk != nil {
		u.talk.Closed(from, at)
	}
}

// Done implements wire.Conversation. Where nothing was said there is no request.
func (u *unnamed) Done(how wire.End, by wire.Side, at time.Time) {
	if u.talk != nil {
		u.talk.Done(how, by, at)
	}
}
