package proxy

import (
	"errors"

	"golang.org/x/sys/windows"
)

// inUse reports whether an address could not be had because somebody has it.
func inUse(err error) bool {
	return errors.Is(err, windows.WSAEADDRINUSE) || errors.Is(err, windows.WSAEACCES)
}
