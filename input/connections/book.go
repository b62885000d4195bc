package connections

import (
	"net/netip"
	"time"
)

// book knows the connections that are open, so that each is told of once when it is first seen and once when it ends.
// It has no clock of its own and calls emit for what is to be told.
type book struct {
	origin string
	events Events
	emit   func(*event)
	open   map[identity]time.Time // when a look last showed it
	first  windows
	seen   uint64 // connections, each once
}

// identity tells a connection from all others that are open, by its cookie or, where there is none, by its ends.
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

// maxOpen bounds the open connections that are known. Those beyond it are told of when they end.
const maxOpen = 1 << 17

// forgetAfter is how long a connection may be missing from dumps before its end is taken to have been lost. A closed
// connection that still has something to send takes the kernel up to a quarter of an hour.
const forgetAfter = 30 * time.Minute

func newBook(origin string, events Events, emit func(*event)) *book {
	b := &book{origin: origin, events: events, emit: emit, open: make(map[identity]time.Time)}
	b.first.emit = emit
	return b
}

// sighted takes a connection that is open now.
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

// ended takes a connection that was closed.
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
