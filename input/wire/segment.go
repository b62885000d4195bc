package wire

import (
	"encoding/binary"
	"net/netip"
)

// segment is one TCP segment. payload is borrowed from the packet.
type segment struct {
	from, to endpoint
	seq, ack uint32
	flags    uint8
	window   uint16
	signed   bool   // with a signature, which no server that we know of takes
	raw      []byte // what there is of it, with its header
	payload  []byte
	length   int // of the payload on the wire: more than len(payload) where the packet was cut
}

// Flags of a TCP header.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	_
	flagACK
)

// end returns the sequence number after the payload.
func (s *segment) end() uint32 { return s.seq + uint32(s.length) }

func (s *segment) is(flag uint8) bool { return s.flags&flag != 0 }

// endpoint is an address and a port; IPv4 addresses are mapped ones.
type endpoint struct {
	addr [16]byte
	port uint16
}

// addrPort returns e as others know it: an unmapped address, with the zone where it is a link-local one.
func (e endpoint) addrPort(zone func() string) netip.AddrPort {
	a := netip.AddrFrom16(e.addr).Unmap()
	if a.Is6() && a.IsLinkLocalUnicast() {
		a = a.WithZone(zone())
	}
	return netip.AddrPortFrom(a, e.port)
}

// quality is what kind of packet it was that held a segment, or did not.
type quality uint8

const (
	whole     quality = iota
	fragment          // the first of several: a segment without its end
	malformed         // not TCP over IP, or shorter than its headers say
)

const (
	protoTCP      = 6
	protoHop      = 0
	protoRouting  = 43
	protoFragment = 44
	protoOptions  = 60
	sizeIPv4      = 20
	sizeIPv6      = 40
	sizeTCP       = 20
)

// decode reads the TCP segment in an IP packet that was length bytes long, of
// which p is the beginning. It looks at the headers only, whatever the length.
func decode(p []byte, length int) (segment, quality) {
	if len(p) == 0 {
		return segment{}, malformed
	}
	switch p[0] >> 4 {
	case 4:
		return decodeIPv4(p, length)
	case 6:
		return decodeIPv6(p, length)
	}
	return segment{}, malformed
}

func decodeIPv4(p []byte, length int) (s segment, q quality) {
	if len(p) < sizeIPv4 || p[9] != protoTCP {
		return s, malformed
	}
	header := int(p[0]&0xf) * 4
	// A length of 0: more than fits there, as segmentation offload makes them.
	if total := int(binary.BigEndian.Uint16(p[2:])); total != 0 {
		length = min(length, total)
	}
	if header < sizeIPv4 || header > length {
		return s, malformed
	}
	switch place := binary.BigEndian.Uint16(p[6:]); {
	case place&0x1fff != 0:
		return s, malformed
	case place&0x2000 != 0:
		q = fragment
	}
	s.from.addr = mapped(p[12:16])
	s.to.addr = mapped(p[16:20])
	return s, s.transport(p, header, length, q)
}

func decodeIPv6(p []byte, length int) (s segment, q quality) {
	if len(p) < sizeIPv6 {
		return s, malformed
	}
	if payload := int(binary.BigEndian.Uint16(p[4:])); payload != 0 {
		length = min(length, sizeIPv6+payload)
	}
	s.from.addr = [16]byte(p[8:24])
	s.to.addr = [16]byte(p[24:40])
	next, at := p[6], sizeIPv6
	for next != protoTCP {
		if at+8 > len(p) {
			return s, malformed
		}
		size := 8
		switch next {
		case protoHop, protoRouting, protoOptions:
			size = (int(p[at+1]) + 1) * 8
		case protoFragment:
			switch place := binary.BigEndian.Uint16(p[at+2:]); {
			case place&0xfff8 != 0:
				return s, malformed
			case place&1 != 0:
				q = fragment
			}
		default:
			return s, malformed
		}
		next, at = p[at], at+size
	}
	return s, s.transport(p, at, length, q)
}

// transport reads the TCP header at p[at:] of a packet with length bytes.
func (s *segment) transport(p []byte, at, length int, q quality) quality {
	kept := min(len(p), length)
	if at+sizeTCP > kept {
		return malformed
	}
	h := p[at:]
	data := at + int(h[12]>>4)*4
	if data < at+sizeTCP || data > kept {
		return malformed
	}
	s.from.port = binary.BigEndian.Uint16(h)
	s.to.port = binary.BigEndian.Uint16(h[2:])
	s.seq = binary.BigEndian.Uint32(h[4:])
	s.ack = binary.BigEndian.Uint32(h[8:])
	s.flags = h[13]
	s.window = binary.BigEndian.Uint16(h[14:])
	s.signed = data > at+sizeTCP && signed(p[at+sizeTCP:data])
	s.raw = p[at:kept]
	s.payload = p[data:kept]
	s.length = length - data
	if q == fragment {
		s.flags &^= flagFIN // it stands at the end of the last one
	}
	return q
}

// Options of a TCP header.
const (
	optionEnd    = 0
	optionPad    = 1
	optionMD5    = 19
	optionAO     = 29
	optionsStamp = 0x0101080a // what nearly all have: a time stamp behind two pads
)

// signed reports whether there is a signature among the options.
func signed(options []byte) bool {
	if len(options) == 12 && binary.BigEndian.Uint32(options) == optionsStamp {
		return false
	}
	for len(options) > 0 {
		switch options[0] {
		case optionEnd:
			return false
		case optionPad:
			options = options[1:]
			continue
		case optionMD5, optionAO:
			return true
		}
		if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
			return false
		}
		options = options[options[1]:]
	}
	return false
}

func mapped(ip []byte) (a [16]byte) {
	a[10], a[11] = 0xff, 0xff
	copy(a[12:], ip)
	return a
}
