package connections

import (
	"net/netip"
	"time"
)

// windows reports the first connection of a client at once, and all that follow within a minute
// in one event, for each server port. A client without connections for a minute counts as new.
// Nothing is left out: the counts of the events add up to the number of connections.
type windows struct {
	emit  func(*event)
	known map[client]*window
	queue []*window // by when they began
}

// client is the key by which connections are reported together.
type client struct {
	addr      netip.Addr
	port      uint16 // of the server
	namespace int32
}

type window struct {
	client client
	began  time.Time
	held   *event // what is held back; nil for nothing
}

const (
	windowLength = time.Minute
	// maxWindows bounds the clients of a minute. With more clients, events are emitted earlier,
	// and there are more of them.
	maxWindows = 1 << 16
)

// add adds the event of one connection.
func (w *windows) add(e *event) {
	key := client{e.Client.Addr(), e.Server.Port(), e.Namespace}
	known := w.known[key]
	if known == nil {
		w.emit(e)
		w.begin(&window{client: key, began: e.At})
		return
	}
	if known.held == nil {
		known.held = e
		return
	}
	known.held.merge(e)
}

// merge adds to held another connection of the same client, or the end of the same connection.
func (held *event) merge(e *event) {
	if held.Cookie != e.Cookie || held.Cookie == 0 && held.Client != e.Client {
		held.several = true
		held.MPTCP = held.MPTCP && e.MPTCP
		if held.Server.Addr() != e.Server.Addr() {
			held.Server = netip.AddrPortFrom(netip.Addr{}, e.Server.Port())
		}
		if held.Process != e.Process {
			held.Process = Process{}
		}
	}
	held.count += e.count
	held.In += e.In
	held.Out += e.Out
	held.Counted = held.Counted || e.Counted
	held.Ended = held.Ended || e.Ended
}

func (w *windows) begin(n *window) {
	if w.known == nil {
		w.known = make(map[client]*window)
	}
	if len(w.queue) >= maxWindows {
		w.end()
	}
	w.known[n.client] = n
	w.queue = append(w.queue, n)
}

// end ends the oldest window, emits what it holds back and reports whether there was anything.
func (w *windows) end() (something bool) {
	old := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	delete(w.known, old.client)
	if old.held == nil {
		return false
	}
	w.emit(old.held)
	return true
}

// flush emits what has been held back for a minute. A client with nothing held back is
// forgotten.
func (w *windows) flush(now time.Time) {
	for len(w.queue) > 0 && now.Sub(w.queue[0].began) >= windowLength {
		key := w.queue[0].client
		if w.end() {
			w.begin(&window{client: key, began: now})
		}
	}
}

// next returns when flush has something to do; ok is false if nothing is known.
func (w *windows) next() (at time.Time, ok bool) {
	if len(w.queue) == 0 {
		return at, false
	}
	return w.queue[0].began.Add(windowLength), true
}

// close emits everything that is held back.
func (w *windows) close() {
	for len(w.queue) > 0 {
		w.end()
	}
}
