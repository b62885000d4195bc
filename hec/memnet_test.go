package hec_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// memory is a network in memory, so that tests run on synctest's clock: nothing
// in it waits for the system. As on a real one, what was written is read after the
// writer has closed, a refused dial and a reset are errors of their own, and a
// writer waits while the reader is far behind.
var memory = &memnet{listeners: map[string]*memListener{}}

type memnet struct {
	mu        sync.Mutex
	port      int
	listeners map[string]*memListener
}

// listen returns a listener of an address that nobody else had.
func (n *memnet) listen() *memListener {
	n.mu.Lock()
	n.port++
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1024 + n.port}
	n.mu.Unlock()
	return n.listenOn(addr)
}

func (n *memnet) listenOn(addr *net.TCPAddr) *memListener {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := &memListener{net: n, addr: addr, conns: make(chan net.Conn, 128), closed: make(chan struct{})}
	n.listeners[addr.String()] = l
	return l
}

func (n *memnet) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[addr]
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	if l == nil {
		return nil, refused
	}
	ours, theirs := pair(l.addr)
	select {
	case l.conns <- theirs:
		n.mu.Lock()
		defer n.mu.Unlock()
		l.open = append(l.open, theirs)
		return ours, nil
	case <-l.closed:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// cut takes an address off the network until heal is called; connections there are
// stay, and are of no use.
func (n *memnet) cut(addr string) (heal func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l := n.listeners[addr]
	delete(n.listeners, addr)
	for _, c := range l.open {
		c.SetLinger(0)
		c.Close()
	}
	l.open = nil
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.listeners[addr] = l
	}
}

type memListener struct {
	net    *memnet
	addr   *net.TCPAddr
	conns  chan net.Conn
	open   []*memConn // guarded by net.mu
	once   sync.Once
	closed chan struct{}
}

func (l *memListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *memListener) Addr() net.Addr { return l.addr }

func (l *memListener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		defer l.net.mu.Unlock()
		if l.net.listeners[l.addr.String()] == l {
			delete(l.net.listeners, l.addr.String())
		}
		close(l.closed)
	})
	return nil
}

// memConn is one end of a connection. Both ends share the lock.
type memConn struct {
	addr     net.Addr
	mu       *sync.Mutex
	in, out  *stream
	deadline [2]time.Time // of reading and writing
	timers   [2]*time.Timer
	linger   bool // Close is a reset
	closed   bool
}

// stream is one direction.
type stream struct {
	moved *sync.Cond
	bytes []byte
	ended bool  // the writer has closed
	broke error // the reader has closed, or there was a reset
}

const streamMost = 256 << 10

func pair(addr net.Addr) (ours, theirs *memConn) {
	mu := new(sync.Mutex)
	there, back := &stream{moved: sync.NewCond(mu)}, &stream{moved: sync.NewCond(mu)}
	return &memConn{addr: addr, mu: mu, in: back, out: there}, &memConn{addr: addr, mu: mu, in: there, out: back}
}

func (c *memConn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: c.addr, Err: err}
}

// lateLocked reports whether the deadline of reading (0) or writing (1) is over.
func (c *memConn) lateLocked(which int) bool {
	d := c.deadline[which]
	return !d.IsZero() && !time.Now().Before(d)
}

func (c *memConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		switch s := c.in; {
		case c.closed:
			return 0, c.fail("read", net.ErrClosed)
		case s.broke != nil:
			return 0, c.fail("read", s.broke)
		case c.lateLocked(0):
			return 0, c.fail("read", os.ErrDeadlineExceeded)
		case len(s.bytes) > 0:
			n := copy(p, s.bytes)
			s.bytes = s.bytes[n:]
			s.moved.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		c.in.moved.Wait()
	}
}

func (c *memConn) Write(p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		s := c.out
		switch {
		case c.closed:
			return n, c.fail("write", net.ErrClosed)
		case s.broke != nil:
			return n, c.fail("write", s.broke)
		case c.lateLocked(1):
			return n, c.fail("write", os.ErrDeadlineExceeded)
		}
		if some := min(len(p), streamMost-len(s.bytes)); some > 0 {
			s.bytes = append(s.bytes, p[:some]...)
			p, n = p[some:], n+some
			s.moved.Broadcast()
			continue
		}
		s.moved.Wait()
	}
	return n, nil
}

// Close ends what we write; what the other end writes from here on breaks the
// connection. After SetLinger all is lost that was not read yet, as TCP does it.
func (c *memConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	c.closed, c.out.ended, c.in.broke = true, true, syscall.ECONNRESET
	if c.linger {
		c.out.broke = syscall.ECONNRESET
	}
	c.wakeLocked()
	return nil
}

func (c *memConn) wakeLocked() {
	c.in.moved.Broadcast()
	c.out.moved.Broadcast()
}

// SetLinger makes Close a reset.
func (c *memConn) SetLinger(int) error {
	c.linger = true
	return nil
}

func (c *memConn) set(which int, at time.Time) {
	c.deadline[which] = at
	if c.timers[which] != nil {
		c.timers[which].Stop()
	}
	if left := time.Until(at); !at.IsZero() && left > 0 {
		c.timers[which] = time.AfterFunc(left, func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.wakeLocked()
		})
	}
	c.wakeLocked()
}

func (c *memConn) SetDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(0, at)
	c.set(1, at)
	return nil
}

func (c *memConn) SetReadDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(0, at)
	return nil
}

func (c *memConn) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.set(1, at)
	return nil
}

func (c *memConn) LocalAddr() net.Addr  { return c.addr }
func (c *memConn) RemoteAddr() net.Addr { return c.addr }

func TestMemoryNetwork(t *testing.T) {
	l := memory.listen()
	if _, err := memory.dial(t.Context(), "tcp", "127.0.0.1:1"); err == nil {
		t.Error("nobody listens, and it is not refused")
	}
	for _, reset := range []bool{false, true} {
		ours, err := memory.dial(t.Context(), "tcp", l.addr.String())
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(theirs, "hello")
		if reset {
			theirs.(*memConn).SetLinger(0)
		}
		theirs.Close()
		got, err := io.ReadAll(ours)
		if !reset && (string(got) != "hello" || err != nil) || reset && err == nil {
			t.Errorf("reset %v: read %q, %v", reset, got, err)
		}
		if _, err := ours.Write([]byte("x")); err == nil {
			t.Errorf("reset %v: written to a closed end", reset)
		}
	}
}
