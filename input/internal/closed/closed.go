// Package closed tells which directory or file keeps this process from reading a path: the
// error of the system names the path that was asked for, and not what is closed on the way there.
//
// It looks at the rights after the failure, which may have changed by then.
package closed

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
)

// Error says that something may not be looked into, or read, by this process's user.
type Error struct {
	Path string
	Dir  bool // Path is a directory
	User string
	err  error // of the system
}

func (e *Error) Error() string { return e.Path + " is " + e.Problem() }

// Problem returns the error without the path.
func (e *Error) Problem() string { return "closed to the user " + e.User }

// Unwrap returns the error of the system.
func (e *Error) Unwrap() error { return e.err }

// Hint returns what gives the user that right.
func (e *Error) Hint() string {
	switch {
	case runtime.GOOS != "linux":
		return "let the user " + e.User + " read it"
	case containers.MatchString(e.Path): // whose rights the runtime sets anew
		return "read logs of containers as root, or with the capability CAP_DAC_READ_SEARCH, " +
			"which read-all.conf gives to the packaged service"
	case e.Dir:
		return "setfacl -m u:" + e.User + ":rx " + e.Path + " (or let its group look into it)"
	}
	return "setfacl -m u:" + e.User + ":r " + e.Path + " (or let its group read it)"
}

// containers matches what Docker, Podman and Kubernetes keep.
var containers = regexp.MustCompile(
	`^(?:/var/lib|/.*/\.local/share)/(?:docker|containers)(?:/|$)|^/var/log/(?:pods|containers)(?:/|$)`,
)

// mostLinks is how many symlinks are followed to what is closed.
const mostLinks = 40

// Above returns what is closed to this process: the path itself, or the nearest directory above it
// that can be seen. err is how reading the path failed; nil is returned of another failure.
func Above(path string, err error) *Error {
	already := new(Error)
	switch {
	case errors.As(err, &already):
		return already
	case !errors.Is(err, fs.ErrPermission):
		return nil
	}
	at := filepath.Clean(path)
	for range mostLinks {
		at = nearest(at)
		info, statErr := os.Stat(at)
		if statErr == nil {
			return &Error{at, info.IsDir(), userName(), err}
		}
		to, linkErr := os.Readlink(at)
		if linkErr != nil {
			return nil
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(at), to)
		}
		at = to
	}
	return nil
}

// nearest returns what is there of a path.
func nearest(path string) string {
	for {
		up := filepath.Dir(path)
		if _, err := os.Lstat(path); err == nil || up == path {
			return path
		}
		path = up
	}
}

// userName returns the name of the user whose rights count.
func userName() string {
	if uid := os.Geteuid(); uid >= 0 { // not on Windows
		if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
			return u.Username
		}
		return strconv.Itoa(uid)
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "of this process"
}
