// Package netscope says where an address is from: this machine, a private network, or outside.
//
// The ranges are those of the detection "accessed from external network". A site's own public ranges are not known
// here.
package netscope

import "net/netip"

// Scope says where an address is from.
type Scope uint8

// None is the scope of 0.0.0.0 and of what is no address.
const (
	None Scope = iota
	Loopback
	Private
	External
)

func (s Scope) String() string {
	return [...]string{"", "loopback", "private", "external"}[s]
}

// Private4And6 are the ranges of IPv4 and IPv6 that count as private, besides loopback.
var Private4And6 = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("169.254.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("fe80::/10"),
	netip.MustParsePrefix("fc00::/7"),
	netip.MustParsePrefix("ff00::/8"),
}

// Of returns the scope of an address. An IPv4 address in IPv6 form counts as the IPv4 address,
// and a zone is ignored.
func Of(addr netip.Addr) Scope {
	addr = addr.Unmap().WithZone("")
	switch {
	case !addr.IsValid(), addr == netip.IPv4Unspecified():
		return None
	case addr.IsLoopback():
		return Loopback
	}
	for _, net := range Private4And6 {
		if net.Contains(addr) {
			return Private
		}
	}
	return External
}
