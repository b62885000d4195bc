package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"ollama-hec/input/wire"
)

// listener accepts connections that have a tap.
type listener struct {
	net.Listener
	proxy *Proxy

	mu   sync.Mutex
	taps map[*tap]struct{} // guarded by mu; those of connections that are open
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	t := &tap{listener: l, peer: peerOf(c)}
	l.mu.Lock()
	l.taps[t] = struct{}{}
	l.mu.Unlock()
	if config := l.proxy.options.TLS; config != nil {
		return &secured{tapped: tapped{Conn: tls.Server(c, config), tap: t}}, nil
	}
	return &tapped{Conn: c, tap: t}, nil
}

// end ends the taps of all connections that are still open.
func (l *listener) end() {
	l.mu.Lock()
	var left []*tap
	for t := range l.taps {
		left = append(left, t)
	}
	l.mu.Unlock()
	for _, t := range left {
		t.end()
	}
}

func (l *listener) forget(t *tap) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.taps, t)
}

func peerOf(c net.Conn) wire.Connection {
	return wire.Connection{
		Client: addrPort(c.RemoteAddr()), Server: addrPort(c.LocalAddr()), At: time.Now(), ID: connectionID(c),
	}
}

func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	at := tcp.AddrPort()
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// tapped is a client's connection, whose tap gets a copy of what passes.
type tapped struct {
	net.Conn
	tap *tap
}

// Read implements net.Conn.
func (c *tapped) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.tap.data(wire.FromClient, p[:n])
	if err != nil {
		c.tap.failed(err)
	}
	return n, err
}

// Write implements net.Conn. The client gets the bytes before the tap does.
func (c *tapped) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.tap.data(wire.FromServer, p[:n])
	if err != nil {
		c.tap.failed(err)
	}
	return n, err
}

// Close implements net.Conn.
func (c *tapped) Close() error {
	err := c.Conn.Close()
	c.tap.end()
	return err
}

// CloseWrite is what the server asks for before it closes a connection whose client still
// sends.
func (c *tapped) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// tap gives a copy of the bytes of a connection to its conversation. Its methods may be called
// by several goroutines.
type tap struct {
	listener *listener
	peer     wire.Connection

	mu    sync.Mutex
	talk  wire.Conversation // guarded by mu; nil: nothing was sent yet
	ended bool              // guarded by mu; the connection is over, or recording it failed
	left  bool              // guarded by mu; the client closed first
	how   wire.End          // guarded by mu; how it ended
}

// data gives the conversation bytes that a side has sent.
func (t *tap) data(from wire.Side, p []byte) {
	if len(p) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	defer t.survive()
	if t.talk == nil {
		if t.talk = t.listener.proxy.options.Open(t.peer); t.talk == nil {
			t.ended = true
			return
		}
	}
	t.talk.Data(from, time.Now(), p)
}

// failed notes an error of the connection: most mean that the client is gone. A deadline is none
// of these: the server sets one to interrupt its own reading.
func (t *tap) failed(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, net.ErrClosed) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.left = true
	if !errors.Is(err, io.EOF) {
		t.how = wire.EndReset
	}
}

// broken notes that an answer breaks off, which its client may not notice.
func (t *tap) broken() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.how = wire.EndReset
}

// end tells the conversation that it is over.
func (t *tap) end() {
	t.listener.forget(t)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended {
		return
	}
	t.ended = true
	if t.talk == nil {
		return
	}
	defer t.survive()
	by := wire.FromServer
	if t.left {
		by = wire.FromClient
	}
	t.talk.Done(t.how, by, time.Now())
}

// survive ends a conversation that panicked. The connection goes on.
func (t *tap) survive() {
	cause := recover()
	if cause == nil {
		return
	}
	t.ended = true
	p := t.listener.proxy
	p.counts.untold.Add(1)
	p.options.Log.Error("requests of a connection cannot be recorded any more, they are still passed on", "error", fmt.Sprint(cause),
		"hint", "this is a defect of the program: please report it, with its log at LOG_LEVEL=debug")
	p.options.Log.Debug("where recording failed", "stack", string(debug.Stack()))
}

type tapKey struct{}

// withTap lets a request know the tap of its connection.
func withTap(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(interface{ tapOf() *tap }); ok {
		return context.WithValue(ctx, tapKey{}, c.tapOf())
	}
	return ctx
}

func (c *tapped) tapOf() *tap { return c.tap }
