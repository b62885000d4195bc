package wire

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"testing"
)

// checksum is what RFC 9293 says, word by word.
func checksum(p *parcel, tcp []byte) uint16 {
	sum := uint32(protoTCP) + uint32(len(tcp))
	words := slices.Concat(p.from.addr[:], p.to.addr[:], tcp)
	if len(words)%2 == 1 {
		words = append(words, 0)
	}
	for i := 0; i < len(words); i += 2 {
		sum += uint32(words[i])<<8 | uint32(words[i+1])
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// summed puts the checksum into a packet whose TCP header is at that place.
func summed(p *parcel, packet []byte, at int) []byte {
	binary.BigEndian.PutUint16(packet[at+16:], checksum(p, packet[at:at+sizeTCP+len(p.data)]))
	return packet
}

func TestSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	six := func(last byte) endpoint { return endpoint{[16]byte{0x20, 1, 0xd, 0xb8, 15: last}, 40000} }
	for i := range 2000 {
		data := make([]byte, r.IntN(200))
		for j := range data {
			data[j] = byte(r.Uint32())
		}
		p := &parcel{v4(192, 0, 2, byte(i), 40000), v4(192, 0, 2, 1, 11434), r.Uint32(), r.Uint32(), flagACK, data}
		at := sizeIPv4
		packet := p.ipv4()
		if i%2 == 1 {
			p.from, p.to = six(byte(i)), six(1)
			at = sizeIPv6
			packet = p.ipv6()
			if i%4 == 1 {
				at += 8
				packet = p.ipv6(protoOptions)
			}
		}
		packet = summed(p, packet, at)
		if !sound(packet, len(packet)) {
			t.Fatalf("%x is not sound", packet)
		}
		where := at + r.IntN(sizeTCP+len(data))
		bit := byte(1) << r.IntN(8)
		if where == at+12 && bit >= 16 {
			continue // where the payload begins
		}
		packet[where] ^= bit
		if sound(packet, len(packet)) {
			t.Fatalf("%x is sound, but for bit %d at %d", packet, bit, where)
		}
		if !sound(packet[:len(packet)-1-r.IntN(8)], len(packet)) && at == sizeIPv6 {
			t.Fatalf("%x: what is cut cannot be looked at", packet)
		}
	}
	for _, p := range [][]byte{nil, {0x45}, make([]byte, 100)} {
		if !sound(p, len(p)) {
			t.Errorf("%x is no segment", p)
		}
	}
	fragment := (&parcel{v4(1, 1, 1, 1, 1), v4(1, 1, 1, 2, 2), 1, 1, flagACK, []byte("some of it")}).ipv4()
	fragment[6] = 0x20
	if !sound(fragment, len(fragment)) {
		t.Error("of a fragment nothing is known")
	}
}

func TestSigned(t *testing.T) {
	stamp := []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2}
	md5 := append([]byte{19, 18}, make([]byte, 16)...)
	for _, c := range []struct {
		options []byte
		want    bool
	}{
		{nil, false}, {stamp, false}, {md5, true}, {append([]byte{1, 1}, md5...), true},
		{slices.Concat(stamp, []byte{29, 4, 0, 0}), true}, {slices.Concat([]byte{2, 4, 5, 180}, md5), true},
		{[]byte{0, 19, 18}, false}, {[]byte{8, 0, 19, 18}, false}, {[]byte{8, 200, 19}, false}, {[]byte{8}, false},
	} {
		if got := signed(c.options); got != c.want {
			t.Errorf("%v: %v", c.options, got)
		}
	}
}
