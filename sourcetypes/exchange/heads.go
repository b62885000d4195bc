package exchange

// What heads take. A request whose answer is awaited costs little, the only one of its
// connection nothing; whoever has many under way, or heads of kilobytes, takes of a room that
// all connections share. Without room a head says less, and of a request nobody waits
// for the answer: it is told without.

const (
	// headRoom is how much heads take together.
	headRoom = 8 << 20
	// costQueued is what a request takes that waits beside others of its connection.
	costQueued = 6 << 10
	// freeHead is how much of what a head says is a part of that.
	freeHead = 1 << 10
	// smallLine is how long a line of a head may be for which there is no room.
	smallLine = 1 << 10
	// costLargeHead is what is held of a head with longer lines while it is read: no more than
	// four of them.
	costLargeHead = 5 * maxHeadLine
	// spareBuffer is how much memory of each text of a head is kept for the next one.
	spareBuffer = 256
)

// takeQueued takes the room for a request beside others, and reports whether there is any.
func (x *exchange) takeQueued(r *room) bool {
	if r.take(costQueued) == 0 {
		return false
	}
	x.headBytes += costQueued
	return true
}

// takeText takes the room for a text of a head, and reports whether there is any. The first few
// are free.
func (x *exchange) takeText(n int, r *room) bool {
	free := min(n, freeHead-x.freeBytes)
	if n -= free; n > 0 {
		if r.take(n) == 0 {
			x.headCut = true
			return false
		}
		x.headBytes += n
	}
	x.freeBytes += free
	return true
}

// text is a copy of a text of a head, nil where there is no room for it.
func (x *exchange) text(b []byte, r *room) []byte {
	if len(b) == 0 || !x.takeText(len(b), r) {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}

// releaseHead gives back what it took.
func (x *exchange) releaseHead(r *room) {
	r.give(x.headBytes)
	x.headBytes = 0
}

// limit is how long a line of the head that is being read may be, of which n bytes are there. One
// that is longer is cut.
func (s *side) limit(n int) int {
	switch {
	case s.large && s.state == inHead:
		return maxHeadLine
	case n <= smallLine, s.narrow, s.state != inHead:
		return smallLine
	case s.talk.all.heads.take(costLargeHead) == 0:
		s.narrow = true
		return smallLine
	}
	s.large = true
	return maxHeadLine
}

// cutAt is how long a line of the head is at least that was cut.
func (s *side) cutAt() int {
	if s.narrow {
		return smallLine - 1
	}
	return maxHeadLine - 1
}

// restHead gives back what the head took that was read.
func (s *side) restHead() {
	if s.large {
		s.large = false
		s.talk.all.heads.give(costLargeHead)
	}
	s.narrow = false
	for _, b := range []*[]byte{
		&s.line, &s.field, &s.head.contentType, &s.head.encoding, &s.head.host, &s.head.userAgent, &s.head.origin,
		&s.head.forwarded,
	} {
		if cap(*b) > spareBuffer {
			*b = nil
		}
	}
	if cap(s.head.space) > spareBuffer {
		s.head.space = nil
		if s.head.first != nil {
			s.head.first = []byte{}
		}
	}
}
