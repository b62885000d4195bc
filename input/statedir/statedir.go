// Package statedir opens the directory where a shipper keeps its state, and the files in it, but
// nothing that another user put in their place.
//
// A directory or file is refused that is a symbolic link, that everybody may write to, or that
// belongs to neither root nor the user of this process; what root opens may belong to anyone who
// also owns the directory, and what root makes there belongs to that owner. The directories
// above are trusted. A directory within the state directory may be entrusted to another user,
// who shares it with a group: see [Dir.Entrusted]. On Windows, where modes and owners mean
// nothing, only links are refused: access lists protect the directory there.
package statedir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Dir is a directory in use. Its methods take the name of a file in it.
type Dir struct {
	path      string
	root      *tree
	owner     owner
	mode      fs.FileMode
	entrusted bool // to its owner, whose files are taken as they are
}

// RefusedError says why a directory or file is not used, and what to do about it.
type RefusedError struct{ Path, Problem, Hint string }

func (e *RefusedError) Error() string { return fmt.Sprintf("%s %s; %s", e.Path, e.Problem, e.Hint) }

// Open opens a directory that exists.
func Open(path string) (*Dir, error) {
	path = filepath.Clean(path)
	info, err := os.Lstat(path)
	if err == nil {
		err = checkOwnDir(path, info, anyone)
	}
	if err != nil {
		return nil, err
	}
	root, err := openTree(path)
	if err != nil {
		return nil, err
	}
	return dir(path, root, info)
}

// Make opens a directory, and makes it if it does not exist.
func Make(path string) (*Dir, error) {
	if err := os.MkdirAll(filepath.Dir(filepath.Clean(path)), 0o700); err != nil {
		return nil, err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return Open(path)
}

// Check returns why the directory at path would be refused; nil also if there is none.
func Check(path string) error {
	d, err := Open(path)
	if d != nil {
		d.Close()
	}
	if refused := (*RefusedError)(nil); errors.As(err, &refused) {
		return err
	}
	return nil
}

// CheckAbove returns why nothing below the directory at path can be trusted, whoever owns it;
// nil also if there is none.
func CheckAbove(path string) error {
	path = filepath.Clean(path)
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = checkDir(path, info)
	}
	return err
}

// dir is the directory that info was told of before root was opened.
func dir(path string, root *tree, info fs.FileInfo) (*Dir, error) {
	now, err := root.Stat(".")
	if err == nil && !os.SameFile(info, now) {
		err = &RefusedError{path, "was replaced while it was opened", "find out who writes to the directory above it"}
	}
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &Dir{path: path, root: root, owner: ownerOf(now), mode: now.Mode()}, nil
}

// Shared reports whether the group of the directory may write to it. The group may then read the
// files that are made there (the setgid bit gives them to the group).
func (d *Dir) Shared() bool { return d.mode.Perm()&0o020 != 0 && d.mode&fs.ModeSetgid != 0 }

// perm returns the mode of a file made in the directory.
func (d *Dir) perm() fs.FileMode {
	if d.Shared() {
		return 0o640
	}
	return 0o600
}

// Path returns the path of a file of the directory, for people.
func (d *Dir) Path(name string) string { return filepath.Join(d.path, name) }

// Close closes the directory. Its open files stay open.
func (d *Dir) Close() error { return d.root.Close() }

