package checkpoint

import (
	"errors"

	"golang.org/x/sys/windows"
)

// full tells a disk without space from one that is not for us to write on.
func full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
