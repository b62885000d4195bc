// Package netnstest gives tests network namespaces of their own, connected by virtual cables, so
// that nobody else sees their packets and no address outside is dialled.
//
// They need root and the command ip. If one is missing the test is skipped with that reason,
// unless NAMESPACES_REQUIRED is 1: then it fails.
package netnstest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace, made for a test and removed after it.
type Namespace string

var made atomic.Int64

// New makes a namespace in which loopback is up.
func New(t testing.TB) Namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		Without(t, "only root can make network namespaces")
	}
	Need(t, "ip", "iproute2")
	ns := Namespace(fmt.Sprintf("test-%d-%d", os.Getpid(), made.Add(1)))
	if out, err := exec.Command("ip", "netns", "add", string(ns)).CombinedOutput(); err != nil {
		Without(t, fmt.Sprintf("network namespaces cannot be made here: %v: %s", err, bytes.TrimSpace(out)))
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", string(ns)).Run() })
	ns.Run(t, "ip link set lo up")
	return ns
}

// Need skips the test where a command is missing.
func Need(t testing.TB, command, of string) {
	t.Helper()
	if _, err := exec.LookPath(command); err != nil {
		Without(t, fmt.Sprintf("there is no %s (%s)", command, of))
	}
}

// Without skips the test for a reason, or fails it if namespaces are required.
func Without(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("NAMESPACES_REQUIRED") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// Run runs commands in the namespace, one a line.
func (ns Namespace) Run(t testing.TB, commands ...string) {
	t.Helper()
	for _, command := range commands {
		cmd := exec.Command("ip", "netns", "exec", string(ns), "sh", "-c", command)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
	}
}

// Do calls f in the namespace. Sockets that f makes, and processes that it starts, stay there.
func (ns Namespace) Do(t testing.TB, f func() error) {
	t.Helper()
	if err := <-ns.Start(f); err != nil {
		t.Fatal(err)
	}
}

// Start calls f in the namespace as Do does, and does not wait for it.
func (ns Namespace) Start(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, so no other goroutine runs in the
		// namespace.
		runtime.LockOSThread()
		err := ns.enter()
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return done
}

func (ns Namespace) enter() error {
	h, err := os.Open("/run/netns/" + string(ns))
	if err != nil {
		return err
	}
	defer h.Close()
	return unix.Setns(int(h.Fd()), unix.CLONE_NEWNET)
}

// Cable makes two namespaces with a cable between them: the client is 203.0.113.77 and 2001:db8:1::77 on v0, the
// server 203.0.113.1 and 2001:db8:1::1 on v1.
func Cable(t testing.TB) (client, server Namespace) {
	t.Helper()
	client, server = New(t), New(t)
	client.Run(t, "ip link add v0 type veth peer name v1 netns "+string(server),
		"ip addr add 203.0.113.77/24 dev v0", "ip addr add 2001:db8:1::77/64 dev v0 nodad", "ip link set v0 up")
	server.Run(t, "ip addr add 203.0.113.1/24 dev v1", "ip addr add 2001:db8:1::1/64 dev v1 nodad", "ip link set v1 up")
	return client, server
}

// Container makes a namespace behind a host, like a container: it has 172.17.0.2 on a bridge of
// the host, and a port of 203.0.113.1 is published to it. rules are further rules of nft.
func Container(t testing.TB, host Namespace, port int, rules ...string) Namespace {
	t.Helper()
	Need(t, "nft", "nftables")
	inside := New(t)
	host.Run(t, "ip link add br0 type bridge", "ip addr add 172.17.0.1/16 dev br0", "ip link set br0 up",
		"ip link add c0 type veth peer name eth0 netns "+string(inside), "ip link set c0 master br0", "ip link set c0 up")
	inside.Run(t, "ip addr add 172.17.0.2/16 dev eth0", "ip link set eth0 up", "ip route add default via 172.17.0.1")
	table := append([]string{
		"add table ip n",
		"add chain ip n in { type nat hook prerouting priority -100; }",
		"add chain ip n out { type nat hook postrouting priority 100; }",
		fmt.Sprintf("add rule ip n in ip daddr 203.0.113.1 tcp dport %d dnat to 172.17.0.2:%d", port, port),
	}, rules...)
	host.Run(t, "echo 1 > /proc/sys/net/ipv4/ip_forward")
	cmd := exec.Command("ip", "netns", "exec", string(host), "nft", strings.Join(table, "; "))
	if out, err := cmd.CombinedOutput(); err != nil {
		Without(t, fmt.Sprintf("addresses cannot be translated here: %v: %s", err, out))
	}
	return inside
}

// Listen listens in the namespace until the test ends.
func (ns Namespace) Listen(t testing.TB, address string) (l net.Listener) {
	t.Helper()
	ns.Do(t, func() (err error) {
		l, err = net.Listen("tcp", address)
		return err
	})
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// Dial connects from the namespace. The connection is closed with the test at the latest.
func (ns Namespace) Dial(t testing.TB, address string) (c *net.TCPConn) {
	t.Helper()
	ns.Do(t, func() error {
		any, err := net.Dial("tcp", address)
		if err == nil {
			c = any.(*net.TCPConn)
		}
		return err
	})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// Until waits until so returns true, for a minute at most.
func Until(t testing.TB, what string, so func() bool) {
	t.Helper()
	end := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// Queued returns how many bytes wait in the packet sockets of a process's namespace to be read.
func Queued(t testing.TB, pid int) (all int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/packet", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		const memory = 6 // the column
		fields := strings.Fields(line)
		if len(fields) <= memory {
			continue
		}
		if n, err := strconv.Atoi(fields[memory]); err == nil {
			all += n
		}
	}
	return all
}
