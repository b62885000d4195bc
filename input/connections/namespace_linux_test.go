package connections

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"ollama-hec/input/netnstest"
	"ollama-hec/input/spool"
)

const serverAddress = "203.0.113.1:11434"

// TestShortConnections: a thousand that send nothing are a thousand, whoever closes first and however.
func TestShortConnections(t *testing.T) {
	const connections = 1000
	wait := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }
	for _, tt := range []struct {
		name           string
		server, client func(net.Conn)
	}{
		{"the client closes", wait, func(net.Conn) {}},
		{"the client resets", wait, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }},
		{"the server closes", func(net.Conn) {}, wait},
		{"a request, and the server closes", func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4))
			_, _ = c.Write([]byte("there"))
		}, func(c net.Conn) {
			_, _ = c.Write([]byte("here"))
			wait(c)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c := pair(t)
			go serve(s.listen("[::]:11434"), tt.server)
			all, few := s.observe(Options{Events: All}), s.observe(Options{Events: First})
			c.in(func() {
				for range connections {
					conn, err := net.Dial("tcp", serverAddress)
					if err != nil {
						t.Error(err)
						return
					}
					tt.client(conn)
					_ = conn.Close()
				}
			})
			all.counted(connections)
			events, n := all.total()
			closed := make(map[string]bool)
			for _, e := range ends(events) {
				if e.Src != "203.0.113.77" || e.SrcScope != "external" || e.Dest != "203.0.113.1" || e.SrcPort == 0 {
					t.Errorf("%+v", e)
				}
				if closed[e.ID] {
					t.Errorf("closed twice: %+v", e)
				}
				closed[e.ID] = true
			}
			if n != connections || len(closed) != connections {
				t.Errorf("%d connections and %d ends, want %d", n, len(closed), connections)
			}
			// The other observer may still have some before it: what is lost to it at its end is read then.
			if events, n := few.total(); n != connections || len(events) > 4 {
				t.Errorf("%d connections in %d events", n, len(events))
			}
		})
	}
}

// TestALongConnection is told of when it is seen, even if it was there before, and when it ends, with one identity.
func TestALongConnection(t *testing.T) {
	for _, events := range []Events{All, First} {
		s, c := pair(t)
		echo(s.listen("[::]:11434"))
		before := c.dial(serverAddress)
		w := s.observe(Options{Events: events})
		w.until(
			"the one that was there before is seen",
			func(all []shown) bool { return len(all) == 1 && all[0].State == "open" },
		)
		if events == First {
			// The second one would be held back for a minute.
			_ = before.Close()
			eventually(t, "its end is seen", func() bool { return w.observer.Stats().Open == 0 })
			all, n := w.total()
			if n != 1 || len(all) != 2 || all[1].ID != all[0].ID || all[1].State != "closed" || *all[1].Count != 0 {
				t.Errorf("%+v", all)
			}
			continue
		}
		after := c.dial(serverAddress)
		w.until("the other one is seen", func(all []shown) bool { return len(all) == 2 && all[1].State == "open" })
		_ = after.Close()
		_ = before.Close()
		w.until("both are closed", func(all []shown) bool { return len(ends(all)) == 2 })
		all, n := w.total()
		ids := map[string]int{}
		for _, e := range all {
			ids[e.ID]++
		}
		if n != 2 || len(all) != 4 || len(ids) != 2 {
			t.Errorf("%d connections: %+v", n, all)
		}
	}
}

