package connections

import (
	"net/netip"
	"time"
)

// book knows the open connections, so that each is reported once when it is first seen and once
// when it ends. It has no clock of its own, and calls emit for each report.
type book struct {
	origin string
	events Events
	emit   func(*event)
	open   map[identity]time.Time // when a dump last showed it
	first  windows
	seen   uint64 // connections, each once
}

// identity identifies an open connection, by its cookie or, without one, by its two addresses.
type identity struct {
	namespace      int32
	cookie         uint64
	client, server netip.AddrPort
}

func (c *Connection) identity() identity {
	if c.Cookie != 0 {
		return identity{namespace: c.Namespace, cookie: c.Cookie}
	}
	return identity{namespace: c.Namespace, client: c.Client, server: c.Server}
}

// maxOpen bounds the open connections that are known. Further ones are reported only when they
// end.
const maxOpen = 1 << 17

// forgetAfter is how long a connection may be missing from dumps until its end counts as lost.
// The kernel may take up to a quarter of an hour to close a connection that still has bytes to
// send.
const forgetAfter = 30 * time.Minute

func newBook(origin string, events Events, emit func(*event)) *book {
	b := &book{origin: origin, events: events, emit: emit, open: make(map[identity]time.Time)}
	b.first.emit = emit
	return b
}

// sighted notes a connection that is open now.
func (b *book) sighted(c *Connection) {
	id := c.identity()
	_, known := b.open[id]
	if !known && len(b.open) >= maxOpen {
		return
	}
	b.open[id] = c.At
	if !known {
		b.seen++
		b.tell(c, 1)
	}
}

// ended notes a connection that was closed.
func (b *book) ended(c *Connection) {
	id := c.identity()
	if _, known := b.open[id]; known {
		delete(b.open, id)
		b.tell(c, 0)
		return
	}
	b.seen++
	b.tell(c, 1)
}

// knows reports whether a connection of this namespace is known to be open.
func (b *book) knows(cookie uint64) bool {
	_, known := b.open[identity{namespace: here, cookie: cookie}]
	return known
}

func (b *book) tell(c *Connection, count int) {
	e := &event{origin: b.origin, Connection: *c, count: count}
	if b.events == All {
		b.emit(e)
		return
	}
	b.first.add(e)
}

// forget drops the connections whose end must have been lost.
func (b *book) forget(now time.Time) {
	for id, last := range b.open {
		if now.Sub(last) > forgetAfter {
			delete(b.open, id)
		}
	}
}
