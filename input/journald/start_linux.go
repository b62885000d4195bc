package journald

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startBound starts cmd so that the kernel ends it when this process ends, for whatever reason.
// The kernel binds it to the thread that started it, so that thread is kept until release is
// called.
func startBound(cmd *exec.Cmd) (release func(), err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			<-ended
		}
	}()
	return func() { close(ended) }, <-started
}
