package proxy

import (
	"net"

	"golang.org/x/sys/unix"

	"ollama-hec/input/connections"
)

// connectionID returns the id that the observer of connections has for a connection; empty:
// unknown.
func connectionID(c net.Conn) string {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return ""
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return ""
	}
	id := ""
	_ = raw.Control(func(fd uintptr) {
		if cookie, err := unix.GetsockoptUint64(int(fd), unix.SOL_SOCKET, unix.SO_COOKIE); err == nil && cookie != 0 {
			id = connections.ID(cookie)
		}
	})
	return id
}
