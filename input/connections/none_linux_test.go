package connections

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// TestScans: who only knocks has no connection.
func TestScans(t *testing.T) {
	for _, answered := range []bool{true, false} {
		t.Run(fmt.Sprintf("the client's kernel resets is %v", answered), func(t *testing.T) {
			s, c := pair(t)
			echo(s.listen("0.0.0.0:11434"))
			w := s.observe(Options{Events: All})
			from := netip.MustParseAddr("203.0.113.77")
			if !answered {
				// Nobody has this address, but the server believes to know its interface.
				from = netip.MustParseAddr("203.0.113.99")
				s.run("ip neigh add 203.0.113.99 lladdr 02:00:00:00:00:99 dev toc")
			}
			c.in(func() { knock(t, from, 500) })
			conn := c.dial(serverAddress)
			_ = conn.Close()
			w.until("the one connection is closed", func(all []shown) bool { return len(ends(all)) > 0 })
			if all, n := w.total(); n != 1 {
				t.Errorf("%d connections: %+v", n, all)
			}
		})
	}
}

// knock sends SYNs and nothing else.
func knock(t *testing.T, from netip.Addr, times int) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_RAW)
	if err != nil {
		t.Error(err)
		return
	}
	defer unix.Close(fd)
	to := netip.MustParseAddrPort(serverAddress)
	for n := range times {
		packet := syn(netip.AddrPortFrom(from, uint16(20_000+n)), to)
		if err := unix.Sendto(fd, packet, 0, &unix.SockaddrInet4{Addr: to.Addr().As4()}); err != nil {
			t.Error(err)
			return
		}
	}
}

// syn makes a packet that asks for a connection.
func syn(from, to netip.AddrPort) []byte {
	ip := make([]byte, 20, 40)
	ip[0], ip[8], ip[9] = 0x45, 64, unix.IPPROTO_TCP
	copy(ip[12:], from.Addr().AsSlice())
	copy(ip[16:], to.Addr().AsSlice())
	tcp := make([]byte, 20)
	binary.BigEndian.PutUint16(tcp, from.Port())
	binary.BigEndian.PutUint16(tcp[2:], to.Port())
	binary.BigEndian.PutUint32(tcp[4:], 12345)
	tcp[12], tcp[13] = 5<<4, 2
	binary.BigEndian.PutUint16(tcp[14:], 1024)
	sum := uint32(unix.IPPROTO_TCP + len(tcp))
	for _, b := range [][]byte{ip[12:20], tcp} {
		for i := 0; i < len(b); i += 2 {
			sum += uint32(binary.BigEndian.Uint16(b[i:]))
		}
	}
	sum = sum>>16 + sum&0xffff
	sum += sum >> 16
	binary.BigEndian.PutUint16(tcp[16:], ^uint16(sum))
	return append(ip, tcp...)
}

// TestWhatIsNoneOfItsConnections: outgoing ones to the same port elsewhere, and a listener that begins anew.
func TestWhatIsNoneOfItsConnections(t *testing.T) {
	s, c := pair(t)
	echo(c.listen("0.0.0.0:11434"))
	// With the right to, it would see those that the other namespace accepts.
	w := s.observeAs(nobody, Options{Events: All})
	for range 3 {
		var l net.Listener
		s.in(func() {
			var err error
			if l, err = net.Listen("tcp", "[::]:11434"); err != nil {
				t.Error(err)
			}
		})
		_ = s.dial("203.0.113.77:11434").Close()
		if l != nil {
			_ = l.Close()
		}
	}
	echo(s.listen("[::]:11434"))
	_ = c.dial(serverAddress).Close()
	w.until("the one that is its own is closed", func(all []shown) bool { return len(ends(all)) > 0 })
	all, n := w.total()
	if n != 1 || all[len(all)-1].Src != "203.0.113.77" || all[len(all)-1].DestPort != 11434 {
		t.Errorf("%d connections: %+v", n, all)
	}
}

// TestConnectionsFromAPort: what a process of this machine opens from a port of that number was not accepted
// there.
func TestConnectionsFromAPort(t *testing.T) {
	s, c := pair(t)
	echo(c.listen("0.0.0.0:9999"))
	echo(s.listen("[::]:11435"))
	w := s.observe(Options{Events: All, Ports: []uint16{11434, 11435}})
	var out net.Conn
	s.in(func() {
		var err error
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{Port: 11434}}
		if out, err = dialer.Dial("tcp", "203.0.113.77:9999"); err != nil {
			t.Error(err)
		}
	})
	if out == nil {
		return
	}
	// Once both sides have closed, its end is reported before what comes then.
	if err := out.(*net.TCPConn).CloseWrite(); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out)
	_ = out.Close()
	_ = c.dial("203.0.113.1:11435").Close()
	w.until("what comes after them is told of", func(all []shown) bool { return len(ends(all)) > 0 })
	if all, n := w.total(); n != 1 || all[0].DestPort != 11435 {
		t.Errorf("%d connections: %+v", n, all)
	}
}
