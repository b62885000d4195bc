package harness

import (
	"net"

	"golang.org/x/sys/unix"
)

// listen is net.Listen for a listener that listens no more as soon as it is closed.
func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return listener{l.(*net.TCPListener)}, nil
}

// listener shuts its socket down before it closes it: a process that is just being
// started has that socket, too, until it executes its program.
type listener struct{ *net.TCPListener }

func (l listener) Close() error {
	if raw, err := l.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.Shutdown(int(fd), unix.SHUT_RDWR) })
	}
	return l.TCPListener.Close()
}
