package wire

// credence is what the receiver of a reset makes of it (RFC 5961).
type credence uint8

const (
	doubted  credence = iota // nobody can tell: something before it, or what acknowledges it, was not seen
	believed                 // it is where the receiver expects the next byte
	ignored                  // the receiver has got what comes after it
)

// credence is what becomes of a reset of this side with that sequence number.
func (s *stream) credence(seq uint32) credence {
	switch {
	case !s.known, seq == s.next, s.finished && seq == s.next+1:
		return believed
	case s.answered && ahead(s.acked, seq) > 0:
		return ignored
	}
	return doubted
}

// reset takes a reset. One in doubt ends nothing yet: silence tells.
func (f *flow) reset(from Side, g *segment, at int64) {
	switch f.sides[from].credence(g.seq) {
	case believed:
		f.breaker = from
		f.done(EndReset, from, at)
	case doubted:
		f.breaker = from
		if !f.closed {
			f.first = from
		}
		f.table.move(f, doubtful)
	case ignored:
	}
}

// goesOn reports whether g tells that a connection that is done by a reset is not: who sent that
// says more than it had said, or has got more. Checksums are not verified, so anybody can reset
// a conversation for us that goes on for its receiver.
func (f *flow) goesOn(from Side, g *segment) bool {
	if !f.broken || from != f.breaker || g.is(flagRST) || !g.is(flagACK) {
		return false
	}
	other := &f.sides[1-from]
	got := other.next
	if other.finished {
		got++
	}
	return ahead(g.end(), f.sides[from].next) > 0 || ahead(g.ack, got) > 0
}
