package wire

import (
	"errors"
	"fmt"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of packets read at once. A slot takes the largest that there are (several
// segments in one, of which the kernel makes packets of up to 512 KiB), but
// memory is taken only of what was once written.
const (
	batch    = 16
	slotSize = 544 << 10
)

// bufferSize is what is asked of the kernel for the queue.
const bufferSize = 8 << 20

// packets is a packet socket and what it reads into.
type packets struct {
	fd, event int
	size      int  // of the queue
	calm      bool // little was queued when we last looked
	unsound   uint64
	slots     []byte
	heads     [batch]head
	vectors   [batch]unix.Iovec
	from      [batch]unix.RawSockaddrLinklayer
	control   [batch][128]byte
	polled    [2]unix.PollFd
}

// head is the kernel's struct mmsghdr.
type head struct {
	message unix.Msghdr
	length  uint32
}

// openSource opens a socket that gets nothing before its filter stands, and
// nothing else after.
func openSource(ports []uint16, interfaces []int) (source, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open a packet socket: %w", err)
	}
	s := &packets{fd: fd, event: -1}
	if err := s.prepare(ports, interfaces); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *packets) prepare(ports []uint16, interfaces []int) error {
	if err := s.lock(ports, interfaces); err != nil {
		return err
	}
	s.enlarge()
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return os.NewSyscallError("setsockopt SO_TIMESTAMPNS", err)
	}
	_ = unix.SetsockoptInt(s.fd, unix.SOL_PACKET, unix.PACKET_AUXDATA, 1) // without it checksums are not looked at
	var err error
	if s.event, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		return os.NewSyscallError("eventfd", err)
	}
	s.slots, err = unix.Mmap(-1, 0, batch*slotSize, unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return os.NewSyscallError("mmap", err)
	}
	// Huge pages would take all of a slot for a packet of 100 bytes.
	_ = unix.Madvise(s.slots, unix.MADV_NOHUGEPAGE)
	s.point()
	all := unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL)}
	return os.NewSyscallError("bind", unix.Bind(s.fd, &all))
}

// lock attaches the filter for good.
func (s *packets) lock(ports []uint16, interfaces []int) error {
	program, err := filter(ports, interfaces)
	if err != nil {
		return err
	}
	f := make([]unix.SockFilter, len(program))
	for i, in := range program {
		f[i] = unix.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	err = unix.SetsockoptSockFprog(s.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
		&unix.SockFprog{Len: uint16(len(f)), Filter: &f[0]})
	if err != nil {
		return os.NewSyscallError("setsockopt SO_ATTACH_FILTER", err)
	}
	err = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_LOCK_FILTER, 1)
	return os.NewSyscallError("setsockopt SO_LOCK_FILTER", err)
}

// enlarge asks for a larger queue: as large as we want where we may, as large as the
// system allows otherwise.
func (s *packets) enlarge() {
	if unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, bufferSize) != nil {
		_ = unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, bufferSize)
	}
	size, _ := unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_RCVBUF)
	s.size = size / 2 // the kernel counts twice what was asked for
}

// point makes the kernel's structures point to their slots.
func (s *packets) point() {
	for i := range s.heads {
		s.vectors[i].Base = &s.slots[i*slotSize]
		s.vectors[i].SetLen(slotSize)
		m := &s.heads[i].message
		m.Iov = &s.vectors[i]
		m.SetIovlen(1)
		m.Name = (*byte)(unsafe.Pointer(&s.from[i]))
		m.Control = &s.control[i][0]
	}
}

