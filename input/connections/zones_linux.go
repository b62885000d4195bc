package connections

import (
	"net"
	"net/netip"
	"strconv"
)

// zones turns the number of an interface, which the kernel gives with a link-local address, into its name.
type zones struct {
	names map[string]string
}

// named returns an address with the name of its zone. In other namespaces than ours the numbers are of other
// interfaces: there it stays a number.
func (z *zones) named(a netip.AddrPort, namespace int32) netip.AddrPort {
	zone := a.Addr().Zone()
	if zone == "" || namespace != here {
		return a
	}
	name, known := z.names[zone]
	if !known {
		name = zone
		if n, err := strconv.Atoi(zone); err == nil {
			if i, err := net.InterfaceByIndex(n); err == nil {
				name = i.Name
			}
		}
		const many = 1000
		if z.names == nil || len(z.names) > many {
			z.names = make(map[string]string)
		}
		z.names[zone] = name
	}
	return netip.AddrPortFrom(a.Addr().WithZone(name), a.Port())
}
