package wire

import "time"

// stage is how far a connection is.
type stage uint8

const (
	opening  stage = iota // somebody said something; nobody knows yet whether there is anybody to answer
	talking               // it has a conversation
	doubtful              // the same, after a reset that its receiver may not believe: silence tells
	ended                 // its conversation is done; late packets are told from new connections
	foreign               // opened by the port that would be the server's: none of ours
	stages                // how many there are
)

// flow is one connection, under all the names that it is seen with: where
// addresses are rewritten on the way, the same segments pass by with several.
type flow struct {
	stage stage
	sides [2]stream
	talk  Conversation
	table *table

	since  int64     // when it was first seen
	via    int       // and on which interface
	joined bool      // its beginning was not seen
	serial uint64    // the smaller, the earlier it was
	names  []tuple   // under which the table knows it, the first seen first
	early  early     // while it is opening
	began  [2]number // where its sides began: it is known again by these under another name
	again  number    // where a client of the same name wants to begin anew

	broken  bool // it is done by a reset
	breaker Side // who sent the last one

	closed bool  // first is the side that closed first
	first  Side  // or broke off, in doubt
	at     int64 // when its last packet was seen
	links  links // among the flows of its stage
}

// number is a sequence number that may be known.
type number struct {
	known bool
	seq   uint32
}

// begin takes where a side begins: its SYN.
func (f *flow) begin(side Side, seq uint32) {
	f.began[side] = number{true, seq}
	f.sides[side].begin(seq + 1)
}

// segment takes a segment without SYN of a connection that talks.
func (f *flow) segment(from Side, g *segment, at int64) {
	s, other := &f.sides[from], &f.sides[1-from]
	if g.is(flagACK) {
		other.acknowledge(g.ack, at)
		f.note(1 - from)
	}
	if g.is(flagRST) {
		f.reset(from, g, at)
		return
	}
	if f.stage == doubtful {
		f.table.move(f, talking)
	}
	s.take(g, at)
	f.note(from)
	if s.finished && other.finished {
		f.done(EndFIN, f.first, at)
	}
}

// replay lets a flow that talks take what was said early, but for what was in another's name: it
// does not fit into what both sides say.
func (f *flow) replay() {
	for _, o := range f.early.take(&f.table.early) {
		if f.talk != nil && f.near(o.side, &o.segment) {
			f.segment(o.side, &o.segment, o.at)
		}
	}
}

// near reports whether g fits into what f says just now.
func (f *flow) near(from Side, g *segment) bool {
	if f.stage == opening {
		return f.early.fits(from, from, g) != nil || f.early.fits(1-from, from, g) != nil
	}
	return near(g.seq, f.sides[from].next) && near(g.ack, f.sides[1-from].next)
}

// near reports whether two sequence numbers are so near that nobody guesses it.
func near(a, b uint32) bool { return ahead(a, b) <= nearby && ahead(b, a) <= nearby }

// note keeps who closed first.
func (f *flow) note(side Side) {
	if f.sides[side].finished && !f.closed {
		f.closed, f.first = true, side
	}
}

func (f *flow) reset(from Side, g *segment, at int64) {
	f.breaker = from
	if f.sides[from].resets(g.seq) {
		f.done(EndReset, from, at)
		return
	}
	if !f.closed {
		f.first = from
	}
	f.table.move(f, doubtful)
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

// done ends the conversation. What both sides turn out to have closed is no other end.
func (f *flow) done(how End, by Side, at int64) {
	client, server := &f.sides[FromClient], &f.sides[FromServer]
	clientClosed, serverClosed := client.finished, server.finished
	client.end(serverClosed, at)
	server.end(clientClosed, at)
	f.note(FromClient)
	f.note(FromServer)
	if client.finished && server.finished {
		how, by = EndFIN, f.first
	}
	if how == EndForgotten {
		f.table.stats.Forgotten++
	}
	f.talk.Done(how, by, time.Unix(0, at))
	f.broken = how == EndReset
	f.talk, client.to, server.to = nil, nobody{}, nobody{}
	f.table.move(f, ended)
}
