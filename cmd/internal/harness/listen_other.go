//go:build !linux

package harness

import "net"

// listen is net.Listen: no test comes back to an address here.
func listen(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
