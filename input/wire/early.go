package wire

import "slices"

// early is what was said on a connection before anything told that it is there: anybody can send
// a segment in somebody's name, only who is at the other end of a connection answers it.
type early struct {
	list []overheard
	used int
}

// overheard is a segment of one side. It owns its payload.
type overheard struct {
	segment
	side Side
	at   int64
}

// Bounds of what is kept early.
const (
	mostEarly         = 64 // segments of one connection
	mostEarlyOfStream = 256 << 10
	mostEarlyBytes    = 2 << 20
	costEarly         = 160 // of a segment without payload
)

// keep keeps a copy of a segment. Where there is no room for it, the connection's oldest go,
// and then its own payload. r is the room of all connections.
func (e *early) keep(side Side, g *segment, at int64, r *room) {
	if g.length == 0 && !g.is(flagFIN) && len(e.list) > 0 {
		return // what it acknowledges, later ones do, too
	}
	o := overheard{*g, side, at}
	for len(e.list) > 0 && e.full(o.cost(), r) {
		e.used -= e.list[0].cost()
		r.used -= e.list[0].cost()
		e.list = slices.Delete(e.list, 0, 1)
	}
	if e.full(o.cost(), r) {
		o.payload = nil // as if it were cut off: others have all of the room
	}
	o.payload = slices.Clone(o.payload)
	e.list = append(e.list, o)
	e.used += o.cost()
	r.used += o.cost()
}

// says reports whether anything of that is more than an acknowledgment.
func (e *early) says() bool {
	return slices.ContainsFunc(e.list, func(o overheard) bool { return o.length > 0 })
}

func (e *early) full(cost int, r *room) bool {
	return len(e.list) >= mostEarly || e.used+cost > r.stream || r.used+cost > r.total
}

func (o *overheard) cost() int { return costEarly + len(o.payload) }

// fits returns the first that was kept of that side and is near to g, which from said; nil: none is.
func (e *early) fits(side, from Side, g *segment) *overheard {
	for i := range e.list {
		o := &e.list[i]
		seq, ack := o.seq, o.ack
		if side != from {
			seq, ack = ack, seq
		}
		if o.side == side && near(g.seq, seq) && near(g.ack, ack) {
			return o
		}
	}
	return nil
}

// take returns what was kept, in the order of its coming, and keeps it no longer.
func (e *early) take(r *room) []overheard {
	list := e.list
	r.used -= e.used
	*e = early{}
	return list
}

// expects returns the sequence number that the server's first byte has, by what the client
// acknowledged first, or seq, if the two do not fit.
func (e *early) expects(seq uint32) uint32 {
	if len(e.list) == 0 {
		return seq
	}
	first := e.list[0].ack
	if d := ahead(seq, first); d < 0 || d > nearby {
		return seq
	}
	return first
}