// TestAddresses: IPv4 is IPv4 also where the listener is of IPv6, and a link-local address names its interface.
func TestAddresses(t *testing.T) {
	s, c := pair(t)
	echo(s.listen("[::]:11434"))
	w := s.observe(Options{Events: All})
	var local, linked string
	eventually(t, "the link is up", func() bool {
		local = s.linkLocal("toc")
		linked = fmt.Sprintf("[%s%%%d]:11434", local, c.number("tos"))
		var err error
		c.in(func() {
			var u net.Conn
			if u, err = net.Dial("udp", linked); err == nil {
				_ = u.Close()
			}
		})
		return err == nil
	})
	for _, to := range []string{serverAddress, "[2001:db8:71::1]:11434", linked} {
		_ = c.dial(to).Close()
	}
	_ = s.dial("127.0.0.1:11434").Close()
	_ = s.dial("[::1]:11434").Close()
	all := ends(w.until("all are closed", func(all []shown) bool { return len(ends(all)) == 5 }))
	want := map[string]string{
		"203.0.113.77": "external 203.0.113.1", "2001:db8:71::4d": "external 2001:db8:71::1",
		c.linkLocal("tos") + "%toc": "private " + local + "%toc",
		"127.0.0.1":                 "loopback 127.0.0.1", "::1": "loopback ::1",
	}
	for _, e := range all {
		if got := e.SrcScope + " " + e.Dest; got != want[e.Src] {
			t.Errorf("%s: %s, want %q", e.Src, got, want[e.Src])
		}
		delete(want, e.Src)
	}
	if len(want) > 0 {
		t.Errorf("not seen: %v", want)
	}
}

// number returns the number of an interface.
func (s *space) number(name string) (n int) {
	s.t.Helper()
	s.in(func() {
		i, err := net.InterfaceByName(name)
		if err != nil {
			s.t.Error(err)
			return
		}
		n = i.Index
	})
	return n
}

// linkLocal returns the link-local address of an interface.
func (s *space) linkLocal(name string) (address string) {
	s.t.Helper()
	s.in(func() {
		i, err := net.InterfaceByName(name)
		if err != nil {
			s.t.Error(err)
			return
		}
		addrs, err := i.Addrs()
		if err != nil {
			s.t.Error(err)
		}
		for _, a := range addrs {
			if ip := a.(*net.IPNet).IP; ip.IsLinkLocalUnicast() {
				address = ip.String()
			}
		}
	})
	return address
}

// TestMPTCP: the address stays where the client closes first. Its port and the bytes are not known then.
func TestMPTCP(t *testing.T) {
	s, c := pair(t)
	echo(s.listen("[::]:11434"))
	w := s.observe(Options{Events: All})
	var conn net.Conn
	var over bool
	c.in(func() {
		var d net.Dialer
		d.SetMultipathTCP(true)
		var err error
		if conn, err = d.Dial("tcp", serverAddress); err != nil {
			t.Error(err)
			return
		}
		over, err = conn.(*net.TCPConn).MultipathTCP()
		if err != nil {
			t.Error(err)
		}
	})
	if t.Failed() {
		return
	}
	_, _ = conn.Write([]byte("hello"))
	_, _ = io.ReadFull(conn, make([]byte, 5))
	_ = conn.Close()
	if !over {
		t.Skip("this system has no MPTCP")
	}
	e := ends(w.until("it is closed", func(all []shown) bool { return len(ends(all)) > 0 }))[0]
	if e.Src != "203.0.113.77" || e.SrcPort != 0 || e.Dest != "" || e.DestPort != 11434 || !e.MPTCP || e.BytesIn != nil {
		t.Errorf("%+v", e)
	}
	if all, n := w.total(); n != 1 {
		t.Errorf("%d connections: %+v", n, all)
	}
}

// TestWhatTheReaderMissesIsCounted: an observer that stands still under load says how many it missed, exactly.
func TestWhatTheReaderMissesIsCounted(t *testing.T) {
	s, _ := pair(t)
	echo(s.listen("[::]:11434"))
	w := &witness{t: t, more: make(chan struct{}, 1)}
	goOn := make(chan struct{})
	wait := sync.OnceFunc(func() { <-goOn })
	o := s.observeAs(nobody, Options{Events: All, Emit: func(r spool.Record) {
		wait() // the first event does not get through at once
		w.emit(r)
	}})
	made := 0
	s.in(func() {
		// Without privileges the buffer is what net.core.rmem_max allows.
		for made = range 12_000 + 1 {
			if made == 12_000 {
				break
			}
			conn, err := net.Dial("tcp", "127.0.0.1:11434")
			if err != nil {
				t.Error(err)
				break
			}
			_ = conn.(*net.TCPConn).SetLinger(0)
			_ = conn.Close()
		}
	})
	close(goOn)
	w.counted(made)
	o.stop()
	known, lost := 0, 0
	for _, e := range w.all {
		known += e.connections()
		lost += e.Lost
	}
	if known+lost != made {
		t.Errorf("%d known and %d lost, of %d", known, lost, made)
	}
	if st := o.observer.Stats(); st.Lost != uint64(lost) || st.Connections != uint64(known) {
		t.Errorf("%+v", st)
	}
	t.Logf("%d known and %d lost, of %d", known, lost, made)
}

