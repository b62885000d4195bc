package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// cores are the core on which the measured process runs, and the core for everything else.
// Negative: the system chooses.
type cores struct{ measured, other int }

// chooseCores takes the last core for the measured process: interrupts tend to be handled on the
// first.
func chooseCores() cores {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil || set.Count() < 2 {
		return cores{-1, -1}
	}
	c := cores{-1, -1}
	for cpu := range 1024 {
		if set.IsSet(cpu) {
			c.measured, c.other = cpu, c.measured
		}
	}
	return c
}

func (c cores) String() string {
	if c.measured < 0 {
		return "one core only: nothing is pinned"
	}
	return fmt.Sprintf("measured on core %d, all else on core %d", c.measured, c.other)
}

// startOn starts a process that stays on one core. A process inherits the cores of the thread
// that starts it.
func startOn(core int, cmd *exec.Cmd) error {
	if core < 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("ask for the cores of a thread: %w", err)
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return fmt.Errorf("pin to core %d: %w", core, err)
	}
	defer unix.SchedSetaffinity(0, &before)
	return cmd.Start()
}

// pinSelf keeps every thread of this process on one core: a new thread inherits the cores of the
// one that makes it.
func pinSelf(core int) error {
	if core < 0 {
		return nil
	}
	var one unix.CPUSet
	one.Set(core)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, &one); err != nil {
			return fmt.Errorf("pin to core %d: %w", core, err)
		}
	}
	return nil
}

// cpuOf is the CPU time a running process has taken so far, to the nanosecond.
func cpuOf(pid int) (time.Duration, error) {
	var t unix.Timespec
	// The clock of another process, as clock_getcpuclockid makes it.
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}
