package exchange

import (
	"bytes"
	"strconv"
	"time"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes/internal/text"
)

// conversation is what is said on one connection: requests, and answers to them in the
// same order.
type conversation struct {
	all  *Exchanges
	peer wire.Connection

	texts          share
	client, server side
	begun          int         // how many requests were seen
	queue          []*exchange // those without an end, the oldest first
	asking         *exchange   // whose request is being read
	answering      *exchange   // whose answer is being read; nil also if its request was not seen
	interim        bool        // the answer being read is followed by another one to the same request
	left           bool        // the client closed, and asks nothing more
	untold         untold      // answers to come to requests that are told already
	pipelines      bool        // the client was seen not to wait for answers
	joined         bool        // the beginning was not seen, and no record says so yet

	holeAt int // how many requests had been seen when answers began to be adrift
}

// Data implements wire.Conversation.
func (c *conversation) Data(from wire.Side, at time.Time, p []byte) { c.side(from).data(at, p) }

// Lost implements wire.Conversation.
func (c *conversation) Lost(from wire.Side, at time.Time, n int64) {
	c.all.stats.lostBytes.Add(n)
	c.side(from).hole(at, n)
}

func (c *conversation) side(from wire.Side) *side {
	if from == wire.FromServer {
		return &c.server
	}
	return &c.client
}

// begin begins a message of a side.
func (c *conversation) begin(s *side, at time.Time) {
	if s.from == wire.FromServer {
		return // of which request it is an answer, its first line tells
	}
	c.unanswered()
	c.begun++
	c.pipelines = c.pipelines || len(c.queue) >= impatient
	x := &exchange{begun: at, after: c.begun, endpoint: anyEndpoint}
	c.queue = append(c.queue, x)
	c.asking = x
	c.bound(x)
}

// unanswered ends a request whose end was not seen when another one begins.
func (c *conversation) unanswered() {
	if c.asking != nil {
		c.asking.inUnsure, c.asking.requestEnded = true, true
		c.asking = nil
	}
}

// plausible reports whether what there is of a line can be that of a head.
func (c *conversation) plausible(s *side) bool {
	if s.head.first != nil || s.from == wire.FromServer {
		return true
	}
	method, _, _ := bytes.Cut(s.line, []byte{' '})
	return isToken(method)
}

// firstLine takes the first line of a head, and reports whether a head follows.
func (c *conversation) firstLine(s *side, at time.Time) bool {
	if s.from == wire.FromClient {
		return c.asking != nil && c.asking.requestLine(s.head.first, s.cutAt(), &c.all.heads)
	}
	status, ok := parseStatus(s.head.first)
	if !ok {
		return false
	}
	c.answering = c.nextUnanswered()
	x := c.answering
	if x == nil {
		c.all.stats.unasked.Add(1)
		return true
	}
	c.interim = status/100 == 1 && status != 101
	if c.interim {
		x.continued = x.continued || status == 100
		return true
	}
	x.status, x.answerBegun = status, true
	c.untold.begun(x)
	return true
}

func parseStatus(line []byte) (int, bool) {
	if len(line) < 12 || !text.HasPrefix(line, "HTTP/1.") || !text.Digit(line[7]) || line[8] != ' ' {
		return 0, false
	}
	status, err := strconv.Atoi(string(line[9:12]))
	return status, err == nil && status >= 100 && status < 1000
}

// headEnd takes a head that is complete.
func (c *conversation) headEnd(s *side, at time.Time) {
	h := &s.head
	if s.from == wire.FromClient {
		c.requestHead(s, h, at)
		return
	}
	x, status := c.answering, 0
	if x != nil && !c.interim {
		status = x.status
		if !x.told {
			x.answerHead(h, &c.all.opts, &c.texts)
		}
	}
	switch {
	case x == nil, x.method == "" && !x.malformed && !c.interim: // it may be one to HEAD, and have no body
		s.state, c.holeAt = adrift, c.begun
		if x != nil {
			x.outUnsure = true
		}
	case c.interim:
		c.interim = false
		s.state, s.line = between, s.line[:0]
		c.answering = nil
	case status == 101:
		if !x.requestEnded {
			x.inUnsure, x.partial = true, true
		}
		s.end(at)
		c.client.state, c.server.state = opaque, opaque
	case x.head, status == 204, status == 304:
		s.body(between, 0, at)
	case h.chunked:
		s.body(chunkSize, 0, at)
	case h.length >= 0:
		s.body(counted, h.length, at)
	default:
		s.body(untilClose, 0, at)
	}
}

