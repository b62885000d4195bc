//go:build !linux

package proxy

import "net"

// connectionID returns "": on this system the observer of connections has no ids.
func connectionID(net.Conn) string { return "" }