func (s *packets) receive(take func(p []byte, length int, at int64, via int)) (more bool, err error) {
	for i := range s.heads {
		m := &s.heads[i].message
		m.Namelen = unix.SizeofSockaddrLinklayer
		m.SetControllen(len(s.control[i]))
	}
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(s.fd), uintptr(unsafe.Pointer(&s.heads[0])),
		batch, unix.MSG_DONTWAIT|unix.MSG_TRUNC, 0, 0)
	switch {
	case errno == 0:
	case errno == unix.EAGAIN:
		return false, nil // calm: as it was
	case errno == unix.EINTR, errno == unix.ENETDOWN, errno == unix.ENOBUFS:
		return true, nil
	default:
		return false, os.NewSyscallError("recvmmsg", errno)
	}
	total := 0
	for i := range int(n) {
		length := int(s.heads[i].length)
		p := s.slots[i*slotSize:][:min(length, slotSize)]
		total += length
		at, checked := s.beside(i)
		if !checked && !sound(p, length) {
			s.unsound++
			continue
		}
		take(p, length, at, int(s.from[i].Ifindex))
	}
	s.calm = n < batch && total < slotSize/2
	return n == batch, nil
}

// auxiliary is the beginning of the kernel's struct tpacket_auxdata.
type auxiliary struct{ status uint32 }

// beside returns what the kernel says of packet i: when it saw it, and whether its checksum was
// looked at, or is not there yet, as of what this host sends.
func (s *packets) beside(i int) (at int64, checked bool) {
	checked = true
	rest := s.control[i][:min(int(s.heads[i].message.Controllen), len(s.control[i]))]
	for len(rest) >= unix.SizeofCmsghdr {
		c := (*unix.Cmsghdr)(unsafe.Pointer(&rest[0]))
		size := int(c.Len)
		if size < unix.SizeofCmsghdr || size > len(rest) {
			break
		}
		data := rest[unix.CmsgLen(0):size]
		switch {
		case c.Level == unix.SOL_SOCKET && c.Type == unix.SO_TIMESTAMPNS && len(data) >= int(unsafe.Sizeof(unix.Timespec{})):
			at = (*unix.Timespec)(unsafe.Pointer(&data[0])).Nano()
		case c.Level == unix.SOL_PACKET && c.Type == unix.PACKET_AUXDATA && len(data) >= int(unsafe.Sizeof(auxiliary{})):
			const known = unix.TP_STATUS_CSUMNOTREADY | unix.TP_STATUS_CSUM_VALID
			checked = (*auxiliary)(unsafe.Pointer(&data[0])).status&known != 0
		}
		rest = rest[min(unix.CmsgSpace(size-unix.CmsgLen(0)), len(rest)):]
	}
	if at == 0 {
		at = time.Now().UnixNano()
	}
	return at, checked
}

func (s *packets) wait(d time.Duration) error {
	s.polled[0] = unix.PollFd{Fd: int32(s.event), Events: unix.POLLIN}
	s.polled[1] = unix.PollFd{Fd: int32(s.fd), Events: unix.POLLIN}
	if n, err := unix.Poll(s.polled[:], int(d.Milliseconds())); err != nil || n == 0 || s.polled[1].Revents == 0 {
		return unlessInterrupted(err)
	}
	if !s.calm || s.size < enough {
		return nil
	}
	_, err := unix.Poll(s.polled[:1], int(nap.Milliseconds()))
	return unlessInterrupted(err)
}

// Where little comes and there is room for much, packets are left to queue for a
// moment: a token at a time wakes us no more often than this. Of what is as fast as
// a machine is to itself, 1.5 GB a second, 3 MB may queue meanwhile.
const (
	nap    = 2 * time.Millisecond
	enough = 4 << 20
)

func unlessInterrupted(err error) error {
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	return os.NewSyscallError("poll", err)
}

func (s *packets) wake() { _, _ = unix.Write(s.event, []byte{1, 0, 0, 0, 0, 0, 0, 0}) }

func (s *packets) dropped() uint64 {
	st, err := unix.GetsockoptTpacketStats(s.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return uint64(st.Drops)
}

func (s *packets) refused() uint64 {
	n := s.unsound
	s.unsound = 0
	return n
}

func (s *packets) buffer() int { return s.size }

func (s *packets) close() {
	_ = unix.Close(s.fd)
	if s.event >= 0 {
		_ = unix.Close(s.event)
	}
	if s.slots != nil {
		_ = unix.Munmap(s.slots)
	}
}

func bigEndian(v uint16) uint16 {
	return *(*uint16)(unsafe.Pointer(&[2]byte{byte(v >> 8), byte(v)}))
}
