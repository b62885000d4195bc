package wire

import "encoding/binary"

// parcel is a TCP segment to be put into an IP packet.
type parcel struct {
	from, to endpoint
	seq, ack uint32
	flags    uint8
	data     []byte
}

func v4(a, b, c, d byte, port uint16) endpoint { return endpoint{mapped([]byte{a, b, c, d}), port} }

func (p *parcel) tcp() []byte {
	h := make([]byte, sizeTCP, sizeTCP+len(p.data))
	binary.BigEndian.PutUint16(h, p.from.port)
	binary.BigEndian.PutUint16(h[2:], p.to.port)
	binary.BigEndian.PutUint32(h[4:], p.seq)
	binary.BigEndian.PutUint32(h[8:], p.ack)
	h[12], h[13] = sizeTCP/4<<4, p.flags
	binary.BigEndian.PutUint16(h[14:], 512)
	return append(h, p.data...)
}

// ipv4 returns p in a packet, padded as Ethernet pads short ones.
func (p *parcel) ipv4() []byte {
	h := make([]byte, sizeIPv4)
	h[0], h[8], h[9] = 0x45, 64, protoTCP
	copy(h[12:], p.from.addr[12:])
	copy(h[16:], p.to.addr[12:])
	h = append(h, p.tcp()...)
	if len(h) <= 0xffff {
		binary.BigEndian.PutUint16(h[2:], uint16(len(h)))
	}
	for len(h) < 46 {
		h = append(h, 0)
	}
	return h
}

// ipv6 returns p in a packet, after the extension headers of these types.
func (p *parcel) ipv6(extensions ...byte) []byte {
	h := make([]byte, sizeIPv6)
	h[0], h[7] = 0x60, 64
	copy(h[8:], p.from.addr[:])
	copy(h[24:], p.to.addr[:])
	next := &h[6]
	for i, e := range extensions {
		*next = e
		x := make([]byte, 8)
		if e != protoFragment {
			x = make([]byte, 8*(i+1))
			x[1] = byte(i)
		}
		h = append(h, x...)
		next = &h[len(h)-len(x)]
	}
	*next = protoTCP
	h = append(h, p.tcp()...)
	if n := len(h) - sizeIPv6; n <= 0xffff {
		binary.BigEndian.PutUint16(h[4:], uint16(n))
	}
	return h
}
