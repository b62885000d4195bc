package sockdiag

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Namer looks up the number of a process's network namespace, as seen from ours. It is used by
// one goroutine.
type Namer struct {
	fd       int
	sequence uint32
	buf      []byte
}

// NewNamer opens a socket for questions.
func NewNamer() (*Namer, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("open rtnetlink: %w", err)
	}
	// The kernel answers before the request returns; the limit is for one that does not.
	limit := unix.NsecToTimeval(patience.Nanoseconds())
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit),
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("bind rtnetlink: %w", err)
	}
	return &Namer{fd: fd, buf: make([]byte, 8<<10)}, nil
}

// Close closes it.
func (n *Namer) Close() error { return unix.Close(n.fd) }

// Namespace returns the number of a process's network namespace, as it stands in messages on its
// sockets; ok is false if it has none or the process is gone.
func (n *Namer) Namespace(pid int) (number int32, ok bool) {
	n.sequence++
	request := namespaceRequest(n.sequence, uint32(pid))
	if unix.Sendto(n.fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return 0, false
	}
	for {
		got, _, _, from, err := unix.Recvmsg(n.fd, n.buf, nil, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return 0, false
		}
		if m, _, err := split(n.buf[:got]); err == nil && m.sequence == n.sequence && ofKernel(from) {
			return namespaceReply(m)
		}
	}
}
