package exchange

import (
	"net/netip"
	"strings"
)

// clientOf is who asks: the peer of the connection, or, where that is a proxy that is
// trusted, the last address in X-Forwarded-For that is none. Each proxy adds the one it
// was asked by at the end; what stands before the last one that is not trusted, anybody
// can have written. forwarded: it is not the peer.
func clientOf(peer netip.Addr, header string, trusted []netip.Prefix) (_ netip.Addr, forwarded bool) {
	client := peer
	hops := strings.Split(header, ",")
	for i := len(hops) - 1; i >= 0 && isTrusted(client, trusted); i-- {
		hop, ok := parseHop(strings.TrimSpace(hops[i]))
		if !ok {
			break
		}
		client, forwarded = hop, true
	}
	return client, forwarded
}

func isTrusted(a netip.Addr, trusted []netip.Prefix) bool {
	a = a.WithZone("")
	for _, p := range trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// parseHop reads an address, with a port or without.
func parseHop(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(strings.Trim(s, "[]")); err == nil {
		return a.Unmap(), true
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap(), true
	}
	return netip.Addr{}, false
}
