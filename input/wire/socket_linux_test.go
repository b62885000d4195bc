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
)

// serve accepts connections in the namespace until the test ends.
func (ns namespace) serve(t testing.TB, address string, handle func(net.Conn)) {
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

// TestLoopback: on lo every packet passes twice.
func TestLoopback(t *testing.T) {
	ns := newNamespace(t)
	ns.serve(t, "[::]:11434", answerTo)
	c := ns.read(t, []uint16{11434})
	ns.talk(t, "127.0.0.1:11434", "one")
	ns.talk(t, "[::1]:11434", "two")
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
	ns := newNamespace(t)
	for _, port := range []string{"11434", "11435", "11436"} {
		ns.serve(t, "127.0.0.1:"+port, answerTo)
	}
	one := ns.read(t, []uint16{11434, 11436})
	ns.talk(t, "127.0.0.1:11435", "not ours")
	ns.talk(t, "127.0.0.1:11434", "ours")
	one.wait(t, 1)
	two := ns.read(t, []uint16{11435})
	ns.talk(t, "127.0.0.1:11435", "theirs")
	ns.talk(t, "127.0.0.1:11436", "ours, too")
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
	ns := newNamespace(t)
	ns.do(t, func() error {
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
	client, server := pair(t)
	server.serve(t, "0.0.0.0:11434", answerTo)
	c := server.read(t, []uint16{11434}, "v1", "w1")
	missing := func() (names []string) {
		server.do(t, func() error { names = c.Missing(); return nil })
		return names
	}
	if got := missing(); !slices.Equal(got, []string{"w1"}) {
		t.Errorf("missing: %q", got)
	}
	server.talk(t, "127.0.0.1:11434", "lo")
	client.talk(t, "203.0.113.1:11434", "v1")
	c.wait(t, 1)
	c.expect(t, `203.0.113.77 > 203.0.113.1:11434 "v1" "answer" FIN by client`)

	client.ip(t, "link del v0")
	client.ip(t, "link add w0 type veth peer name w1 netns "+string(server))
	client.ip(t, "addr add 198.51.100.77/24 dev w0")
	client.ip(t, "link set w0 up")
	server.ip(t, "addr add 198.51.100.1/24 dev w1")
	server.ip(t, "link set w1 up")
	until(t, "the interface that came later is read", func() bool {
		client.talk(t, "198.51.100.1:11434", "w1")
		return len(c.ended) > 0
	})
	c.stop()
	if !strings.Contains(c.book.String(), `198.51.100.1:11434 "w1" "answer"`) || strings.Contains(c.book.String(), "lo") {
		t.Error(c.book)
	}
	if got := missing(); !slices.Equal(got, []string{"v1"}) {
		t.Errorf("missing: %q", got)
	}
	server.do(t, func() error {
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
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("no nft (nftables) to rewrite addresses with")
	}
	for _, rules := range []string{"", "; add rule ip n out ip saddr 203.0.113.0/24 masquerade"} {
		client, host := pair(t)
		container := newNamespace(t)
		host.ip(t, "link add br0 type bridge")
		host.ip(t, "addr add 172.17.0.1/16 dev br0")
		host.ip(t, "link set br0 up")
		host.ip(t, "link add c0 type veth peer name eth0 netns "+string(container))
		host.ip(t, "link set c0 master br0")
		host.ip(t, "link set c0 up")
		container.ip(t, "addr add 172.17.0.2/16 dev eth0")
		container.ip(t, "link set eth0 up")
		container.ip(t, "route add default via 172.17.0.1")
		host.run(t, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
		host.run(t, "nft", "add table ip n; add chain ip n in { type nat hook prerouting priority -100; };"+
			"add chain ip n out { type nat hook postrouting priority 100; };"+
			"add rule ip n in ip daddr 203.0.113.1 tcp dport 11434 dnat to 172.17.0.2:11434"+rules)
		container.serve(t, "0.0.0.0:11434", answerTo)
		c := host.read(t, []uint16{11434})
		client.talk(t, "203.0.113.1:11434", "ask")
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
	client, server := pair(t)
	next := make(chan struct{})
	server.serve(t, "203.0.113.1:11434", func(c net.Conn) {
		defer c.Close()
		_, _ = c.Read(make([]byte, 3))
		for _, n := range []int{before, during, after} {
			<-next
			_, _ = c.Write(make([]byte, n))
		}
	})
	reader := server.child(t, childCapture, nil)
	client.do(t, func() error {
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
		until(t, "it reads again", func() bool { return reader.stats(t).Dropped > 0 })
		if err := get(after); err != nil {
			return err
		}
		_, err = c.Read(make([]byte, 1))
		if err != io.EOF {
			return fmt.Errorf("the server does not close: %w", err)
		}
		return nil
	})
	until(t, "the connection is closed", func() bool { return reader.stats(t).Open == 0 })
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
	client, server := pair(t)
	server.serve(t, "[::]:11434", func(c net.Conn) {
		defer c.Close()
		_, _ = io.CopyN(c, c, n)
	})
	c := server.child(t, childCapture, nil)
	for from, address := range map[namespace]string{client: "203.0.113.1:11434", server: "[::1]:11434"} {
		from.do(t, func() error {
			c, err := net.Dial("tcp", address)
			if err != nil {
				return err
			}
			defer c.Close()
			go func() { _, _ = c.Write(make([]byte, n)) }()
			_, err = io.CopyN(io.Discard, c, n)
			return err
		})
	}
	until(t, "both are closed", func() bool { return c.stats(t).Open == 0 })
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
	ns := newNamespace(t)
	ns.serve(t, "127.0.0.1:11434", answerTo)
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	c := ns.child(t, childCapture, &syscall.SysProcAttr{Credential: nobody, AmbientCaps: []uintptr{unix.CAP_NET_RAW}})
	ns.talk(t, "127.0.0.1:11434", "ask")
	until(t, "the connection is closed", func() bool { s := c.stats(t); return s.Connections == 1 && s.Open == 0 })
	got, _ := c.end(t)
	if got.Said != [2]int64{3, 6} {
		t.Errorf("%+v", got)
	}
	t.Logf("a queue of %d bytes", got.Buffer)

	var out bytes.Buffer
	ns.do(t, func() error {
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
