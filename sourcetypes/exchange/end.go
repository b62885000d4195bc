package exchange

import (
	"time"

	"ollama-hec/input/wire"
)

// Closed implements wire.Conversation. A server that closed answers nothing more; a client that
// closed may still read its answer.
func (c *conversation) Closed(from wire.Side, at time.Time) {
	if from == wire.FromClient {
		c.left = true
		return
	}
	if c.answering != nil && c.server.state == untilClose {
		c.server.end(at)
	}
	for i := 0; i < len(c.queue); {
		if x := c.queue[i]; x.requestEnded && !x.answerEnded {
			c.over(x, wire.EndFIN, c.first(), at)
			continue
		}
		i++
	}
}

// first is who closed first, when the server has closed.
func (c *conversation) first() wire.Side {
	if c.left {
		return wire.FromClient
	}
	return wire.FromServer
}

// Done implements wire.Conversation.
func (c *conversation) Done(how wire.End, by wire.Side, at time.Time) {
	if x := c.answering; x != nil && c.server.state == untilClose && how == wire.EndFIN {
		c.server.end(at)
	}
	for len(c.queue) > 0 {
		c.over(c.queue[0], how, by, at)
	}
	c.client.restHead()
	c.server.restHead()
	c.client.state, c.server.state = opaque, opaque
}

// over tells of a request of which nothing more comes.
func (c *conversation) over(x *exchange, how wire.End, by wire.Side, at time.Time) {
	cut := x.cutBy(how, by)
	if !x.settled() && (how == wire.EndForgotten || !x.answerEnded && c.server.state == adrift) {
		x.partial, cut = true, ""
	}
	if x.ended.IsZero() && !x.answerBegun {
		x.ended, x.endUnseen = at, x.partial
	}
	if !x.answerEnded && x.answerBegun {
		x.ended, x.endUnseen = at, x.partial
		x.answer.end(at)
	}
	c.finish(x, cut)
}

// settled reports whether all of a request and of its answer was said.
func (x *exchange) settled() bool { return x.requestEnded && x.answerEnded }

// cutBy is who ended a request and its answer before their end, "": nobody, or it is not known.
// A server whose client has left may end its answer in form; and a client that has got what
// counts of an answer need not wait for the end of its form.
func (x *exchange) cutBy(how wire.End, by wire.Side) string {
	byClient := by == wire.FromClient
	switch {
	case x.settled() && (how != wire.EndReset || !byClient):
		return ""
	case x.partial && !x.answerEnded: // its end may have been among what was not seen
		return ""
	case byClient && x.answer.done && x.requestEnded:
		return ""
	case byClient:
		return "client"
	}
	return "server"
}
