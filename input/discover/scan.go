package discover

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/bmatcuk/doublestar/v4"

	"ollama-hec/input"
	"ollama-hec/input/container"
	"ollama-hec/input/internal/closed"
)

// Found is a place and the files found there.
type Found struct {
	Place
	Files []string
	// Ignored are logs of containers that are not Ollama's.
	Ignored int
	Err     error // why the place could not be searched fully
}

// Scan lists the files at each of places now.
func Scan(places []Place, filter *Filter) []Found {
	found := make([]Found, len(places))
	for i, place := range places {
		f := Found{Place: place}
		files, err := glob(place.Glob)
		f.Err = err
		for _, file := range files {
			if place.Containers && !filter.Ollama(file) {
				f.Ignored++
			} else {
				f.Files = append(f.Files, file)
			}
		}
		found[i] = f
	}
	return found
}

// glob returns the files that match a pattern, as far as they can be seen, and the first reason why
// some may not be.
func glob(pattern string) (files []string, err error) {
	base, rest := doublestar.SplitPattern(filepath.ToSlash(pattern))
	seen := &tree{base: base}
	names, err := doublestar.Glob(seen, rest, doublestar.WithFilesOnly())
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", pattern, err)
	}
	for _, name := range names {
		files = append(files, seen.real(name))
	}
	return files, seen.err
}

// tree is the file system below base. It keeps the first error that may hide files.
type tree struct {
	base string
	err  error
}

func (t *tree) real(name string) string {
	return filepath.Join(filepath.FromSlash(t.base), filepath.FromSlash(name))
}

func (t *tree) Open(name string) (fs.File, error) { return os.Open(t.real(name)) }

func (t *tree) Stat(name string) (fs.FileInfo, error) {
	info, err := os.Stat(t.real(name))
	t.failed(name, err)
	return info, err
}

func (t *tree) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(t.real(name))
	t.failed(name, err)
	return entries, err
}

func (t *tree) failed(name string, err error) {
	if err == nil || t.err != nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return
	}
	t.err = err
	if c := closed.Above(t.real(name), err); c != nil {
		t.err = c
	}
}

// Filter separates the logs of Ollama's containers from those of other containers.
type Filter struct {
	mu    sync.Mutex
	known map[string]bool // guarded by mu; the verdicts so far
}

// Ollama reports whether a file is Ollama's log: any file that is no
// container's log, and those whose container, image or pod is named for it
// (see container.RunsOllama). A container whose description cannot be read now is
// looked at again.
func (f *Filter) Ollama(file string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ollama, ok := f.known[file]; ok {
		return ollama
	}
	fields, sure := describe(file)
	ollama := fields == nil || container.RunsOllama(fields)
	if sure {
		if f.known == nil || len(f.known) > maxKnown {
			f.known = make(map[string]bool)
		}
		f.known[file] = ollama
	}
	return ollama
}

const maxKnown = 10_000

// Fields returns the HEC fields of a container's log, nil for other files.
func Fields(file string) []input.Field {
	fields, _ := describe(file)
	return fields
}

// describe returns the fields of a container's log; nil: it is none. sure is false if the
// description of the container cannot be read now.
func describe(file string) (fields []input.Field, sure bool) {
	if m := podmanLog.FindStringSubmatch(filepath.ToSlash(file)); m != nil {
		return podmanFields(m[1], m[2])
	}
	sure = true
	fields = container.Metadata(file, func(path string) ([]byte, error) {
		raw, err := read(path, container.MaxConfig)
		sure = err == nil
		return raw, err
	})
	return fields, sure
}

// read returns the first bytes of a regular file, at most most.
func read(path string, most int64) ([]byte, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: fs.ErrInvalid}
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most))
}
