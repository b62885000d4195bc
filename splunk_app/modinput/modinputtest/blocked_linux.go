package modinputtest

import (
	"errors"
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
