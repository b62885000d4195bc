package wire

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Socket reads the packets from and to some ports, through a filter that cannot
// be changed any more: for another port, another Socket. It queues from Listen on,
// whether Run is called yet or not.
type Socket struct {
	ports   []uint16
	names   []string // of interfaces; none: all
	source  source
	indices []int // of the interfaces, as source reads them

	mu     sync.Mutex
	stats  Stats // guarded by mu
	closed bool  // guarded by mu
}

// source is where packets come from. All but wake is of one goroutine.
type source interface {
	// receive hands over what is queued, up to a bound, and does not wait. It
	// reports whether more may be queued. What take gets is valid until the next call.
	receive(take func(p []byte, length int, at int64, via int)) (more bool, err error)
	// wait returns when something is queued, after d, or when woken.
	wait(d time.Duration) error
	wake()
	dropped() uint64 // since it was last asked
	refused() uint64 // likewise: packets with a wrong checksum, which are not handed over
	buffer() int     // bytes that it may queue
	close()
}

// Listen opens a socket for the ports, on the interfaces of that name, or on all
// if none is named. An interface that does not exist yet is read once it does;
// see Missing. The error wraps os.ErrPermission where CAP_NET_RAW is
// missing, and errors.ErrUnsupported elsewhere than on Linux.
func Listen(ports []uint16, interfaces []string) (*Socket, error) {
	s := &Socket{ports: slices.Clone(ports), names: slices.Clone(interfaces)}
	s.indices = indices(s.names)
	if len(s.names) > 0 && !slices.ContainsFunc(s.indices, exists) {
		there := strings.Join(interfaceNames(), ", ")
		return nil, fmt.Errorf("no interface %s: there are %s", strings.Join(s.names, ", "), there)
	}
	var err error
	if s.source, err = openSource(s.ports, s.indices); err != nil {
		return nil, err
	}
	return s, nil
}

// Run reads until ctx ends, or reading fails, and calls conversations from this
// goroutine. At its end they are all done: those still open as EndForgotten. It may be
// called once, and closes the socket.
func (s *Socket) Run(ctx context.Context, open Opener) error {
	defer s.Close()
	defer context.AfterFunc(ctx, s.wake)()
	a := newAssembly(s.ports, open, interfaceName)
	start := time.Now()
	var due time.Duration
	for left := mostAtEnd; ; {
		more, err := s.source.receive(a.packet)
		a.release()
		now := time.Since(start)
		a.now = int64(now)
		if now >= due {
			due = now + tickEvery
			a.tick()
			s.follow(a)
			s.publish(a)
		}
		if ctx.Err() != nil {
			left--
		}
		if err == nil && more && left > 0 {
			continue
		}
		if err == nil && ctx.Err() == nil {
			s.publish(a)
			err = s.source.wait(tickEvery)
		}
		if err != nil || ctx.Err() != nil && left < mostAtEnd {
			a.end()
			s.publish(a)
			return err
		}
	}
}

const (
	tickEvery = time.Second // how often is looked for what is not a packet
	mostAtEnd = 4096        // how often is read what is queued at the end
)

func (s *Socket) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.source.wake()
	}
}

func (s *Socket) publish(a *assembly) {
	a.stats.Dropped += s.source.dropped()
	a.stats.Refused += s.source.refused()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats = a.stats
	s.stats.Open = a.rows[talking].count + a.rows[doubtful].count + a.rows[leaving].count
	s.stats.Held = a.room.used
}

// Stats returns what was seen so far. It may be called at any time.
func (s *Socket) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stats
}

// Buffer returns how many bytes the kernel queues for us. Without CAP_NET_ADMIN it
// is no more than the system's net.core.rmem_max allows.
func (s *Socket) Buffer() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.source.buffer()
}

// Missing returns the interfaces that were named and do not exist now.
func (s *Socket) Missing() []string {
	var missing []string
	for i, index := range indices(s.names) {
		if !exists(index) {
			missing = append(missing, s.names[i])
		}
	}
	return missing
}

// Close closes a socket for which Run was not called.
func (s *Socket) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.source.close()
	}
}

// follow opens another socket where the named interfaces are others than they
// were: one that comes back has another index. The old one is read to its end after the
// new one queues, and what both have seen is told once.
func (s *Socket) follow(a *assembly) {
	now := indices(s.names)
	if slices.Equal(now, s.indices) {
		return
	}
	source, err := openSource(s.ports, now)
	if err != nil {
		return // as before; again in a second
	}
	for more, left := true, mostAtEnd; more && left > 0; left-- {
		more, _ = s.source.receive(a.packet)
		a.release()
	}
	a.stats.Dropped += s.source.dropped()
	a.stats.Refused += s.source.refused()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.source.close()
	s.source, s.indices = source, now
}

// absent is the index of no interface.
const absent = -1

func exists(index int) bool { return index != absent }

// indices returns the index of each interface of that name, or absent.
func indices(names []string) []int {
	var all []int
	for _, name := range names {
		i, err := net.InterfaceByName(name)
		if err != nil {
			all = append(all, absent)
			continue
		}
		all = append(all, i.Index)
	}
	return all
}

func interfaceName(index int) string {
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return strconv.Itoa(index)
	}
	return i.Name
}

func interfaceNames() []string {
	all, _ := net.Interfaces()
	var names []string
	for _, i := range all {
		names = append(names, i.Name)
	}
	return names
}
