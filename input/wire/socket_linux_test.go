package wire

import (
	"io"
	"net"
	"testing"
)

// serve accepts connections in the namespace until the test ends.
func (ns namespace) serve(t *testing.T, address string, handle func(net.Conn)) {
	t.Helper()
	var l net.Listener
	ns.do(t, func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
}

// answerTo reads all that the client says and says something itself.
func answerTo(c net.Conn) {
	defer c.Close()
	if _, err := io.Copy(io.Discard, c); err == nil {
		_, _ = io.WriteString(c, "answer")
	}
}

// talk asks and reads the answer.
func (ns namespace) talk(t *testing.T, address, ask string) {
	t.Helper()
	ns.do(t, func() error {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		defer c.Close()
		if _, err := io.WriteString(c, ask); err != nil {
			return err
		}
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, c)
		return err
	})
}

// One conversation each: on lo every packet passes twice.
func TestLoopback(t *testing.T) {
	ns := newNamespace(t)
	ns.serve(t, "[::]:11434", answerTo)
	c := ns.read(t, []uint16{11434})
	ns.talk(t, "127.0.0.1:11434", "one")
	ns.talk(t, "[::1]:11434", "two")
	c.wait(t, 2)
	c.stop()
	want := [][2]string{{"127.0.0.1", "one"}, {"::1", "two"}}
	if len(c.pages) != len(want) {
		t.Fatalf("%d conversations:\n%s", len(c.pages), c.book)
	}
	for i, p := range c.pages {
		if p.Client.Addr().String() != want[i][0] || p.Server.Port() != 11434 || p.Joined || p.late ||
			string(p.said[FromClient]) != want[i][1] || string(p.said[FromServer]) != "answer" ||
			p.lost != [2]int64{} || p.end != "FIN by client" {
			t.Error(p)
		}
	}
	if s := c.Stats(); s.Connections != 2 || s.Dropped != 0 || s.Malformed != 0 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}
