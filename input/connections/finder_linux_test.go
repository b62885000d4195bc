package connections

import (
	"io"
	"net"
	"net/netip"
	"testing"
	"time"
)

// TestFinder: a connection is found while it is there. What the kernel keeps of one that its server has closed,
// to which the client may still talk, may have another number than the connection.
func TestFinder(t *testing.T) {
	f, err := NewFinder()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	from, to := addressOf(client.LocalAddr()), addressOf(l.Addr())
	id := f.Find(from, to)
	if id == "" || f.Find(from, to) != id {
		t.Errorf("found %q and %q", id, f.Find(from, to))
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); err != io.EOF {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(time.Minute); f.Find(from, to) != ""; <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it is still there")
		}
	}
}

func addressOf(a net.Addr) netip.AddrPort { return a.(*net.TCPAddr).AddrPort() }
