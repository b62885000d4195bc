package connections

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ollama-hec/input/netnstest"
)

// space is a network namespace of the test's own.
type space struct {
	t    *testing.T
	name string
}

// spaces counts those made: a test may make several of one name.
var spaces atomic.Int64

// namespace makes a network namespace in which loopback is up, for as long as the test runs.
func namespace(t *testing.T, name string) *space {
	t.Helper()
	if os.Geteuid() != 0 {
		netnstest.Without(t, "only root can make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		netnstest.Without(t, "ip is not installed")
	}
	s := &space{t, fmt.Sprintf("hec%d-%d%s", os.Getpid(), spaces.Add(1), name)}
	if out, err := exec.Command("ip", "netns", "add", s.name).CombinedOutput(); err != nil {
		netnstest.Without(t, fmt.Sprintf("network namespaces cannot be made here: %s", out))
	}
	t.Cleanup(func() { run(t, "ip netns del "+s.name) })
	s.run("ip link set lo up")
	return s
}

// run runs a command in the namespace.
func (s *space) run(command string) {
	s.t.Helper()
	run(s.t, "ip netns exec "+s.name+" "+command)
}

func run(t *testing.T, command string) {
	t.Helper()
	words := strings.Fields(command)
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
}

// link joins two namespaces by a pair of interfaces that have an address of IPv4 and one of IPv6 each, besides their
// link-local ones.
func link(t *testing.T, a *space, addrA string, b *space, addrB string) {
	t.Helper()
	nameA, nameB := "to"+b.name[len(b.name)-1:], "to"+a.name[len(a.name)-1:]
	run(t, fmt.Sprintf("ip link add %s netns %s type veth peer name %s netns %s", nameA, a.name, nameB, b.name))
	for _, end := range []struct {
		s          *space
		name, addr string
	}{{a, nameA, addrA}, {b, nameB, addrB}} {
		four := netip.MustParseAddr(end.addr).As4()
		end.s.run(fmt.Sprintf("ip addr add %s/24 dev %s", end.addr, end.name))
		end.s.run(fmt.Sprintf("ip addr add 2001:db8:%x::%x/64 dev %s nodad", four[2], four[3], end.name))
		// Without it a link-local address is of no use in its first second.
		end.s.run("sysctl -qw net.ipv6.conf." + end.name + ".accept_dad=0")
		end.s.run("ip link set " + end.name + " up")
	}
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Minute)
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("it does not come about that %s", what)
		}
	}
}

// in runs f on a thread that is in the namespace and ends with f. Sockets that f opens stay there.
func (s *space) in(f func()) {
	s.t.Helper()
	failed := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // for good: nobody else gets a thread that is elsewhere
		err := enter(s.name)
		if err == nil {
			f()
		}
		failed <- err
	}()
	if err := <-failed; err != nil {
		s.t.Fatal(err)
	}
}

func enter(name string) error {
	file, err := os.Open("/run/netns/" + name)
	if err != nil {
		return err
	}
	return errors.Join(unix.Setns(int(file.Fd()), unix.CLONE_NEWNET), file.Close())
}

// observe runs an observer of port 11434 in the namespace.
func (s *space) observe(o Options) *witness {
	s.t.Helper()
	if o.Ports == nil {
		o.Ports = []uint16{11434}
	}
	return observeOn(s.t, o, s.in)
}

// listen opens a listener in the namespace.
func (s *space) listen(address string) (l net.Listener) {
	s.t.Helper()
	var err error
	s.in(func() { l, err = net.Listen("tcp", address) })
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = l.Close() })
	return l
}

// dial connects from the namespace.
func (s *space) dial(to string) *net.TCPConn {
	s.t.Helper()
	var c net.Conn
	var err error
	s.in(func() { c, err = net.Dial("tcp", to) })
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = c.Close() })
	return c.(*net.TCPConn)
}

// The main thread is nobody's: a thread that is elsewhere must be able to end.
func init() { runtime.LockOSThread() }

// pair makes a server and a client namespace that are linked.
func pair(t *testing.T) (server, client *space) {
	t.Helper()
	server, client = namespace(t, "s"), namespace(t, "c")
	link(t, server, "203.0.113.1", client, "203.0.113.77")
	return server, client
}

// program starts a process of that name in the namespace, which listens at an address, and returns its number.
func (s *space) program(name, address string, args ...string) (pid int) {
	s.t.Helper()
	self, err := os.Executable()
	if err != nil {
		s.t.Fatal(err)
	}
	path := filepath.Join(s.t.TempDir(), name)
	if err := os.Symlink(self, path); err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Env = []string{listenAt + "=" + address}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.in(func() { err = cmd.Start() })
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	if _, err := out.Read(make([]byte, 1)); err != nil {
		s.t.Fatalf("%s does not listen: %v", name, err)
	}
	return cmd.Process.Pid
}

// listenAt is the variable that makes this program a server.
const listenAt = "TEST_LISTEN_AT"

// TestMain runs the tests, or the server that program starts.
func TestMain(m *testing.M) {
	address := os.Getenv(listenAt)
	if address == "" {
		os.Exit(m.Run())
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(".")
	serve(l, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
}
