//go:build !windows

package proxy

import (
	"errors"
	"syscall"
)

// inUse reports whether an address could not be had because somebody has it.
func inUse(err error) bool { return errors.Is(err, syscall.EADDRINUSE) }
