package harness

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Servers come and go at a place, with connections left over from the one before.
func TestPlaceServesAgain(t *testing.T) {
	t.Parallel()
	p := place(t)
	for range 3 {
		if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, unix.ECONNREFUSED) {
			t.Fatalf("while nobody listens: %v", err)
		}
		l, err := listen(p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		client, err := net.Dial("tcp", p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		server.Close()
		l.Close()
	}
}

// A connection that goes out may have any port but that of a place.
func TestPlaceIsNotTakenByConnections(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := place(t)
	for range 2 {
		err = dialFrom(p.Addr(), l.Addr().String())
		if errors.Is(err, unix.ENOPROTOOPT) {
			t.Skip("the kernel has no IP_LOCAL_PORT_RANGE")
		}
		if !errors.Is(err, unix.EADDRNOTAVAIL) {
			t.Errorf("a connection with no other port to choose: got %v, want %v", err, unix.EADDRNOTAVAIL)
		}
		gone, err := listen(p.Addr())
		if err != nil {
			t.Fatal(err)
		}
		gone.Close()
	}
}

// dialFrom connects with no port to choose from but that of near.
func dialFrom(near, far string) error {
	port := uint32(netip.MustParseAddrPort(near).Port())
	d := net.Dialer{Control: func(_, _ string, c syscall.RawConn) (err error) {
		if failed := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_LOCAL_PORT_RANGE, int(port<<16|port))
		}); failed != nil {
			return failed
		}
		return err
	}}
	c, err := d.Dial("tcp", far)
	if err == nil {
		c.Close()
	}
	return err
}

// place is held until the end of the test.
func place(t *testing.T) *Place {
	t.Helper()
	p, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// A listener that is closed is gone at once, though another process has its socket.
func TestListenerIsGoneAtOnce(t *testing.T) {
	t.Parallel()
	p := place(t)
	l, err := listen(p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.(listener).File() // as a process that is being started has it
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	l.Close()
	if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, unix.ECONNREFUSED) {
		t.Errorf("it still takes connections: %v", err)
	}
	again, err := listen(p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
