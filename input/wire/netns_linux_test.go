package wire

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace, made for a test and removed after it.
type namespace string

// newNamespace makes one with its loopback interface up. Without root and ip
// the test is skipped.
func newNamespace(t testing.TB) namespace {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("no ip (iproute2) to make network namespaces with")
	}
	name := fmt.Sprintf("wire-%d-%s", os.Getpid(), filepath.Base(t.TempDir()))
	name = strings.ReplaceAll(name, "/", "-")
	for n := 0; ; n++ {
		full := fmt.Sprintf("%s-%d", name, n)
		if _, err := os.Stat("/run/netns/" + full); err == nil {
			continue
		}
		name = full
		break
	}
	if out, err := exec.Command("ip", "netns", "add", name).CombinedOutput(); err != nil {
		t.Skipf("no network namespaces here: %v: %s", err, bytes.TrimSpace(out))
	}
	ns := namespace(name)
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
	ns.ip(t, "link set lo up")
	return ns
}

// ip runs ip in the namespace.
func (ns namespace) ip(t testing.TB, args string) {
	t.Helper()
	ns.run(t, "ip", strings.Fields(args)...)
}

func (ns namespace) run(t testing.TB, name string, args ...string) {
	t.Helper()
	all := append([]string{"netns", "exec", string(ns), name}, args...)
	if out, err := exec.Command("ip", all...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// do calls f in the namespace. Sockets that f makes stay in it.
func (ns namespace) do(t testing.TB, f func() error) {
	t.Helper()
	if err := <-ns.start(f); err != nil {
		t.Fatal(err)
	}
}

// start is do without waiting.
func (ns namespace) start(f func() error) <-chan error {
	done := make(chan error, 1)
	go func() {
		// Never unlocked: the thread ends with the goroutine, and no other gets to be in there.
		runtime.LockOSThread()
		h, err := os.Open("/run/netns/" + string(ns))
		if err == nil {
			err = unix.Setns(int(h.Fd()), unix.CLONE_NEWNET)
			h.Close()
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return done
}

// capture is a socket that reads in a namespace.
type capture struct {
	*Socket
	*book
	stop func() // and wait for its end
}

// read opens a socket in the namespace and reads until the test ends or stop is called.
func (ns namespace) read(t testing.TB, ports []uint16, interfaces ...string) *capture {
	t.Helper()
	c := &capture{book: newBook()}
	ns.do(t, func() (err error) {
		c.Socket, err = Listen(ports, interfaces)
		return err
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := ns.start(func() error { return c.Run(ctx, c.open) })
	c.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	t.Cleanup(c.stop)
	return c
}

// until waits until something is so, for a minute at most.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	end := time.After(time.Minute)
	for tick := time.NewTicker(10 * time.Millisecond); !so(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("waited in vain until %s", what)
		}
	}
}
