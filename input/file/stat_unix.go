//go:build unix

package file

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// openShared opens a file for reading. It does not wait for the other end of a
// FIFO that has taken the file's place.
func openShared(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
}

func statPath(path string) (stat, error) {
	var st unix.Stat_t
	for {
		switch err := unix.Stat(path, &st); err {
		case nil:
			return fromSys(&st), nil
		case unix.EINTR:
		default:
			return stat{}, &fs.PathError{Op: "stat", Path: path, Err: err}
		}
	}
}

func statFile(f *os.File) (stat, error) {
	var st unix.Stat_t
	for {
		switch err := unix.Fstat(int(f.Fd()), &st); err {
		case nil:
			return fromSys(&st), nil
		case unix.EINTR:
		default:
			return stat{}, &fs.PathError{Op: "fstat", Path: f.Name(), Err: err}
		}
	}
}

func fromSys(st *unix.Stat_t) stat {
	return stat{
		id:      fileID{Dev: uint64(st.Dev), Ino: st.Ino},
		size:    st.Size,
		mtime:   st.Mtim.Nano(),
		links:   uint64(st.Nlink),
		regular: st.Mode&unix.S_IFMT == unix.S_IFREG,
		dir:     st.Mode&unix.S_IFMT == unix.S_IFDIR,
	}
}

// descriptorLimit is how many files this process may have open, 0 if not known.
func descriptorLimit() uint64 {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return l.Cur
}

// outOfDescriptors reports whether closing another file would help.
func outOfDescriptors(err error) bool {
	return errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE)
}

// stale reports whether the handle is dead, and opening the file again may help.
func stale(err error) bool { return errors.Is(err, unix.ESTALE) }
