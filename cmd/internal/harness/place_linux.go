package harness

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// Place is a loopback address that is reserved: servers may come and go there, and as long as
// none listens nobody can connect to it. A port that is merely free can be taken meanwhile, by a
// server that takes any port or as the near end of a connection that goes out.
//
// A socket that is bound holds it and never listens. Linux gives a bound port to
// no connection that goes out, and lets a server that sets SO_REUSEADDR, as all
// do, listen beside it.
type Place struct {
	addr string
	held *os.File
}

// Reserve holds a loopback address until the place is closed.
func Reserve() (*Place, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	p := &Place{held: os.NewFile(uintptr(fd), "place")}
	if p.addr, err = bind(fd); err != nil {
		p.Close()
		return nil, fmt.Errorf("reserve a port: %w", err)
	}
	return p, nil
}

// bind takes any port, which others may share from then on.
func bind(fd int) (string, error) {
	loopback := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: loopback.As4()}); err != nil {
		return "", err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return "", err
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return "", err
	}
	port := name.(*unix.SockaddrInet4).Port
	return netip.AddrPortFrom(loopback, uint16(port)).String(), nil
}

// Addr is the address, as net.Listen takes it.
func (p *Place) Addr() string { return p.addr }

// Close gives it up.
func (p *Place) Close() error { return p.held.Close() }
