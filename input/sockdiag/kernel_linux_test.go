package sockdiag

import (
	"context"
	"io"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// unhurried is how long what is sure to come may take on a busy machine.
const unhurried = 10 * time.Minute

// listen accepts connections and closes each when its client has.
func listen(t *testing.T, address string) (l net.Listener, at netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(io.Discard, c)
				_ = c.Close()
			}()
		}
	}()
	return l, l.Addr().(*net.TCPAddr).AddrPort()
}

func connect(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func watch(t *testing.T, port uint16) *Closings {
	t.Helper()
	c, err := Watch([]uint16{port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func asker(t *testing.T) *Asker {
	t.Helper()
	a, err := NewAsker()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// TestOneConnection is found by its ends and by a dump, and told of when it is closed, with one cookie.
func TestOneConnection(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, at := listen(t, address)
		closings, a := watch(t, at.Port()), asker(t)
		c := connect(t, at)
		client := c.LocalAddr().(*net.TCPAddr).AddrPort()
		found, ok, err := a.Find(at, client)
		if err != nil || !ok || found.Local != at || found.Peer != client || found.Cookie == 0 {
			t.Fatalf("find: %+v, %v, %v", found, ok, err)
		}
		if s, ok, err := a.Find(at, netip.AddrPortFrom(client.Addr(), 1)); ok || err != nil {
			t.Errorf("found %+v, %v", s, err)
		}
		var listed []Socket
		keep := func(s *Socket) { listed = append(listed, *s) }
		if err := a.Dump(Mask(Established, Listening), at.Port(), keep); err != nil {
			t.Fatal(err)
		}
		if len(listed) != 2 || listed[0].State != Listening || listed[1].Cookie != found.Cookie {
			t.Errorf("listed %+v", listed)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		closed := readOne(t, closings)
		if closed.State != Closed || closed.Cookie != found.Cookie || closed.Local != at || closed.Peer != client ||
			closed.Namespace != Here || !closed.Counted {
			t.Errorf("closed: %+v", closed)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if closed := readOne(t, closings); closed.Peer.Port() != 0 || !closed.Peer.Addr().IsUnspecified() {
			t.Errorf("a listener: %+v", closed)
		}
	}
}

func readOne(t *testing.T, closings *Closings) (one Socket) {
	t.Helper()
	n := 0
	err := closings.Read(t.Context(), time.Now().Add(unhurried), func(s *Socket) { one = *s; n++ })
	if err != nil || n != 1 {
		t.Fatalf("%d sockets closed, %v", n, err)
	}
	return one
}

// TestReadEnds: at its deadline, and with its context.
func TestReadEnds(t *testing.T) {
	closings := watch(t, 1)
	none := func(s *Socket) { t.Errorf("%+v", s) }
	if err := closings.Read(t.Context(), time.Now().Add(time.Millisecond), none); err != nil {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := closings.Read(ctx, time.Now().Add(time.Hour), none); err != nil {
		t.Error(err)
	}
}

// TestLossIsExact: what is read and what is lost add up to what was closed, and the kernel's list of sockets agrees.
func TestLossIsExact(t *testing.T) {
	_, at := listen(t, "127.0.0.1:0")
	closings := watch(t, at.Port())
	err := closings.control(func(fd int) error {
		return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 20_000)
	})
	if err != nil {
		t.Fatal(err)
	}
	// The kernel tells when it finds the time, so we go on until it had no room.
	closed := 0
	for full := false; !full; closed++ {
		if err := connect(t, at).Close(); err != nil {
			t.Fatal(err)
		}
		err := closings.control(func(fd int) error {
			dropped, err := drops(fd)
			full = dropped > 0
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read, lost := 0, uint64(0)
	for deadline := time.Now().Add(unhurried); read+int(lost) < closed; {
		if err := closings.Read(t.Context(), deadline, func(*Socket) { read++ }); err != nil {
			t.Fatal(err)
		}
		more, err := closings.Lost()
		if err != nil {
			t.Fatal(err)
		}
		lost += more
		if time.Now().After(deadline) {
			break
		}
	}
	if read+int(lost) != closed || read == 0 || lost == 0 {
		t.Errorf("%d read and %d lost, of %d", read, lost, closed)
	}
	err = closings.control(func(fd int) error {
		listed, err := dropsListed(fd)
		if listed != lost {
			t.Errorf("%d lost, listed are %d", lost, listed)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestPortsAreFiltered: the kernel keeps back what is of other ports, and does not count it as lost.
func TestPortsAreFiltered(t *testing.T) {
	_, other := listen(t, "127.0.0.1:0")
	_, added := listen(t, "127.0.0.1:0")
	_, at := listen(t, "127.0.0.1:0")
	closings := watch(t, at.Port())
	for range 200 {
		if err := connect(t, other).Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := connect(t, at).Close(); err != nil {
		t.Fatal(err)
	}
	if s := readOne(t, closings); s.Local != at {
		t.Errorf("%+v", s)
	}
	// The port that is added had no connections yet: the kernel tells when it finds the time, so
	// that those to the other port may be told of only now.
	if err := closings.SetPorts([]uint16{at.Port(), added.Port()}); err != nil {
		t.Fatal(err)
	}
	if err := connect(t, added).Close(); err != nil {
		t.Fatal(err)
	}
	if s := readOne(t, closings); s.Local != added {
		t.Errorf("%+v", s)
	}
	if lost, err := closings.Lost(); lost != 0 || err != nil {
		t.Errorf("%d lost, %v", lost, err)
	}
}

func TestDropsListed(t *testing.T) {
	const list = "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n" +
		"0000000021dceb8e 4   3042593099 00000000 0        0        0     2        7        1567295 \n" +
		"0000000057332e5c 4   1709       00000005 0        0        0     2        94       1567294 \n"
	if n, err := dropsIn(list, 1567294); n != 94 || err != nil {
		t.Error(n, err)
	}
	if n, err := dropsIn(list, 156729); err == nil {
		t.Error(n)
	}
}