// Sub opens a directory within the directory.
func (d *Dir) Sub(name string) (*Dir, error) {
	info, err := d.root.Lstat(name)
	if err == nil {
		err = checkOwnDir(d.Path(name), info, d.owner)
	}
	if err != nil {
		return nil, err
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return dir(d.Path(name), root, info)
}

// Entrusted opens a directory within the directory, whoever owns it: only the owner of
// the directory, or root, can have put it there. So its owner's files are used, too.
func (d *Dir) Entrusted(name string) (*Dir, error) {
	info, err := d.root.Lstat(name)
	if err == nil {
		err = checkDir(d.Path(name), info)
	}
	if err != nil {
		return nil, err
	}
	root, err := d.root.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	sub, err := dir(d.Path(name), root, info)
	if err == nil {
		sub.entrusted = true
	}
	return sub, err
}

// MakeSub opens a directory within the directory, and makes it if it does not exist.
func (d *Dir) MakeSub(name string) (*Dir, error) {
	switch err := d.root.Mkdir(name, 0o700); {
	case err == nil:
		d.own(name)
	case !errors.Is(err, fs.ErrExist):
		return nil, err
	}
	return d.Sub(name)
}

// OpenFile is os.OpenFile for a file of the directory, which is made with mode 0600 (0640 in
// a shared one) if flag says so.
func (d *Dir) OpenFile(name string, flag int) (*os.File, error) {
	for range 10 {
		f, err := d.tryOpen(name, flag)
		switch {
		case errors.Is(err, errReplaced):
		case errors.Is(err, fs.ErrExist) && flag&os.O_EXCL == 0: // made by another process meanwhile
		default:
			return f, err
		}
	}
	return nil, &RefusedError{d.Path(name), "is replaced again and again", "find out by whom"}
}

// errReplaced: what was opened is not what was looked at.
var errReplaced = errors.New("replaced meanwhile")

func (d *Dir) tryOpen(name string, flag int) (*os.File, error) {
	// Looked at before it is opened: a FIFO would wait for its other end, and a
	// link to a file of the same directory is followed.
	seen, err := d.root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) && flag&os.O_CREATE != 0 {
		f, err := d.root.OpenFile(name, flag|os.O_EXCL, d.perm())
		if err == nil {
			d.own(name)
			err = d.share(f)
		}
		return f, err
	}
	if err == nil {
		err = d.checkFile(name, seen)
	}
	if err != nil {
		return nil, err
	}
	if flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL {
		return nil, &fs.PathError{Op: "open", Path: d.Path(name), Err: fs.ErrExist}
	}
	f, err := d.root.OpenFile(name, flag&^(os.O_CREATE|os.O_TRUNC)|noWait, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errReplaced
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !os.SameFile(seen, info) {
		err = errReplaced
	}
	if err == nil && flag&os.O_TRUNC != 0 {
		err = f.Truncate(0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// share gives the group of a shared directory the right to read a file, which the umask
// may have taken.
func (d *Dir) share(f *os.File) error {
	if !d.Shared() {
		return nil
	}
	return f.Chmod(d.perm())
}

// ReadFile returns what a file holds, and when it was written.
func (d *Dir) ReadFile(name string) (text []byte, written time.Time, err error) {
	f, err := d.OpenFile(name, os.O_RDONLY)
	if err != nil {
		return nil, written, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil {
		written = info.ModTime()
	}
	text, err = io.ReadAll(f)
	return text, written, err
}

// ReadForeign returns what a file holds, whoever owns it, at most its first most bytes.
// Everybody who may write to the directory may have written it.
func (d *Dir) ReadForeign(name string, most int64) ([]byte, error) {
	if info, err := d.root.Lstat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, d.checkFile(name, info)
	}
	f, err := d.root.OpenFile(name, os.O_RDONLY|noWait, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

// WriteFile makes a file anew, also in the place of another one, and returns once
// it is on disk.
func (d *Dir) WriteFile(name string, text []byte) error {
	if err := d.Remove(name); err != nil {
		return err
	}
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// Touch sets the time of an empty file, and makes it if it does not exist.
func (d *Dir) Touch(name string, at time.Time) error {
	f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return err
	}
	return d.root.Chtimes(name, at, at)
}

// Remove deletes a file, or the link in its place. A missing file is no error.
func (d *Dir) Remove(name string) error {
	if info, err := d.root.Lstat(name); err == nil && info.IsDir() {
		return d.checkFile(name, info)
	}
	if err := d.root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Rename renames a file. It replaces a file that has the new name.
func (d *Dir) Rename(from, to string) error { return d.root.Rename(from, to) }

// Lstat returns the file info without opening the file or following a link.
func (d *Dir) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }

// Names returns the regular files of the directory, in order.
func (d *Dir) Names() (names []string, err error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, err
}

// Sync makes new names and renames durable.
func (d *Dir) Sync() error {
	f, err := d.root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(syncDir(f), f.Close())
}

// checkDir refuses what is no directory, and a directory that everybody can write to.
func checkDir(path string, info fs.FileInfo) error {
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return &RefusedError{path, "is a symbolic link", "name the directory it leads to"}
	case !info.IsDir():
		return &RefusedError{path, "is not a directory", "name a directory"}
	}
	return checkMode(path, info)
}

// checkOwnDir also refuses one that others own.
func checkOwnDir(path string, info fs.FileInfo, above owner) error {
	if err := checkDir(path, info); err != nil {
		return err
	}
	return checkOwner(path, info, above)
}

// CheckFile returns why a file of the directory would not be opened, or nil.
func (d *Dir) CheckFile(name string) error {
	info, err := d.root.Lstat(name)
	if err == nil {
		err = d.checkFile(name, info)
	}
	return err
}

func (d *Dir) checkFile(name string, info fs.FileInfo) error {
	path := d.Path(name)
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		return &RefusedError{path, "is a symbolic link", "remove it, and find out who put it there"}
	case !info.Mode().IsRegular():
		return &RefusedError{path, "is not a regular file", "remove it, and find out who put it there"}
	case links(info) > 1:
		return &RefusedError{path, "has another name, elsewhere", "remove it, and find out who put it there"}
	}
	if err := checkMode(path, info); err != nil {
		return err
	}
	if d.entrusted && ownerOf(info).sameUser(d.owner) {
		return nil
	}
	return checkOwner(path, info, d.owner)
}
