package exchange

import (
	"time"

	"ollama-hec/input/wire"
)

// What a conversation makes of holes. The rule: a record says less, and that it is
// partial, rather than something that may be wrong.

// holeIn takes n bytes of the message being read that were never seen. framed: they are
// all of its body, or of the chunk.
func (c *conversation) holeIn(s *side, n int64, framed bool) {
	x := c.asking
	if s.from == wire.FromServer {
		x = c.answering
	}
	if x == nil || x.told {
		c.all.stats.lostBetween.Add(n)
		return
	}
	x.lost += n
	x.partial = true
	if s.from == wire.FromClient {
		x.in += n
		x.inUnsure = x.inUnsure || !framed
		x.asksHole = true
		x.asked.scan.state = broken
		if !framed && x.answerEnded {
			c.endAsking(x)
			c.settle(x)
		}
		return
	}
	x.out += n
	x.outUnsure = x.outUnsure || !framed
	x.answer.hole(n)
}

// Contradicted implements wire.Conversation: what is read of a request may not be what was asked.
func (c *conversation) Contradicted(from wire.Side, _ time.Time) {
	for _, x := range c.queue {
		x.partial = x.partial || !x.settled()
	}
}

// endUnseen takes that the end of the message being read is in a hole.
func (c *conversation) endUnseen(s *side) {
	if x := c.answering; x != nil && s.from == wire.FromServer {
		x.endUnseen, x.partial = true, true
	}
	if x := c.asking; x != nil && s.from == wire.FromClient {
		x.asksHole, x.partial = true, true
	}
}

// headTorn takes that a part of a head was not seen: nothing is known of the body.
func (c *conversation) headTorn(s *side) {
	if s.from == wire.FromClient {
		if x := c.asking; x != nil {
			x.inUnsure, x.requestEnded = true, true
			c.asking = nil
			c.settle(x)
		}
		return
	}
	if x := c.answering; x != nil {
		x.outUnsure = true
	}
}

// drifted takes that it is not known what message of a side comes next, after n bytes
// that belong to no request we know.
func (c *conversation) drifted(s *side, n int64) {
	if s.from == wire.FromClient {
		c.all.stats.lostBetween.Add(n)
		for _, x := range c.queue {
			x.followed = true
		}
		return
	}
	c.holeAt = c.begun
	first := true
	for _, x := range c.queue {
		if x.settled() {
			continue // it only waits for what its client makes of it
		}
		x.partial = true
		if first {
			first = false
			x.lost += n
		}
	}
	if first {
		c.all.stats.lostBetween.Add(n)
	}
}

// resynced takes that a message begins where a head was looked for.
func (c *conversation) resynced(s *side, at time.Time) {
	c.all.stats.resyncs.Add(1)
	if s.from == wire.FromServer {
		c.pair(at)
	}
}

// pair settles which request the next answer is for after a hole in the answers. An
// answer that had begun is over. Of several requests it is the last if only that came
// after the hole, since clients wait for an answer before they ask again; else, and if
// there may have been requests that were not seen, or the client does not wait, nobody knows.
func (c *conversation) pair(at time.Time) {
	for len(c.queue) > 0 && c.queue[0].answerBegun {
		x := c.queue[0]
		if !x.answerEnded {
			x.answer.end(at)
			x.endUnseen, x.partial = true, true
		}
		c.finish(x, "")
	}
	keep := 0
	c.untold = untold{}
	if n := len(c.queue); n > 0 && !c.queue[n-1].mayHideOthers() && !c.pipelines {
		alone := n == 1 || c.queue[n-2].after <= c.holeAt
		if alone && (n == 1 || c.queue[n-1].after > c.holeAt) {
			keep = 1
		}
	}
	for len(c.queue) > keep {
		c.queue[0].partial = true
		c.finish(c.queue[0], "")
	}
	if keep == 1 {
		x := c.queue[0]
		x.partial = x.lost > 0 || x.asksHole
	}
}

// mayHideOthers reports whether requests may have come after this one that were not seen.
func (x *exchange) mayHideOthers() bool { return x.followed || x.inUnsure || x.maybeNoBody() }

// maybeNoBody reports whether what was taken for the body of a request may be the next
// request: only an answer tells a client that expects one, and part of them was not seen.
func (x *exchange) maybeNoBody() bool { return x.expects && !x.continued }
