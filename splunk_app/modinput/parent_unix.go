//go:build !windows

package modinput

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// startedBy is the parent, read as early as possible: a parent that dies later is noticed.
var startedBy = os.Getppid()

// WatchParent returns a channel that is closed when the process that started
// this one has ended. It looks at an interval, until ctx ends.
//
// The sign is a parent id other than the first: in a container splunkd may be
// process 1, and a subreaper may adopt orphans. The end of standard input says
// nothing, since splunkd may close it at once.
func WatchParent(ctx context.Context, every time.Duration) <-chan struct{} {
	return watch(ctx, every, startedBy, os.Getppid)
}

func watch(ctx context.Context, every time.Duration, first int, parent func() int) <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for parent() == first {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
		close(gone)
	}()
	return gone
}

func ignoreBrokenPipe() { signal.Ignore(syscall.SIGPIPE) }
