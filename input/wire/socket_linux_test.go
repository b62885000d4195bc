package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ollama-hec/input/netnstest"
)

// serve accepts connections in the namespace until the test ends.
func serve(t testing.TB, ns netnstest.Namespace, address string, handle func(net.Conn)) {
	t.Helper()
	l := ns.Listen(t, address)
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
func talk(t *testing.T, ns netnstest.Namespace, address, ask string) {
	t.Helper()
	ns.Do(t, func() error {
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

// TestLoopback: on lo every packet passes twice.
func TestLoopback(t *testing.T) {
	ns := netnstest.New(t)
	serve(t, ns, "[::]:11434", answerTo)
	c := read(t, ns, []uint16{11434})
	talk(t, ns, "127.0.0.1:11434", "one")
	talk(t, ns, "[::1]:11434", "two")
	c.wait(t, 2)
	c.stop()
	c.expect(t, `127.0.0.1 > 127.0.0.1:11434 "one" "answer" FIN by client`, `::1 > [::1]:11434 "two" "answer" FIN by client`)
	if s := c.Stats(); s.Connections != 2 || s.Dropped != 0 || s.Malformed != 0 || s.Open != 0 {
		t.Errorf("%+v", s)
	}
}

// expect compares what was told; the clients' ports are whatever they are.
func (c *capture) expect(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for line := range strings.Lines(c.book.String()) {
		client, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		a, err := netip.ParseAddrPort(client)
		if err != nil {
			t.Fatal(line)
		}
		got = append(got, a.Addr().String()+" "+rest)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestPorts: what is not of the ports does not even reach us, and another port is another socket.
func TestPorts(t *testing.T) {
	ns := netnstest.New(t)
	for _, port := range []string{"11434", "11435", "11436"} {
		serve(t, ns, "127.0.0.1:"+port, answerTo)
	}
	one := read(t, ns, []uint16{11434, 11436})
	talk(t, ns, "127.0.0.1:11435", "not ours")
	talk(t, ns, "127.0.0.1:11434", "ours")
	one.wait(t, 1)
	two := read(t, ns, []uint16{11435})
	talk(t, ns, "127.0.0.1:11435", "theirs")
	talk(t, ns, "127.0.0.1:11436", "ours, too")
	one.wait(t, 1)
	two.wait(t, 1)
	one.stop()
	two.stop()
	one.expect(t, `127.0.0.1 > 127.0.0.1:11434 "ours" "answer" FIN by client`,
		`127.0.0.1 > 127.0.0.1:11436 "ours, too" "answer" FIN by client`)
	two.expect(t, `127.0.0.1 > 127.0.0.1:11435 "theirs" "answer" FIN by client`)
	if n := two.Stats().Packets; n > 12 {
		t.Errorf("%d packets of one connection", n)
	}
}

// TestLocked: nobody takes the filter away or changes it, not even root.
func TestLocked(t *testing.T) {
	ns := netnstest.New(t)
	ns.Do(t, func() error {
		s, err := Listen([]uint16{11434}, nil)
		if err != nil {
			return err
		}
		defer s.Close()
		fd := s.source.(*packets).fd
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0); !errors.Is(err, unix.EPERM) {
			t.Errorf("detach: %v", err)
		}
		if err := s.source.(*packets).lock([]uint16{1}, nil); !errors.Is(err, unix.EPERM) {
			t.Errorf("attach: %v", err)
		}
		if s.Buffer() < 1<<17 {
			t.Errorf("a queue of %d bytes", s.Buffer())
		}
		return nil
	})
}

// TestInterfaces: only those named are read, also those that come later or anew.
func TestInterfaces(t *testing.T) {
	client, server := netnstest.Cable(t)
	serve(t, server, "0.0.0.0:11434", answerTo)
	c := read(t, server, []uint16{11434}, "v1", "w1")
	missing := func() (names []string) {
		server.Do(t, func() error { names = c.Missing(); return nil })
		return names
	}
	if got := missing(); !slices.Equal(got, []string{"w1"}) {
		t.Errorf("missing: %q", got)
	}
	talk(t, server, "127.0.0.1:11434", "lo")
	talk(t, client, "203.0.113.1:11434", "v1")
	c.wait(t, 1)
	c.expect(t, `203.0.113.77 > 203.0.113.1:11434 "v1" "answer" FIN by client`)

	client.Run(t, "ip link del v0")
	client.Run(t, "ip link add w0 type veth peer name w1 netns "+string(server))
	client.Run(t, "ip addr add 198.51.100.77/24 dev w0")
	client.Run(t, "ip link set w0 up")
	server.Run(t, "ip addr add 198.51.100.1/24 dev w1")
	server.Run(t, "ip link set w1 up")
	netnstest.Until(t, "the interface that came later is read", func() bool {
		talk(t, client, "198.51.100.1:11434", "w1")
		return len(c.ended) > 0
	})
	c.stop()
	if !strings.Contains(c.book.String(), `198.51.100.1:11434 "w1" "answer"`) || strings.Contains(c.book.String(), "lo") {
		t.Error(c.book)
	}
	if got := missing(); !slices.Equal(got, []string{"v1"}) {
		t.Errorf("missing: %q", got)
	}
	server.Do(t, func() error {
		if _, err := Listen([]uint16{11434}, []string{"eht0"}); err == nil ||
			!strings.Contains(err.Error(), "no interface eht0: there are lo") {
			t.Errorf("an interface that is not there: %v", err)
		}
		return nil
	})
}

// TestContainer: a published port, seen on the host's three interfaces under two pairs of addresses, is one
// conversation, between the client and the address that it asked.
func TestContainer(t *testing.T) {
	for _, rules := range [][]string{nil, {"add rule ip n out ip saddr 203.0.113.0/24 masquerade"}} {
		client, host := netnstest.Cable(t)
		container := netnstest.Container(t, host, 11434, rules...)
		serve(t, container, "0.0.0.0:11434", answerTo)
		c := read(t, host, []uint16{11434})
		talk(t, client, "203.0.113.1:11434", "ask")
		c.wait(t, 1)
		c.stop()
		c.expect(t, `203.0.113.77 > 203.0.113.1:11434 "ask" "answer" FIN by client`)
		if n := c.Stats().Packets; n < 18 {
			t.Errorf("%d packets: not seen three times", n)
		}
	}
}

// TestStopped: of what passes while nobody reads and the queue is full, every byte is counted.
func TestStopped(t *testing.T) {
	const before, during, after = 1 << 20, 64 << 20, 1 << 20
	client, server := netnstest.Cable(t)
	next := make(chan struct{})
	serve(t, server, "203.0.113.1:11434", func(c net.Conn) {
		defer c.Close()
		_, _ = c.Read(make([]byte, 3))
		for _, n := range []int{before, during, after} {
			<-next
			_, _ = c.Write(make([]byte, n))
		}
	})
	reader := startChild(t, server, childCapture, nil)
	client.Do(t, func() error {
		c, err := net.Dial("tcp", "203.0.113.1:11434")
		if err != nil {
			return err
		}
		defer c.Close()
		_, _ = io.WriteString(c, "ask")
		get := func(n int64) error {
			next <- struct{}{}
			_, err := io.CopyN(io.Discard, c, n)
			return err
		}
		if err := get(before); err != nil {
			return err
		}
		pid := reader.cmd.Process.Pid
		if err := unix.Kill(pid, unix.SIGSTOP); err != nil {
			return err
		}
		if _, err := unix.Wait4(pid, nil, unix.WUNTRACED, nil); err != nil {
			return err
		}
		if err := get(during); err != nil {
			return err
		}
		if err := unix.Kill(pid, unix.SIGCONT); err != nil {
			return err
		}
		netnstest.Until(t, "it reads again", func() bool { return netnstest.Queued(t, pid) == 0 })
		if err := get(after); err != nil {
			return err
		}
		_, err = c.Read(make([]byte, 1))
		if err != io.EOF {
			return fmt.Errorf("the server does not close: %w", err)
		}
		return nil
	})
	netnstest.Until(t, "the connection is closed", func() bool { return reader.stats(t).Open == 0 })
	got, _ := reader.end(t)
	t.Logf("%+v", got)
	all := int64(before + during + after)
	if got.Said[FromServer]+int64(got.Stats.LostBytes) != all || got.Said[FromClient] != 3 {
		t.Errorf("said %d and lost %d of %d", got.Said, got.Stats.LostBytes, all)
	}
	if got.Stats.LostBytes == 0 || got.Said[FromServer] < before+after || got.Ends[EndFIN] != 1 {
		t.Errorf("%+v", got)
	}
}

// TestWhole: many bytes both ways, in segments as large as the system makes them.
func TestWhole(t *testing.T) {
	const n = 50 << 20
	client, server := netnstest.Cable(t)
	serve(t, server, "[::]:11434", func(c net.Conn) {
		defer c.Close()
		_, _ = io.CopyN(c, c, n)
		_, _ = c.Read(make([]byte, 1))
	})
	c := startChild(t, server, childCapture, nil)
	pid := c.cmd.Process.Pid
	for from, address := range map[netnstest.Namespace]string{client: "203.0.113.1:11434", server: "[::1]:11434"} {
		from.Do(t, func() error {
			c, err := net.Dial("tcp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			go func() { _, _ = c.Write(make([]byte, n)) }()
			_, err = io.CopyN(io.Discard, c, n)
			// What is dropped for want of time must not be how it ends.
			netnstest.Until(t, "all is read", func() bool { return netnstest.Queued(t, pid) == 0 })
			return err
		})
	}
	netnstest.Until(t, "both are closed", func() bool { return c.stats(t).Open == 0 })
	got, _ := c.end(t)
	t.Logf("%+v", got)
	if all := got.Said[0] + got.Said[1] + int64(got.Stats.LostBytes); all != 4*n {
		t.Errorf("%d of %d bytes: %+v", all, 4*n, got)
	}
	if got.Stats.Dropped == 0 && got.Stats.LostBytes != 0 || got.Stats.Truncated != 0 || got.Stats.Malformed != 0 {
		t.Errorf("%+v", got)
	}
}

// TestPrivileges: CAP_NET_RAW is all that is needed.
func TestPrivileges(t *testing.T) {
	ns := netnstest.New(t)
	serve(t, ns, "127.0.0.1:11434", answerTo)
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	raw := &syscall.SysProcAttr{Credential: nobody, AmbientCaps: []uintptr{unix.CAP_NET_RAW}}
	c := startChild(t, ns, childCapture, raw)
	talk(t, ns, "127.0.0.1:11434", "ask")
	netnstest.Until(t, "the connection is closed", func() bool { s := c.stats(t); return s.Connections == 1 && s.Open == 0 })
	got, _ := c.end(t)
	if got.Said != [2]int64{3, 6} {
		t.Errorf("%+v", got)
	}
	t.Logf("a queue of %d bytes", got.Buffer)

	var out bytes.Buffer
	ns.Do(t, func() error {
		cmd := exec.Command("/proc/self/exe")
		cmd.Env = append(os.Environ(), childVariable+"="+childCapture)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
		cmd.Stderr = &out
		if cmd.Run() == nil {
			t.Error("reads without CAP_NET_RAW")
		}
		return nil
	})
	if got, want := out.String(), "open a packet socket: operation not permitted\n"; got != want {
		t.Errorf("without CAP_NET_RAW: %q", got)
	}
}
