package checkpoint

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// The lock lies beyond the content: on Windows locked bytes cannot be read.
const lockedByte = 1 << 30

func tryLock(f *os.File) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0,
		&windows.Overlapped{Offset: lockedByte})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return errLocked
	}
	return err
}

// syncDir does nothing: NTFS journals renames.
func syncDir(string) error { return nil }

// full tells a disk without space from one that is not for us to write on.
func full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
