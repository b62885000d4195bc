package sourcetypes

import "net/netip"

// scope is where a client's address is from.
type scope uint8

const (
	noScope scope = iota // 0.0.0.0, or no address
	loopback
	private
	external
)

func (s scope) String() string {
	return [...]string{"", "loopback", "private", "external"}[s]
}

// privateNets are the ranges of the detection "accessed from external network",
// besides loopback.
var privateNets = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fc00::/7"),
	netip.MustParsePrefix("ff00::/8"),
}

// scopeOf judges an address without port or brackets. An IPv4 address in IPv6
// form is judged as the IPv4 address, and a zone does not count.
func scopeOf(src string) scope {
	addr, err := netip.ParseAddr(src)
	if err != nil {
		return noScope
	}
	addr = addr.Unmap().WithZone("")
	switch {
	case addr == netip.IPv4Unspecified():
		return noScope
	case addr.IsLoopback():
		return loopback
	}
	for _, net := range privateNets {
		if net.Contains(addr) {
			return private
		}
	}
	return external
}

// sources remembers what an event says of the addresses it saw last: the
// clients of a server are few, and judging one costs more than the rest of the
// line.
type sources struct {
	known [64]struct{ src, json string }
}

// of is what an event says of an address: ,"src":"…","src_scope":"…".
func (s *sources) of(src []byte, redact *redactor) string {
	h := uint32(len(src))
	for _, c := range src {
		h = h*31 + uint32(c)
	}
	k := &s.known[(h^h>>6)%uint32(len(s.known))]
	if k.src == string(src) {
		return k.json
	}
	scope := scopeOf(string(src))
	json := appendString([]byte(`,"src":`), redact.apply(src, 0))
	if scope != noScope {
		json = append(json, `,"src_scope":"`+scope.String()+`"`...)
	}
	if len(src) < 64 { // a longer one is no address
		k.src, k.json = string(src), string(json)
	}
	return string(json)
}
