package modinputtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// AwaitBlocked waits until a paused process has written as much as a pipe
// holds, so that its next write waits, or the rest of this one.
func (p *Process) AwaitBlocked() {
	p.t.Helper()
	const almostFull = 60 << 10 // of the 64 KiB a pipe holds
	for end := time.Now().Add(patience); ; <-time.After(5 * time.Millisecond) {
		n, err := p.unread()
		if err != nil {
			p.t.Fatalf("ask how much is in the pipe: %v", err)
		}
		if n >= almostFull {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("only %d bytes are in the pipe", n)
		}
	}
}

// AwaitOpen waits until the process has a file open: a sign of one that delivers nothing.
func (p *Process) AwaitOpen(path string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; <-time.After(5 * time.Millisecond) {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.self.Pid))
		if err != nil {
			p.t.Fatal(err)
		}
		for _, link := range links {
			if to, err := os.Readlink(link); err == nil && to == path { // else it is closed by now
				return
			}
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s is not opened", path)
		}
	}
}

// unread is how many bytes are in the pipe. Fd would make reading block.
func (p *Process) unread() (n int, err error) {
	conn, err := p.stdout.(syscall.Conn).SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = conn.Control(func(fd uintptr) { n, failed = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	return n, errors.Join(err, failed)
}
