//go:build unix

package checkpoint

import (
	"errors"

	"golang.org/x/sys/unix"
)

// full tells a disk without space from one that is not for us to write on.
func full(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
