package hec

import (
	"errors"
	"syscall"

	"golang.org/x/sys/windows"
)

// isRefused reports whether nothing listens there.
func isRefused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }

func isReset(err error) bool {
	return errors.Is(err, syscall.WSAECONNRESET) || errors.Is(err, syscall.WSAECONNABORTED)
}
