package wire

import "time"

// stream is what one side of a connection says, put in order.
//
// Bytes are lost once their receiver acknowledged them and we do not have them:
// they came before something that we do have, or nothing comes after them any
// more. Retransmissions are therefore never taken for losses, nor is a
// segment that the network lost. Two things are not believed at once:
//   - a client that acknowledges what the server was not seen to have sent, or
//     one forged packet would make us skip an answer;
//   - that the last byte acknowledged was a byte: it may have been the end of the
//     stream (a FIN counts as one). What the side says next tells.
type stream struct {
	side  Side
	to    Conversation // from when on it is open
	share *share

	known    bool   // next is: something of this side, or an acknowledgment, was seen
	answered bool   // acked is: the receiver acknowledged something
	finished bool   // the side closed, and all before that was said
	next     uint32 // sequence number of the byte to be said next
	acked    uint32 // what the receiver has acknowledged
	reached  uint32 // what the side itself was seen to have sent
	proven   uint32 // all before it are bytes, none is a FIN
	waiting  waiting
	last     int64 // when something was said
}

// share is what all streams have in common.
type share struct {
	room  room
	stats Stats
}

// begin says where the stream begins.
func (s *stream) begin(seq uint32) {
	s.known = true
	s.next, s.reached, s.proven, s.acked = seq, seq, seq, seq
}

// take says what is new in a segment of this side, or holds it until what is
// missing before it comes or is known to be lost.
func (s *stream) take(g *segment, at int64) {
	if s.finished {
		return
	}
	fin := g.is(flagFIN)
	if !s.known {
		s.begin(g.seq)
	}
	s.note(g, fin)
	h := held{seq: g.seq, data: g.payload, fin: fin, at: at}
	if g.length > len(g.payload) {
		h.fin = false
	}
	switch {
	case ahead(g.seq, s.next) <= 0:
		s.say(&h, at)
	case len(h.data) > 0 || h.fin:
		s.hold(h)
	}
	if fin && !h.fin && ahead(g.end(), s.next) > 0 {
		s.hold(held{seq: g.end(), fin: true, at: at})
	}
	s.drain(at)
	s.settle(at)
}

// note keeps what a segment proves, whether it is new or not.
func (s *stream) note(g *segment, fin bool) {
	if g.length > 0 || fin {
		s.proven = later(s.proven, g.end())
	}
	s.reached = later(s.reached, g.end())
}

// acknowledge takes that the receiver has everything before ack.
func (s *stream) acknowledge(ack uint32, at int64) {
	if s.finished {
		return
	}
	if !s.known {
		s.begin(ack)
	}
	if !s.answered || ahead(ack, s.acked) > 0 {
		s.answered, s.acked = true, ack
		s.settle(at)
	}
}

// settle gives up what is known to be lost.
func (s *stream) settle(at int64) {
	if !s.answered || ahead(s.acked, s.next) <= 0 {
		return
	}
	limit := s.believed()
	if s.side == FromServer {
		limit = earlier(limit, s.reached)
	}
	if ahead(limit, s.proven) > 0 {
		limit--
	}
	s.giveUp(limit, at)
}

// believed is what the receiver acknowledged, if it is not far beyond what the
// side was seen to have sent: who does not see the connection can forge an
// acknowledgment, but has to guess the number.
func (s *stream) believed() uint32 {
	if ahead(s.acked, s.reached) > nearby {
		return s.reached
	}
	return s.acked
}

// giveUp says everything before limit, and as lost what is missing of it.
func (s *stream) giveUp(limit uint32, at int64) {
	for !s.finished && ahead(limit, s.next) > 0 {
		to := limit
		if h := s.waiting.first(); h != nil {
			to = earlier(to, h.seq)
		}
		if n := ahead(to, s.next); n > 0 {
			s.lose(int64(n), at)
			s.next = to
		}
		s.drain(at)
	}
}

// end says what is left, when nothing more comes. A byte that may have been the
// end of the stream is one if the other side had closed.
func (s *stream) end(closed bool, at int64) {
	if s.answered && !s.finished {
		limit := s.believed()
		if closed && ahead(limit, s.proven) > 0 {
			limit--
		}
		s.giveUp(limit, at)
	}
	// What nobody acknowledged, because that too was missed or never came.
	for h := s.waiting.first(); h != nil && ahead(h.seq, s.next) <= nearby; h = s.waiting.first() {
		s.giveUp(h.seq, at)
		s.drain(at)
	}
	s.waiting.drop(len(s.waiting.list), &s.share.room)
}

// nearby is how many bytes may be missing where nobody acknowledged them.
const nearby = 1 << 20

func (s *stream) hold(h held) { s.waiting.insert(h, s.next, &s.share.room) }

// drain says what is held and no longer waits for anything.
func (s *stream) drain(at int64) {
	n := 0
	for ; n < len(s.waiting.list) && !s.finished; n++ {
		h := &s.waiting.list[n]
		if ahead(h.seq, s.next) > 0 {
			break
		}
		s.say(h, h.at)
	}
	if s.finished {
		n = len(s.waiting.list)
	}
	if n > 0 {
		s.waiting.drop(n, &s.share.room)
	}
}

// say says what is new in h, which begins at next or before it. What is as far away as numbers go is
// neither before nor behind.
func (s *stream) say(h *held, at int64) {
	if known := ahead(s.next, h.seq); known >= 0 && known < len(h.data) {
		p := h.data[known:]
		s.next += uint32(len(p))
		s.last = max(s.last, at)
		s.to.Data(s.side, time.Unix(0, s.last), p)
	}
	if h.fin && h.end() == s.next && !s.finished {
		s.finished = true
		s.last = max(s.last, at)
		s.to.Closed(s.side, time.Unix(0, s.last))
	}
}

func (s *stream) lose(n, at int64) {
	s.last = max(s.last, at)
	s.share.stats.LostBytes += uint64(n)
	s.to.Lost(s.side, time.Unix(0, s.last), n)
}

// took reports whether the receiver has acknowledged all that was said.
func (s *stream) took() bool { return s.answered && ahead(s.acked, s.next) >= 0 }

// ahead returns how far a is after b in a stream, negative: before it.
func ahead(a, b uint32) int { return int(int32(a - b)) }

func later(a, b uint32) uint32 {
	if ahead(a, b) > 0 {
		return a
	}
	return b
}

func earlier(a, b uint32) uint32 {
	if ahead(a, b) < 0 {
		return a
	}
	return b
}