// TestContainers: a container's port that is published by address translation, and one by a proxy on the host.
func TestContainers(t *testing.T) {
	if _, err := exec.LookPath("nft"); err != nil {
		netnstest.Without(t, "nft is not installed")
	}
	host, client, inside := namespace(t, "h"), namespace(t, "c"), namespace(t, "k")
	link(t, host, "203.0.113.1", client, "203.0.113.77")
	link(t, host, "172.17.0.1", inside, "172.17.0.2")
	inside.run("ip route add default via 172.17.0.1")
	host.run("sysctl -qw net.ipv4.ip_forward=1")
	rules := "add table ip n; add chain ip n p { type nat hook prerouting priority -100; }; " +
		"add rule ip n p tcp dport 11434 ip daddr 203.0.113.1 dnat to 172.17.0.2:11434"
	if err := host.translate(rules); err != nil {
		netnstest.Without(t, fmt.Sprintf("addresses cannot be translated here: %v", err))
	}
	pid := inside.program("server", "[::]:11434")
	proc := filepath.Join(t.TempDir(), "proc")
	id := strings.Repeat("0123456789abcdef", 4)
	group := filepath.Join(proc, strconv.Itoa(pid), "cgroup")
	content := []byte("0::/system.slice/docker-" + id + ".scope\n")
	if err := errors.Join(os.MkdirAll(filepath.Dir(group), 0o755), os.WriteFile(group, content, 0o644)); err != nil {
		t.Fatal(err)
	}
	all := host.observe(Options{Events: All, Proc: proc})
	own := host.observeAs(nobody, Options{Events: All})
	if !all.observer.Stats().Containers || own.observer.Stats().Containers {
		t.Errorf("%+v, %+v", all.observer.Stats(), own.observer.Stats())
	}
	for range 3 {
		_ = client.dial(serverAddress).Close()
	}
	for _, e := range ends(all.until("the container's are closed", func(all []shown) bool { return len(ends(all)) == 3 })) {
		if e.Src != "203.0.113.77" || e.Dest != "172.17.0.2" || e.fields["container_id"] != id || e.UserID != nil {
			t.Errorf("%+v", e)
		}
	}
	if events, n := own.total(); n != 0 {
		t.Errorf("without the right to: %+v", events)
	}

	if err := host.translate("delete table ip n"); err != nil {
		t.Fatal(err)
	}
	go serve(host.listen("203.0.113.1:11434"), func(c net.Conn) {
		var to net.Conn
		host.in(func() { to, _ = net.Dial("tcp", "172.17.0.2:11434") })
		if to != nil {
			_, _ = io.Copy(to, c)
			_ = to.Close()
		}
	})
	_ = client.dial(serverAddress).Close()
	halves := ends(all.until("both halves are closed", func(all []shown) bool { return len(ends(all)) == 5 }))[3:]
	slices.SortFunc(halves, func(a, b shown) int { return strings.Compare(b.Src, a.Src) })
	if halves[0].Src != "203.0.113.77" || halves[0].Dest != "203.0.113.1" || len(halves[0].fields) != 0 ||
		halves[1].Src != "172.17.0.1" || halves[1].Dest != "172.17.0.2" || halves[1].fields["container_id"] != id {
		t.Errorf("%+v", halves)
	}
}

// translate has nft run commands in the namespace.
func (s *space) translate(commands string) error {
	cmd := exec.Command("ip", "netns", "exec", s.name, "nft", "-f", "-")
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(commands, "; add", "\nadd"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}
