package wire

import (
	"encoding/binary"
	"math/bits"
)

// sound reports whether the checksum of the TCP segment in an IP packet is right, or cannot be
// looked at: the packet is a fragment, or not all of it is there. Where neither the kernel nor
// the hardware has done that, a segment that its receiver drops would be believed otherwise, and
// a client could say something that only we hear.
func sound(p []byte, length int) bool {
	g, quality := decode(p, length)
	if quality != whole || g.length != len(g.payload) {
		return true
	}
	// An address of IPv4 is one that is mapped here, which adds nothing to the sum.
	sum := add(g.from.addr[:], 0)
	sum = add(g.to.addr[:], sum)
	sum = add(g.raw, sum)
	return fold(sum+protoTCP+uint64(len(g.raw))) == 0xffff
}

// add adds the words of 16 bits in p, in an arithmetic where a carry counts as one.
func add(p []byte, sum uint64) uint64 {
	sum = uint64(fold(sum))
	var carry uint64
	for ; len(p) >= 8; p = p[8:] {
		sum, carry = bits.Add64(sum, binary.BigEndian.Uint64(p), 0)
		sum += carry // which never overflows
	}
	sum = uint64(fold(sum))
	for ; len(p) >= 2; p = p[2:] {
		sum += uint64(binary.BigEndian.Uint16(p))
	}
	if len(p) > 0 {
		sum += uint64(p[0]) << 8
	}
	return sum
}

// fold makes a sum one word.
func fold(sum uint64) uint16 {
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return uint16(sum)
}
