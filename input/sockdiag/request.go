package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// Numbers of linux/netlink.h, linux/sock_diag.h and linux/inet_diag.h.
const (
	headerLen = 16 // of a netlink message
	idLen     = 48 // both ports and addresses, the interface and the cookie
	socketLen = 4 + idLen + 20

	byFamily = 20 // SOCK_DIAG_BY_FAMILY
	ofTCP    = 18 // TCPDIAG_GETSOCK: the older request, which asks for both families at once

	flagRequest = 0x1
	flagDump    = 0x300

	protocolTCP = 6
	familyIPv4  = 2
	familyIPv6  = 10
)

// noCookie matches a socket whatever its cookie is.
const noCookie = ^uint64(0)

// dumpRequest returns the request for all TCP sockets, IPv4 and IPv6, in one of the states. If
// port is not 0 the kernel leaves out those with another local port.
//
// The older form of the request costs one walk through the kernel's table instead of one for each family.
func dumpRequest(sequence, states uint32, port uint16) []byte {
	b := header(ofTCP, flagRequest|flagDump, sequence)
	b = append(b, 0, 0, 0, 0) // family, lengths, attributes asked for
	b = appendID(b, netip.AddrPortFrom(netip.Addr{}, port), netip.AddrPort{}, 0)
	b = binary.NativeEndian.AppendUint32(b, states)
	b = binary.NativeEndian.AppendUint32(b, 0)
	return sized(b)
}

// findRequest returns the request for the socket with these two addresses.
func findRequest(sequence uint32, local, peer netip.AddrPort) []byte {
	b := header(byFamily, flagRequest, sequence)
	family := byte(familyIPv6)
	if local.Addr().Is4() {
		family = familyIPv4
	}
	b = append(b, family, protocolTCP, 0, 0)
	b = binary.NativeEndian.AppendUint32(b, ^uint32(0))
	b = appendID(b, local, peer, noCookie)
	return sized(b)
}

func header(kind, flags uint16, sequence uint32) []byte {
	b := binary.NativeEndian.AppendUint32(make([]byte, 0, 128), 0) // see sized
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	return binary.NativeEndian.AppendUint32(b, 0)
}

// sized sets the length of a message.
func sized(b []byte) []byte {
	binary.NativeEndian.PutUint32(b, uint32(len(b)))
	return b
}

func appendID(b []byte, local, peer netip.AddrPort, cookie uint64) []byte {
	b = binary.BigEndian.AppendUint16(b, local.Port())
	b = binary.BigEndian.AppendUint16(b, peer.Port())
	b = appendAddr(b, local.Addr())
	b = appendAddr(b, peer.Addr())
	b = binary.NativeEndian.AppendUint32(b, interfaceOf(local.Addr(), peer.Addr()))
	b = binary.NativeEndian.AppendUint32(b, uint32(cookie))
	return binary.NativeEndian.AppendUint32(b, uint32(cookie>>32))
}

// appendAddr appends an address as the kernel has it: 16 bytes, of which IPv4 takes the first four.
func appendAddr(b []byte, a netip.Addr) []byte {
	var raw [16]byte
	switch {
	case a.Is4():
		v4 := a.As4()
		copy(raw[:], v4[:])
	case a.IsValid():
		raw = a.As16()
	}
	return append(b, raw[:]...)
}

// interfaceOf returns the interface number in the zone of a link-local address; 0: none.
func interfaceOf(addrs ...netip.Addr) uint32 {
	for _, a := range addrs {
		if n, err := strconv.ParseUint(a.Zone(), 10, 32); err == nil {
			return uint32(n)
		}
	}
	return 0
}
