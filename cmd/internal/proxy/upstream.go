package proxy

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"ollama-hec/cmd/internal/settings"
)

// parseUpstream reads where Ollama is: host:port, or a URL of those as OLLAMA_HOST may be.
func parseUpstream(text string) (address string, port int, err error) {
	address = strings.TrimSuffix(strings.TrimPrefix(text, "http://"), "/")
	host, digits, err := net.SplitHostPort(address)
	n, bad := strconv.ParseUint(digits, 10, 16)
	if err != nil || bad != nil || n == 0 || host == "" || strings.ContainsAny(host, "/?#@ ") {
		return "", 0, settings.Invalid("PROXY_UPSTREAM",
			fmt.Sprintf("got %q, want host and port of Ollama, such as 127.0.0.1:11435", text))
	}
	return address, int(n), nil
}

// itself reports whether an address leads back to the listener.
func itself(listening net.Addr, address string) bool {
	at, ok := listening.(*net.TCPAddr)
	to, err := net.ResolveTCPAddr("tcp", address)
	if !ok || err != nil || at.Port != to.Port { // a name may be resolved later
		return false
	}
	own, _ := netip.AddrFromSlice(at.IP)
	other, _ := netip.AddrFromSlice(to.IP)
	own, other = own.Unmap(), other.Unmap()
	if own.IsUnspecified() || !own.IsValid() {
		return ofThisMachine(other)
	}
	return own == other || other.IsUnspecified() && own.IsLoopback()
}

// ofThisMachine reports whether an address is one of this machine's.
func ofThisMachine(addr netip.Addr) bool {
	if addr.IsLoopback() || addr.IsUnspecified() {
		return true
	}
	all, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, one := range all {
		if prefix, err := netip.ParsePrefix(one.String()); err == nil && prefix.Addr().Unmap() == addr {
			return true
		}
	}
	return false
}
