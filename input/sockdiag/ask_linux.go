package sockdiag

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Asker looks up TCP sockets of our own network namespace. It is used by one goroutine.
type Asker struct {
	file     *os.File
	raw      syscall.RawConn
	sequence uint32
	buf      []byte
}

// NewAsker opens a socket for questions.
func NewAsker() (*Asker, error) {
	fd, err := open()
	if err != nil {
		return nil, err
	}
	a := &Asker{file: os.NewFile(uintptr(fd), "sock_diag"), buf: make([]byte, 64<<10)}
	if a.raw, err = a.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, a.file.Close())
	}
	return a, nil
}

// Close closes it.
func (a *Asker) Close() error { return a.file.Close() }

// Dump calls f for each TCP socket that is in one of the states of the mask now and whose local
// port is port, any if that is 0. f's argument is valid during the call. The kernel walks
// through a table that grows with the machine's memory, which takes some milliseconds.
func (a *Asker) Dump(mask uint32, port uint16, f func(*Socket)) error {
	a.sequence++
	if err := a.ask(dumpRequest(a.sequence, mask, port), f); err != nil {
		return fmt.Errorf("list connections: %w", err)
	}
	return nil
}

// Find returns the socket with these two addresses; ok is false if there is none, or none any
// more.
func (a *Asker) Find(local, peer netip.AddrPort) (s Socket, ok bool, err error) {
	a.sequence++
	err = a.ask(findRequest(a.sequence, local, peer), func(found *Socket) {
		// Where there is no connection, the kernel gives the listener that would take one.
		if found.Peer.Port() == peer.Port() {
			s, ok = *found, true
		}
	})
	if errors.Is(err, unix.ENOENT) {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("find the connection %s to %s: %w", peer, local, err)
	}
	return s, ok, nil
}

// patience bounds the wait for each part of a reply, from a kernel that does not answer, which was never
// seen. What is done with the parts takes whatever time it takes.
const patience = 10 * time.Second

// ask sends a request and reads its reply.
func (a *Asker) ask(request []byte, f func(*Socket)) error {
	var sent error
	err := a.raw.Control(func(fd uintptr) {
		sent = unix.Sendto(int(fd), request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
	})
	if err := errors.Join(err, sent); err != nil {
		return err
	}
	dump := request[4] == ofTCP
	for {
		done, err := a.reply(dump, f)
		if done || err != nil {
			return err
		}
	}
}

// reply reads one datagram of a reply; done reports whether it was the last one.
func (a *Asker) reply(dump bool, f func(*Socket)) (done bool, err error) {
	var n int
	var from unix.Sockaddr
	var failed error
	if err := a.file.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return false, err
	}
	err = a.raw.Read(func(fd uintptr) bool {
		n, _, _, from, failed = unix.Recvmsg(int(fd), a.buf, nil, unix.MSG_DONTWAIT)
		return !errors.Is(failed, unix.EAGAIN) && !errors.Is(failed, unix.EINTR)
	})
	if err := errors.Join(err, failed); err != nil {
		return false, err
	}
	if !ofKernel(from) {
		return false, nil
	}
	for rest := a.buf[:n]; len(rest) > 0; {
		var m message
		if m, rest, err = split(rest); err != nil {
			return false, err
		}
		if m.sequence != a.sequence {
			continue // of a request that was given up
		}
		switch m.kind {
		case kindNoop:
		case kindError, kindDone:
			return true, m.failure()
		case byFamily, ofTCP:
			s, err := decode(m.body)
			if err != nil {
				return false, err
			}
			f(&s)
			if !dump {
				return true, nil
			}
		}
	}
	return false, nil
}
