package wire

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ollama-hec/input/netnstest"
)

// What a process of its own does for a test, and no other is measured with it.
const (
	childVariable = "WIRE_TEST_CHILD"
	childCapture  = "capture" // reads with a Socket
	childPlain    = "plain"   // reads with recvfrom and does nothing else
)

func TestMain(m *testing.M) {
	what := os.Getenv(childVariable)
	if what == "" {
		os.Exit(m.Run())
	}
	if err := beChild(what, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// told is what a child tells at its end.
type told struct {
	Stats  Stats
	Buffer int
	Said   [2]int64 // bytes of all conversations
	Ends   [3]int   // conversations by End
	Bytes  int64    // plain: of all packets
	Memory int64    // the most that was resident
}

// resident returns the most that was resident of this process.
func resident() (n int64) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &n); err == nil {
			return n << 10
		}
	}
	return 0
}

// beChild reads until its standard input ends, and tells its Stats for each line of it.
func beChild(what string, out io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready := func(stats func() Stats) {
		fmt.Fprintln(out, "ready")
		go func() {
			for in := bufio.NewScanner(os.Stdin); in.Scan(); {
				_ = json.NewEncoder(out).Encode(stats())
			}
			cancel()
		}()
	}
	var t told
	if what == childPlain {
		if err := readPlainly(ctx, &t, func() { ready(nil) }); err != nil {
			return err
		}
		t.Memory = resident()
		return json.NewEncoder(out).Encode(t)
	}
	s, err := Listen([]uint16{11434}, nil)
	if err != nil {
		return err
	}
	t.Buffer = s.Buffer()
	ready(s.Stats)
	if err := s.Run(ctx, func(Connection) Conversation { return &sum{&t} }); err != nil {
		return err
	}
	t.Stats, t.Memory = s.Stats(), resident()
	return json.NewEncoder(out).Encode(t)
}

// sum adds up all conversations.
type sum struct{ *told }

func (s *sum) Data(from Side, _ time.Time, p []byte) { s.Said[from] += int64(len(p)) }
func (s *sum) Lost(Side, time.Time, int64)           {}
func (s *sum) Contradicted(Side, time.Time)          {}
func (s *sum) Closed(Side, time.Time)                {}
func (s *sum) Done(how End, _ Side, _ time.Time)     { s.Ends[how]++ }

// readPlainly is what it costs at least to get the packets: the same filter and
// the same queue, one recvfrom a packet and nothing else.
func readPlainly(ctx context.Context, t *told, ready func()) error {
	x, err := openSource([]uint16{11434}, nil)
	if err != nil {
		return err
	}
	defer x.close()
	fd := x.(*packets).fd
	if err := unix.SetNonblock(fd, false); err != nil {
		return err
	}
	limit := unix.NsecToTimeval(int64(100 * time.Millisecond))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return err
	}
	ready()
	buffer := make([]byte, slotSize)
	for {
		n, _, errno := syscall.Syscall6(syscall.SYS_RECVFROM, uintptr(fd),
			uintptr(ptr(buffer)), slotSize, 0, 0, 0)
		switch {
		case errno == 0:
			t.Stats.Packets++
			t.Bytes += int64(n)
		case ctx.Err() != nil:
			t.Stats.Dropped = x.dropped()
			return nil
		case errno != unix.EAGAIN && errno != unix.EINTR:
			return errno
		}
	}
}

// child is a process that reads in a namespace.
type child struct {
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *bufio.Reader
}

// child starts a process in the namespace and returns when it reads.
func startChild(t testing.TB, ns netnstest.Namespace, what string, as *syscall.SysProcAttr) *child {
	t.Helper()
	c := &child{cmd: exec.Command("/proc/self/exe")}
	c.cmd.Env = append(os.Environ(), childVariable+"="+what)
	c.cmd.SysProcAttr = as
	c.cmd.Stderr = os.Stderr
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	ns.Do(t, c.cmd.Start)
	t.Cleanup(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
	c.out = bufio.NewReader(out)
	if line, err := c.out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the reading process says %q, %v", line, err)
	}
	return c
}

// stats asks the process for its Stats.
func (c *child) stats(t testing.TB) (s Stats) {
	t.Helper()
	fmt.Fprintln(c.stdin)
	line, err := c.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s)
	}
	if err != nil {
		t.Fatalf("the reading process: %v", err)
	}
	return s
}

// end ends it and returns what it tells, and what processor time it took.
func (c *child) end(t testing.TB) (told, time.Duration) {
	t.Helper()
	c.stdin.Close()
	var x told
	if err := json.NewDecoder(c.out).Decode(&x); err != nil {
		t.Fatalf("the reading process: %v", err)
	}
	if err := c.cmd.Wait(); err != nil {
		t.Fatalf("the reading process: %v", err)
	}
	p := c.cmd.ProcessState
	return x, p.UserTime() + p.SystemTime()
}
