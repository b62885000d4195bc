package modinput

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// WatchParent returns a channel that is closed when the process that started
// this one has ended. It looks at an interval, until ctx ends.
//
// A parent id does not change on Windows, so it waits for the process itself. An
// id that by now belongs to a younger process is one whose owner has ended.
func WatchParent(ctx context.Context, every time.Duration) <-chan struct{} {
	gone := make(chan struct{})
	parent, err := openParent()
	switch {
	case err == errParentEnded:
		close(gone)
		return gone
	case err != nil:
		return gone // it cannot be watched: splunkd's signal is left
	}
	go func() {
		defer syscall.CloseHandle(parent)
		for ctx.Err() == nil {
			event, err := syscall.WaitForSingleObject(parent, uint32(every.Milliseconds()))
			if err != nil {
				return
			}
			if event == syscall.WAIT_OBJECT_0 {
				close(gone)
				return
			}
		}
	}()
	return gone
}

var errParentEnded = errors.New("the parent has ended")

const (
	processQueryLimitedInformation = 0x1000            // what GetProcessTimes needs
	errorInvalidParameter          = syscall.Errno(87) // OpenProcess' error if there is no such process
)

func openParent() (syscall.Handle, error) {
	h, err := syscall.OpenProcess(syscall.SYNCHRONIZE|processQueryLimitedInformation, false, uint32(os.Getppid()))
	if err == errorInvalidParameter {
		return 0, errParentEnded
	}
	if err != nil {
		return 0, err
	}
	self, err := syscall.GetCurrentProcess()
	if err == nil && started(h) > started(self) {
		err = errParentEnded
	}
	if err != nil {
		syscall.CloseHandle(h)
		return 0, err
	}
	return h, nil
}

func started(h syscall.Handle) int64 {
	var created, exited, kernel, user syscall.Filetime
	if syscall.GetProcessTimes(h, &created, &exited, &kernel, &user) != nil {
		return 0
	}
	return created.Nanoseconds()
}

func ignoreBrokenPipe() {}
