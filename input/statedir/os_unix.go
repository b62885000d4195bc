//go:build unix

package statedir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// noWait keeps opening from waiting for the other end of a FIFO put there meanwhile.
const noWait = unix.O_NONBLOCK

// owner is whose a directory is.
type owner struct{ user, group int }

func (o owner) sameUser(p owner) bool { return o.user == p.user }

// anyone is the owner of what root opens first.
var anyone = owner{-1, -1}

func ownerOf(info fs.FileInfo) owner {
	st := info.Sys().(*syscall.Stat_t)
	return owner{int(st.Uid), int(st.Gid)}
}

func links(info fs.FileInfo) uint64 { return uint64(info.Sys().(*syscall.Stat_t).Nlink) }

// checkMode refuses a file or directory that everybody can write to.
func checkMode(path string, info fs.FileInfo) error {
	if info.Mode().Perm()&0o002 == 0 {
		return nil
	}
	return &RefusedError{path, fmt.Sprintf("can be written to by every user (mode %04o)", mode(info)),
		"take that right away (chmod o-w), or name a directory within it"}
}

// checkOwner refuses a file or directory that another user owns. above is the owner of the
// directory it is in.
func checkOwner(path string, info fs.FileInfo, above owner) error {
	is, me := ownerOf(info), os.Geteuid()
	switch {
	case is.user == 0, is.user == me:
		return nil
	case me == 0 && (above == anyone || above.user == is.user):
		return nil
	}
	return &RefusedError{path, fmt.Sprintf("belongs to another user (user id %d; this process has %d)", is.user, me),
		"give it to the user of this process (chown), or name another directory"}
}

func mode(info fs.FileInfo) uint32 { return uint32(info.Sys().(*syscall.Stat_t).Mode) & 0o7777 }

// own gives a file that root made to the owner of the directory, who will use it later. If root
// may not do that either, it stays root's.
func (d *Dir) own(name string) {
	if os.Geteuid() == 0 && d.owner != (owner{}) {
		_ = d.root.Lchown(name, d.owner.user, d.owner.group)
	}
}

func syncDir(f *os.File) error {
	err := f.Sync()
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return nil // not every file system can; the files themselves are on disk
	}
	return err
}

// Lock takes a lock on f until f is closed; it fails with ErrLocked, unless it is to
// wait, if somebody else has it.
func Lock(f *os.File, wait bool) error {
	how := unix.LOCK_EX
	if !wait {
		how |= unix.LOCK_NB
	}
	for {
		err := unix.Flock(int(f.Fd()), how)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EWOULDBLOCK):
			return ErrLocked
		}
		return err
	}
}

// Full reports whether an error means that the disk has no space left.
func Full(err error) bool { return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) }
