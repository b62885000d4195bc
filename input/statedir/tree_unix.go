//go:build unix

package statedir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// tree is a directory by its descriptor: no operation can lead out of it, even if its path now
// leads somewhere else. Its errors name whole paths.
type tree struct{ *os.Root }

func openTree(path string) (*tree, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &tree{root}, nil
}

// named returns an error with the whole path of what it is about, and the operation's plain name.
func (t *tree) named(err error) error {
	if of := (*fs.PathError)(nil); errors.As(err, &of) && !filepath.IsAbs(of.Path) {
		return &fs.PathError{Op: plain(of.Op), Path: filepath.Join(t.Name(), of.Path), Err: of.Err}
	}
	if of := (*os.LinkError)(nil); errors.As(err, &of) && !filepath.IsAbs(of.New) {
		return &os.LinkError{
			Op: plain(of.Op), Old: filepath.Join(t.Name(), of.Old), New: filepath.Join(t.Name(), of.New), Err: of.Err,
		}
	}
	return err
}

// plain returns the name of an operation for people, from that of its system call.
func plain(op string) string {
	switch op {
	case "stat", "lstat":
		return op
	case "unlinkat":
		return "remove"
	}
	return strings.TrimSuffix(op, "at")
}

func (t *tree) Lstat(name string) (fs.FileInfo, error) {
	info, err := t.Root.Lstat(name)
	return info, t.named(err)
}

func (t *tree) Open(name string) (*os.File, error) {
	f, err := t.Root.Open(name)
	return f, t.named(err)
}

func (t *tree) OpenFile(name string, flag int, m fs.FileMode) (*os.File, error) {
	f, err := t.Root.OpenFile(name, flag, m)
	return f, t.named(err)
}

func (t *tree) OpenRoot(name string) (*tree, error) {
	root, err := t.Root.OpenRoot(name)
	if err != nil {
		return nil, t.named(err)
	}
	return &tree{root}, nil
}

func (t *tree) Mkdir(name string, m fs.FileMode) error { return t.named(t.Root.Mkdir(name, m)) }
func (t *tree) Remove(name string) error               { return t.named(t.Root.Remove(name)) }
func (t *tree) Rename(from, to string) error           { return t.named(t.Root.Rename(from, to)) }
