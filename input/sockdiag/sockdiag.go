// Package sockdiag asks the Linux kernel about TCP sockets by netlink (sock_diag): which there are, which one
// belongs to two given addresses, and which have just been closed.
//
// Messages are encoded and decoded in portable code; the sockets themselves exist on Linux only.
// Our own network namespace needs no capability; those of containers need CAP_NET_BROADCAST. The
// kernel reports the end of a connection, not its beginning: a connection that lasts is found
// only by a dump. Messages that find no room in the receive buffer are lost, but counted.
//
// The protocol needs three requests and one reply, and libraries drop the control data that names the namespace: so
// golang.org/x/sys is used directly.
package sockdiag

import "net/netip"

// Socket is the kernel's description of one TCP socket.
type Socket struct {
	State State
	// Local and Peer are the two ends, IPv4 addresses in IPv6 form as IPv4. A listener's Peer
	// has no port and an unspecified address. In a closed connection over MPTCP a port may be 0
	// and Local unspecified. The zone of a link-local address is the number of its interface.
	Local, Peer netip.AddrPort
	// Cookie identifies a socket until the next boot.
	Cookie uint64
	// Remnant: it is what the kernel keeps of a connection that its process has closed. Its Cookie is that of the
	// connection only where that had been asked for before, on newer kernels.
	Remnant bool
	// UID and Inode are of the socket's file; 0 once it is closed.
	UID, Inode uint32
	// Counted: In and Out are known.
	Counted bool
	// In and Out are the bytes received and those sent and acknowledged. In may include one for the end.
	In, Out uint64
	// Namespace is the kernel's number, seen from ours, of the network namespace that the socket is in; Here if it is
	// our own.
	Namespace int32
}

// Here is the number of our own network namespace.
const Here = -1

// State is a state of TCP, by the kernel's numbers.
type State uint8

// States that are asked for or shown.
const (
	Established State = 1
	SynReceived State = 3
	Closed      State = 7
	CloseWait   State = 8
	Listening   State = 10
)

// Mask is a set of states.
func Mask(states ...State) (mask uint32) {
	for _, s := range states {
		mask |= 1 << s
	}
	return mask
}
