package sourcetypes

import (
	"encoding/binary"
	"net/netip"

	"ollama-hec/input/netscope"
)

// scopeOf judges an address without port or brackets.
func scopeOf(src string) netscope.Scope {
	addr, err := netip.ParseAddr(src)
	if err != nil {
		return netscope.None
	}
	return netscope.Of(addr)
}

// sources writes the fields of an event that tell of addresses. It remembers those it saw
// last: judging one costs more than the rest of the line.
type sources struct {
	known [64]struct {
		text []byte // the address, and behind it the fields
		src  int    // how long the address is
	}
	dotted []byte
}

// of returns the fields for an address, which is not empty:
// ,"src":"…","src_scope":"…". It is good until the next call.
func (s *sources) of(src []byte, redact *redactor) []byte {
	if addr, ok := dotted(src); ok && len(redact.Patterns) == 0 {
		// Such are most, any number of them, and there is nothing to redact.
		s.dotted = append(append(append(s.dotted[:0], `,"src":"`...), src...), '"')
		s.dotted = appendScope(s.dotted, scopeOfDotted(addr))
		return s.dotted
	}
	h := uint32(len(src))
	for _, c := range src {
		h = h*31 + uint32(c)
	}
	k := &s.known[(h^h>>6)%uint32(len(s.known))]
	if string(k.text[:k.src]) == string(src) {
		return k.text[k.src:]
	}
	if len(src) >= 64 { // no address
		return appendSource(nil, src, redact)
	}
	k.src = len(src)
	k.text = appendSource(append(k.text[:0], src...), src, redact)
	return k.text[k.src:]
}

func appendSource(dst, src []byte, redact *redactor) []byte {
	dst = append(dst, `,"src":`...)
	dst = appendString(dst, redact.apply(src, 0))
	return appendScope(dst, scopeOf(string(src)))
}

func appendScope(dst []byte, scope netscope.Scope) []byte {
	if scope == netscope.None {
		return dst
	}
	dst = append(dst, `,"src_scope":"`...)
	dst = append(dst, scope.String()...)
	return append(dst, '"')
}

// dotted reads an IPv4 address written as four numbers. Whatever is unusual in
// one is left to scopeOf.
func dotted(src []byte) (addr uint32, ok bool) {
	if len(src) > len("255.255.255.255") {
		return 0, false
	}
	part, digits, dots := uint32(0), 0, 0
	for _, c := range src {
		switch {
		case digit(c) && (digits == 0 || part > 0):
			part = part*10 + uint32(c-'0')
			digits++
		case c == '.' && digits > 0 && dots < 3:
			addr = addr<<8 | part
			part, digits = 0, 0
			dots++
		default:
			return 0, false
		}
		if part > 255 {
			return 0, false
		}
	}
	return addr<<8 | part, dots == 3 && digits > 0
}

// scopeOfDotted is scopeOf for what dotted read.
func scopeOfDotted(addr uint32) netscope.Scope {
	switch {
	case addr == 0:
		return netscope.None
	case addr>>24 == 127:
		return netscope.Loopback
	}
	for _, n := range privateDotted {
		if addr&n.mask == n.net {
			return netscope.Private
		}
	}
	return netscope.External
}

// privateDotted are the private ranges of IPv4.
var privateDotted = func() (nets []struct{ net, mask uint32 }) {
	for _, p := range netscope.Private4And6 {
		if p.Addr().Is4() {
			b := p.Addr().As4()
			nets = append(nets, struct{ net, mask uint32 }{binary.BigEndian.Uint32(b[:]), ^uint32(0) << (32 - p.Bits())})
		}
	}
	return nets
}()
