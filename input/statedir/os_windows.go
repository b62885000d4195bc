package statedir

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

const noWait = 0

type owner struct{}

func (owner) sameUser(owner) bool { return true }

var anyone owner

func ownerOf(fs.FileInfo) owner { return owner{} }

func links(fs.FileInfo) uint64 { return 1 }

func checkMode(string, fs.FileInfo) error { return nil }

func checkOwner(string, fs.FileInfo, owner) error { return nil }

func (d *Dir) own(string) {}

func syncDir(*os.File) error { return nil } // NTFS journals renames

// lockedByte is the offset of the lock, beyond the content: on Windows locked bytes cannot be
// read.
const lockedByte = 1 << 30

// Lock takes a lock on f until f is closed; it fails with ErrLocked, unless it is to
// wait, if somebody else has it.
func Lock(f *os.File, wait bool) error {
	how := uint32(windows.LOCKFILE_EXCLUSIVE_LOCK)
	if !wait {
		how |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{Offset: lockedByte})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}

// Full reports whether an error means that the disk has no space left.
func Full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
