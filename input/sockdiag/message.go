package sockdiag

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"syscall"
)

// message is one netlink message: its kind, the number of the request it answers, and what follows its header.
type message struct {
	kind     uint16
	sequence uint32
	body     []byte
}

// Kinds of messages that every protocol of netlink has.
const (
	kindNoop  = 1
	kindError = 2
	kindDone  = 3
)

var errShort = errors.New("netlink message is cut short")

// split returns the first message of what was received and what follows it.
func split(b []byte) (m message, rest []byte, err error) {
	if len(b) < headerLen {
		return m, nil, errShort
	}
	n := binary.NativeEndian.Uint32(b)
	if n < headerLen || uint64(n) > uint64(len(b)) {
		return m, nil, errShort
	}
	m.kind = binary.NativeEndian.Uint16(b[4:])
	m.sequence = binary.NativeEndian.Uint32(b[8:])
	m.body = b[headerLen:n]
	return m, b[min(aligned(int(n)), len(b)):], nil
}

// aligned returns the offset of what follows n bytes of a message.
func aligned(n int) int { return (n + 3) &^ 3 }

// failure returns the error that a message of the kind kindError or kindDone holds, nil for none.
func (m *message) failure() error {
	if len(m.body) < 4 {
		return nil // a kindDone may hold nothing
	}
	if n := int32(binary.NativeEndian.Uint32(m.body)); n < 0 {
		return fmt.Errorf("the kernel refused: %w", syscall.Errno(-n))
	}
	return nil
}

// timerTimeWait is the kernel's number for the timer of what is left of a connection.
const timerTimeWait = 3

// decode reads the kernel's description of a socket: a struct inet_diag_msg and the attributes
// after it.
func decode(body []byte) (s Socket, err error) {
	if len(body) < socketLen {
		return s, errShort
	}
	family := body[0]
	zone := binary.NativeEndian.Uint32(body[40:])
	local, ok := address(family, body[8:24], zone)
	peer, also := address(family, body[24:40], zone)
	if !ok || !also {
		return s, fmt.Errorf("socket of the unknown address family %d", family)
	}
	s = Socket{
		State:     State(body[1]),
		Local:     netip.AddrPortFrom(local, binary.BigEndian.Uint16(body[4:])),
		Peer:      netip.AddrPortFrom(peer, binary.BigEndian.Uint16(body[6:])),
		Cookie:    uint64(binary.NativeEndian.Uint32(body[44:])) | uint64(binary.NativeEndian.Uint32(body[48:]))<<32,
		UID:       binary.NativeEndian.Uint32(body[64:]),
		Inode:     binary.NativeEndian.Uint32(body[68:]),
		Remnant:   body[2] == timerTimeWait,
		Namespace: Here,
	}
	if info := attribute(body[socketLen:], attributeInfo); info != nil {
		s.In, s.Out, s.Counted = counts(info)
	}
	return s, nil
}

// address reads 16 bytes in which an IPv4 address takes the first four.
func address(family byte, raw []byte, zone uint32) (a netip.Addr, ok bool) {
	switch family {
	case familyIPv4:
		return netip.AddrFrom4([4]byte(raw)), true
	case familyIPv6:
		a = netip.AddrFrom16([16]byte(raw)).Unmap()
		if zone != 0 && (a.IsLinkLocalUnicast() || a.IsLinkLocalMulticast()) && a.Is6() {
			a = a.WithZone(strconv.FormatUint(uint64(zone), 10))
		}
		return a, true
	}
	return a, false
}

// attributeInfo is INET_DIAG_INFO, a struct tcp_info.
const attributeInfo = 2

// attribute returns the value of the first attribute of a kind, nil if there is none.
func attribute(b []byte, kind uint16) []byte {
	for len(b) >= 4 {
		n := int(binary.NativeEndian.Uint16(b))
		if n < 4 || n > len(b) {
			return nil
		}
		const flags = 0xc000
		if binary.NativeEndian.Uint16(b[2:])&^flags == kind {
			return b[4:n:n]
		}
		b = b[min(aligned(n), len(b)):]
	}
	return nil
}

// The offsets of the byte counts in struct tcp_info. Kernels before 4.19 do not have the last
// two.
const (
	infoAcked    = 120
	infoReceived = 128
	infoSent     = 200
	infoResent   = 208
	infoEnd      = 216
)

// counts reads the bytes of a connection from a struct tcp_info.
//
// The kernel counts the end of each direction (FIN) as a byte. Whether ours was counted shows in
// the difference between what was acknowledged and what was sent. If it was, the connection was
// closed and not reset, and so the peer's end is assumed to be counted too: the result is one
// off if we closed first and the peer's end came later.
func counts(info []byte) (in, out uint64, ok bool) {
	if len(info) < infoReceived+8 {
		return 0, 0, false
	}
	at := binary.NativeEndian.Uint64
	in, out = at(info[infoReceived:]), at(info[infoAcked:])
	if len(info) < infoEnd {
		return in, out, true
	}
	if sent := at(info[infoSent:]) - at(info[infoResent:]); out == sent+1 {
		out--
		if in > 0 {
			in--
		}
	}
	return in, out, true
}
