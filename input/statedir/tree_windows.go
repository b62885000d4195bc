package statedir

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// tree is a directory by its path. Handles would be safer, but some supported versions of
// Windows cannot remove and rename by them; and the directory's access list decides who may put
// a link here.
type tree struct{ path string }

func openTree(path string) (*tree, error) { return &tree{path}, nil }

func (t *tree) in(name string) string { return filepath.Join(t.path, name) }

func (t *tree) Close() error                           { return nil }
func (t *tree) Stat(name string) (fs.FileInfo, error)  { return os.Stat(t.in(name)) }
func (t *tree) Lstat(name string) (fs.FileInfo, error) { return os.Lstat(t.in(name)) }
func (t *tree) Open(name string) (*os.File, error)     { return os.Open(t.in(name)) }
func (t *tree) OpenRoot(name string) (*tree, error)    { return openTree(t.in(name)) }
func (t *tree) Mkdir(name string, m fs.FileMode) error { return os.Mkdir(t.in(name), m) }
func (t *tree) Remove(name string) error               { return os.Remove(t.in(name)) }
func (t *tree) Rename(from, to string) error           { return os.Rename(t.in(from), t.in(to)) }
func (t *tree) FS() fs.FS                              { return os.DirFS(t.path) }

func (t *tree) OpenFile(name string, flag int, m fs.FileMode) (*os.File, error) {
	return os.OpenFile(t.in(name), flag, m)
}

func (t *tree) Chtimes(name string, atime, mtime time.Time) error {
	return os.Chtimes(t.in(name), atime, mtime)
}
