package wire

import "time"

// stage is how far a connection is.
type stage uint8

const (
	opening  stage = iota // somebody said something; nobody knows yet whether there is anybody to answer
	talking               // it has a conversation
	doubtful              // the same, after a reset that its receiver may not believe: silence tells
	leaving               // the same; both closed, the client first: does it take the rest of the answer?
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
	heard  [2]bool   // who of both was seen to send something
	serial uint64    // the smaller, the earlier it was
	names  []tuple   // under which the table knows it, the first seen first
	early  early     // while it is opening
	began  [2]number // where its sides began: it is known again by these under another name
	again  number    // where a client of the same name wants to begin anew

	broken  bool // it is done by a reset
	breaker Side // who sent the last one

	repeats repeats
	stuck   bool  // the client had no room for more when it was last heard
	closed  bool  // first is the side that closed first
	first   Side  // or broke off, in doubt
	at      int64 // when its last packet was seen
	links   links // among the flows of its stage
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
	if f.stage == leaving {
		f.leave(from, g, at)
		return
	}
	f.learn(from, g)
	if g.is(flagACK) {
		before := other.acked
		other.acknowledge(g.ack, at)
		f.note(1 - from)
		if from == FromServer {
			f.repeats.deny(other, g, before)
		}
	}
	if g.is(flagRST) {
		f.reset(from, g, at)
		return
	}
	if f.stage == doubtful {
		f.table.move(f, talking)
	}
	if from == FromClient {
		f.compare(g, at)
	}
	s.take(g, at)
	f.note(from)
	if s.finished && other.finished {
		f.bothClosed(at)
	}
}

// bothClosed ends a conversation whose sides both closed. Where the client did so first and the
// server said more, what the client makes of that is awaited: one that only asks nothing more
// acknowledges it, one that has left answers with a reset.
func (f *flow) bothClosed(at int64) {
	if f.first == FromClient && !f.sides[FromServer].took() {
		f.table.move(f, leaving)
		return
	}
	f.done(EndFIN, f.first, at)
}

// leave takes a segment of a connection that both sides closed.
func (f *flow) leave(from Side, g *segment, at int64) {
	switch {
	case from == FromServer:
	case g.is(flagRST) && f.sides[FromClient].credence(g.seq) == believed:
		f.breaker = from
		f.done(EndReset, from, at)
	case !g.is(flagRST) && g.is(flagACK) && ahead(g.ack, f.sides[FromServer].next) >= 0:
		f.done(EndFIN, from, at)
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

// done ends the conversation. What both sides turn out to have closed is no other end, unless
// it is known that one did not take the rest.
func (f *flow) done(how End, by Side, at int64) {
	client, server := &f.sides[FromClient], &f.sides[FromServer]
	clientClosed, serverClosed := client.finished, server.finished
	client.end(serverClosed, at)
	server.end(clientClosed, at)
	f.note(FromClient)
	f.note(FromServer)
	if client.finished && server.finished && (f.stage != leaving || how == EndForgotten) {
		how, by = EndFIN, f.first
	}
	if how == EndForgotten {
		f.table.stats.Forgotten++
	}
	if !f.heard[FromClient] || !f.heard[FromServer] {
		f.table.stats.OneSided++
	}
	f.talk.Done(how, by, time.Unix(0, at))
	f.broken = how == EndReset
	f.talk, client.to, server.to = nil, nobody{}, nobody{}
	f.table.move(f, ended)
}
