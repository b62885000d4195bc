package sockdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Closings receives the kernel's reports of TCP sockets that are closed, IPv4 and IPv6. It is
// used by one goroutine.
type Closings struct {
	file  *os.File
	raw   syscall.RawConn
	all   bool
	buf   []byte
	oob   []byte
	drops uint64 // as of the last Lost
}

// destroyGroups are SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY.
var destroyGroups = []int{1, 3}

// receiveBuffer is the size of the receive buffer that we ask for; without CAP_NET_ADMIN the
// kernel gives what net.core.rmem_max allows.
const receiveBuffer = 8 << 20

// Watch begins to receive reports of sockets with one of the local ports, in all network
// namespaces that are known to ours if that is allowed (see All).
func Watch(ports []uint16) (*Closings, error) {
	fd, err := open()
	if err != nil {
		return nil, err
	}
	c := &Closings{buf: make([]byte, 64<<10), oob: make([]byte, 256)}
	_ = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_NO_ENOBUFS, 1) // losses are counted, see Lost
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBuffer) != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // less room, no error
	}
	c.all = unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_LISTEN_ALL_NSID, 1) == nil
	c.file = os.NewFile(uintptr(fd), "sock_diag")
	if c.raw, err = c.file.SyscallConn(); err != nil {
		return nil, errors.Join(err, c.file.Close())
	}
	if err := c.SetPorts(ports); err != nil {
		return nil, errors.Join(err, c.file.Close())
	}
	for _, group := range destroyGroups {
		if err := unix.SetsockoptInt(fd, unix.SOL_NETLINK, unix.NETLINK_ADD_MEMBERSHIP, group); err != nil {
			return nil, errors.Join(fmt.Errorf("listen for closed connections: %w", err), c.file.Close())
		}
	}
	return c, nil
}

// All reports whether sockets of containers are reported too: that takes CAP_NET_BROADCAST.
func (c *Closings) All() bool { return c.all }

// SetPorts replaces the local ports that are of interest.
func (c *Closings) SetPorts(ports []uint16) error {
	program := filter(ports)
	return c.control(func(fd int) error {
		if program == nil {
			err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
			if errors.Is(err, unix.ENOENT) {
				return nil // there was none
			}
			return err
		}
		code := make([]unix.SockFilter, len(program))
		for i, p := range program {
			code[i] = unix.SockFilter{Code: p.code, Jt: p.yes, Jf: p.no, K: p.number}
		}
		err := unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]})
		if err != nil {
			return fmt.Errorf("filter closed connections by port: %w", err)
		}
		return nil
	})
}

// Read waits until a socket is closed, at most until the deadline or the end of ctx, and then
// calls f for each report. f's argument is valid during the call.
func (c *Closings) Read(ctx context.Context, deadline time.Time, f func(*Socket)) error {
	if err := c.file.SetReadDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = c.file.SetReadDeadline(time.Unix(1, 0)) }) // it is open until we return
	defer stop()
	var failed error
	err := c.raw.Read(func(fd uintptr) bool {
		some := false
		for {
			more, err := c.receive(int(fd), f)
			if err != nil || !more {
				failed = err
				return some || err != nil
			}
			some = true
		}
	})
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	return errors.Join(err, failed)
}

// receive reads one datagram; more is false if there is none.
func (c *Closings) receive(fd int, f func(*Socket)) (more bool, err error) {
	n, oobn, flags, from, err := unix.Recvmsg(fd, c.buf, c.oob, unix.MSG_DONTWAIT)
	switch {
	case errors.Is(err, unix.EAGAIN):
		return false, nil
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOBUFS):
		return true, nil // what was lost is counted by Lost
	case err != nil:
		return false, fmt.Errorf("read closed connections: %w", err)
	case flags&unix.MSG_TRUNC != 0 || !ofKernel(from):
		return true, nil
	}
	namespace := namespaceOf(c.oob[:oobn])
	for rest := c.buf[:n]; len(rest) > 0; {
		m, next, err := split(rest)
		if err != nil {
			break
		}
		rest = next
		if m.kind != byFamily {
			continue
		}
		if s, err := decode(m.body); err == nil {
			s.Namespace = namespace
			f(&s)
		}
	}
	return true, nil
}

// ofKernel reports whether the kernel sent a message. A process with enough rights can send us one, too.
func ofKernel(from unix.Sockaddr) bool {
	sender, ok := from.(*unix.SockaddrNetlink)
	return ok && sender.Pid == 0
}

// namespaceOf returns the namespace that control data names; Here if it names none.
func namespaceOf(oob []byte) int32 {
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		if h.Level == unix.SOL_NETLINK && h.Type == unix.NETLINK_LISTEN_ALL_NSID && len(data) >= 4 {
			return int32(binary.NativeEndian.Uint32(data))
		}
		oob = rest
	}
	return Here
}

// Lost returns the exact number of messages that found no room since the last call. It costs one
// system call.
func (c *Closings) Lost() (n uint64, err error) {
	err = c.control(func(fd int) error {
		drops, err := drops(fd)
		if err == nil {
			n = uint64(uint32(drops) - uint32(c.drops)) // the kernel counts in 32 bits
			c.drops = drops
		}
		return err
	})
	return n, err
}

// Close stops listening.
func (c *Closings) Close() error { return c.file.Close() }

func (c *Closings) control(f func(fd int) error) (err error) {
	if outer := c.raw.Control(func(fd uintptr) { err = f(int(fd)) }); outer != nil {
		return outer
	}
	return err
}

// open opens a socket that does not block, bound to a number of its own.
func open() (fd int, err error) {
	fd, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return -1, fmt.Errorf("open sock_diag: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind sock_diag: %w", err)
	}
	return fd, nil
}
