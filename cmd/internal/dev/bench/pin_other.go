//go:build !linux

package main

import (
	"errors"
	"os/exec"
	"time"
)

// cores are where what is measured runs: not known here.
type cores struct{ measured, other int }

func chooseCores() cores { return cores{-1, -1} }

func (cores) String() string { return "nothing is pinned on this system" }

func startOn(_ int, cmd *exec.Cmd) error { return cmd.Start() }

func pinSelf(int) error { return nil }

func cpuOf(int) (time.Duration, error) {
	return 0, errors.New("the CPU time of a running process is measured on Linux only")
}
