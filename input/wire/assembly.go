package wire

import "slices"

// assembly makes conversations of packets. It does no I/O, and is of one goroutine.
type assembly struct {
	*table
	ports []uint16
}

func newAssembly(ports []uint16, open Opener, zone func(via int) string) *assembly {
	return &assembly{table: newTable(open, zone), ports: ports}
}

// packet takes the beginning p of an IP packet of length bytes, seen at that
// time, in nanoseconds since 1970, on the interface via. p is borrowed until release.
func (a *assembly) packet(p []byte, length int, at int64, via int) {
	a.stats.Packets++
	g, quality := decode(p, length)
	switch quality {
	case malformed:
		a.stats.Malformed++
		return
	case fragment:
		a.stats.Fragments++
	}
	if g.length > len(g.payload) {
		a.stats.Truncated++
	}
	if g.signed || g.flags&(flagACK|flagSYN|flagRST) == 0 {
		a.stats.Refused++
		return
	}
	from, ours := a.sender(&g)
	if !ours {
		return
	}
	name := tuple{g.from, g.to}
	if from == FromServer {
		name = tuple{g.to, g.from}
	}
	a.segment(&name, from, &g, at, via)
}

// sender returns who sent g. If both ports could be the server's, it is the one that
// was asked for: the first packet of a connection goes to it.
func (a *assembly) sender(g *segment) (from Side, ours bool) {
	toServer, fromServer := slices.Contains(a.ports, g.to.port), slices.Contains(a.ports, g.from.port)
	if toServer && fromServer {
		known := a.find(&tuple{g.to, g.from}) != nil
		if known || g.is(flagSYN) && g.is(flagACK) {
			return FromServer, true
		}
		return FromClient, true
	}
	if fromServer {
		return FromServer, true
	}
	return FromClient, toServer
}

// segment takes a segment of the connection of that name.
func (a *assembly) segment(name *tuple, from Side, g *segment, at int64, via int) {
	f := a.find(name)
	if g.is(flagSYN) {
		a.synchronize(f, name, from, g, at, via)
		return
	}
	if f != nil && f.goesOn(from, g) {
		a.forget(f)
		f = nil
	}
	if f == nil {
		if f = a.join(name, from, g, at, via); f == nil {
			return
		}
	}
	f.heard[from] = true
	if f.stage == opening {
		if f = a.establish(f, from, g, at); f == nil {
			return
		}
		f.heard[from] = true
	}
	if f.stage == ended {
		return // also where establish found that it is one that is done
	}
	a.rows[f.stage].touch(&f.links, a.now)
	if f.stage == foreign {
		return
	}
	f.at = max(f.at, at)
	f.segment(from, g, at)
}

// synchronize takes a segment with SYN.
func (a *assembly) synchronize(f *flow, name *tuple, from Side, g *segment, at int64, via int) {
	reply := g.is(flagACK)
	switch {
	case g.is(flagRST):
	case from == FromClient && !reply:
		a.ask(f, name, g, at, via)
	case from == FromServer && reply:
		a.answer(f, name, g, at, via)
	case f == nil || f.stage == ended:
		// The port that would be the server's asks, or is answered.
		if f != nil {
			a.forget(f)
		}
		a.add(name, foreign, at, via)
	}
}

// ask takes the SYN of a client. Data beside it is not read: a server that does
// not ask for that, as none of Go does, gets it again.
func (a *assembly) ask(f *flow, name *tuple, g *segment, at int64, via int) {
	if f != nil {
		same := f.began[FromClient].known && f.began[FromClient].seq == g.seq
		switch {
		case same:
			return
		case f.stage != ended && f.stage != foreign:
			// Anybody can send a SYN in somebody's name: it is the server who says whether it counts.
			f.again = number{true, g.seq}
			return
		}
		a.forget(f)
	}
	f = a.add(name, opening, at, via)
	f.heard[FromClient] = true
	f.begin(FromClient, g.seq)
}

// answer takes the SYN of a server.
func (a *assembly) answer(f *flow, name *tuple, g *segment, at int64, via int) {
	asked := g.ack - 1
	if f != nil && f.again.known && f.again.seq == asked {
		if f.talk != nil {
			f.done(EndForgotten, FromClient, f.at)
		}
		a.forget(f)
		f = nil
	}
	if f == nil || f.stage == ended || f.stage == opening && f.joined {
		if f != nil {
			if f.began[FromServer].known && f.began[FromServer].seq == g.seq {
				return
			}
			a.forget(f)
		}
		f = a.add(name, opening, at, via)
		f.begin(FromClient, asked)
	}
	if f.stage != opening || f.began[FromServer].known {
		return
	}
	if d := ahead(asked, f.began[FromClient].seq); d < 0 || d > nearby {
		return
	}
	f.heard[FromServer] = true
	f.begin(FromServer, g.seq)
	a.identify(f)
}

// establish opens the conversation of f if g tells that the connection came
// about, and returns it, nil: not yet, or never.
func (a *assembly) establish(f *flow, from Side, g *segment, at int64) *flow {
	switch {
	case g.is(flagRST):
		a.forget(f)
		return nil
	case !g.is(flagACK):
		return nil
	case f.joined:
		return a.confirm(f, from, g, at)
	}
	client, server := g.seq, g.ack
	if from == FromServer {
		client, server = g.ack, g.seq
	}
	if !follows(client, f.began[FromClient]) || !follows(server, f.began[FromServer]) {
		return nil
	}
	if !f.began[FromServer].known {
		if from == FromClient {
			f.early.keep(from, g, at, &a.early)
			return nil
		}
		f.begin(FromServer, f.early.expects(server)-1)
	}
	f = a.identify(f)
	if f.stage == opening {
		a.start(f)
	}
	return f
}

// confirm is establish for a connection whose beginning was not seen: it came about
// if g answers what the other side said.
func (a *assembly) confirm(f *flow, from Side, g *segment, at int64) *flow {
	o := f.early.fits(1-from, from, g)
	if o == nil {
		f.early.keep(from, g, at, &a.early)
		return nil
	}
	f.sides[o.side].begin(o.seq)
	f.sides[from].acknowledge(o.ack, at)
	a.start(f)
	return f
}

// follows reports whether seq can come soon after where a side began.
func follows(seq uint32, began number) bool {
	d := ahead(seq, began.seq)
	return !began.known || d > 0 && d <= nearby
}

// join begins to overhear a connection in its middle, if somebody says something, or
// returns the one that it belongs to under another name.
func (a *assembly) join(name *tuple, from Side, g *segment, at int64, via int) *flow {
	if g.length == 0 || g.is(flagRST) || !g.is(flagACK) {
		return nil
	}
	if f := a.joined[name.client]; f != nil && f.stage != ended && f.near(from, g) {
		a.call(f, name)
		return f
	}
	f := a.add(name, opening, at, via)
	f.joined = true
	f.heard[from] = true
	f.early.keep(from, g, at, &a.early)
	a.joined[name.client] = f
	return nil
}