// requestHead takes the head of a request.
func (c *conversation) requestHead(s *side, h *head, at time.Time) {
	x := c.asking
	x.takeHead(h, &c.all.opts, &c.texts, &c.all.heads)
	x.headCut = x.headCut || s.narrow
	http10 := bytes.HasSuffix(h.first, []byte("HTTP/1.0"))
	switch {
	case h.coded && !http10: // Go's server answers 501 and closes
		c.refuse(s, at)
	case h.chunked && !http10:
		s.body(chunkSize, 0, at)
	case h.length > 0:
		s.body(counted, h.length, at)
	default:
		s.body(between, 0, at)
	}
}

// body takes a part of a message's body.
func (c *conversation) body(s *side, at time.Time, p []byte) {
	if s.from == wire.FromClient {
		if x := c.asking; x != nil {
			x.in += int64(len(p))
			x.requestBody(p)
		}
		return
	}
	if x := c.answering; x != nil {
		x.out += int64(len(p))
		x.answer.write(at, p)
	}
}

// tornBody takes a part of a body whose framing was lost.
func (c *conversation) tornBody(s *side, at time.Time, p []byte) {
	if x := c.answering; x != nil && s.from == wire.FromServer {
		x.answer.write(at, p)
	}
}

// end ends a message.
func (c *conversation) end(s *side, at time.Time) {
	if s.from == wire.FromClient {
		if x := c.asking; x != nil {
			x.sent, x.requestEnded = at, true
			x.endRequest()
			c.asking = nil
			c.settle(x)
		}
		return
	}
	x := c.answering
	c.answering = nil
	if x == nil {
		return
	}
	x.answer.end(at)
	x.ended, x.answerEnded = at, true
	if !x.requestEnded && (x.inUnsure || x.expects && !x.continued && x.in == 0) {
		c.endAsking(x) // its end was not seen, or it will not send its body
	}
	c.settle(x)
}

// endAsking ends a request that goes on no further.
func (c *conversation) endAsking(x *exchange) {
	x.requestEnded = true
	if c.asking == x {
		c.asking = nil
		if c.client.state != adrift && c.client.state != opaque {
			c.client.state = between
			c.client.line = c.client.line[:0]
		}
	}
}

// skipsBody reports whether a client that has not been told to send its body begins
// another request instead. It does so only when it has an answer, or may have one: before
// that what it says is the body, whatever it looks like.
func (c *conversation) skipsBody(s *side, p []byte) bool {
	x := c.asking
	if s.from != wire.FromClient || x == nil || !x.expects || x.continued || x.in > 0 {
		return false
	}
	if !x.answerBegun && c.server.state != adrift {
		return false
	}
	return s.state != inHead && s.beginsMessage(p) && bytes.Contains(p, []byte(" HTTP/1."))
}

// refuse takes that a side says no HTTP, or what Ollama does not take: the server
// answers that and closes. If it does not, the next request is looked for.
func (c *conversation) refuse(s *side, at time.Time) {
	s.restHead()
	torn := (s.state == chunkSize || s.state == chunkEnd) && c.asking != nil && !c.asking.knowsAll()
	s.state = opaque
	s.line = s.line[:0]
	if s.from == wire.FromClient {
		s.drift(0)
		if x := c.asking; x != nil {
			x.malformed = x.malformed || s.head.first == nil
			x.partial = x.partial || torn // what is behind that nobody reads, or the server reads otherwise
			x.sent, x.requestEnded, x.inUnsure = at, true, true
			x.partial = x.partial || c.server.state == adrift // it may be the protocol that an answer led to
			c.asking = nil
			c.settle(x)
		}
		return
	}
	c.all.stats.unasked.Add(1)
	if x := c.answering; x != nil {
		x.partial, x.outUnsure = true, true
	}
}
