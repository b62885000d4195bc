package connections

import (
	"net/netip"
	"slices"
)

// listener is a socket that accepts connections.
type listener struct {
	at      netip.AddrPort
	inode   uint32
	process Process
}

// serving returns the process whose listener accepted a connection to server; the zero Process where none is known.
// A listener for that very address comes before one for all addresses.
func serving(listeners []listener, server netip.AddrPort) Process {
	var all *listener
	for i := range listeners {
		l := &listeners[i]
		if l.at.Port() != server.Port() {
			continue
		}
		if l.at.Addr() == server.Addr() {
			return l.process
		}
		if !l.at.Addr().IsUnspecified() {
			continue
		}
		// A listener on all IPv6 addresses also accepts IPv4, unless there is one on all IPv4
		// addresses.
		if all == nil || l.at.Addr().Is4() == server.Addr().Is4() {
			all = l
		}
	}
	if all == nil {
		return Process{}
	}
	return all.process
}

// listening reports whether one of the listeners has a port.
func listening(listeners []listener, port uint16) bool {
	return slices.ContainsFunc(listeners, func(l listener) bool { return l.at.Port() == port })
}

// ports is a sorted list of the server's ports.
type ports []uint16

func (p ports) has(port uint16) bool {
	_, found := slices.BinarySearch(p, port)
	return found
}

// with returns the ports with some more, and which of these were not among them.
func (p ports) with(more ...uint16) (all ports, added []uint16) {
	all = slices.Clone(p)
	for _, port := range more {
		if at, found := slices.BinarySearch(all, port); !found && port != 0 {
			all = slices.Insert(all, at, port)
			added = append(added, port)
		}
	}
	return all, added
}

// ours reports whether a socket is a connection that a server on one of the ports accepted. The
// kernel also reports listeners, whose peer is unspecified, and outgoing connections. A
// connection over MPTCP that its client closed has no peer's port any more, but still its
// address.
func (p ports) ours(local, peer netip.AddrPort) bool {
	return p.has(local.Port()) && peer.Addr().IsValid() && !peer.Addr().IsUnspecified()
}
