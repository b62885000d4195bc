package lineartest

import (
	"time"

	"golang.org/x/sys/unix"
)

// worked is how long this thread has had a processor.
func worked() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &now); err != nil {
		panic(err) // every kernel that runs Go has this clock
	}
	return time.Duration(now.Nano())
}
