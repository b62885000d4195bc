package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"ollama-hec/input/statedir"
)

// Dirname is the directory of a spool within the state directory.
const Dirname = "capture"

// Path is the directory of the spool of a state directory.
func Path(state string) string { return filepath.Join(state, Dirname) }

// Glob matches the segments of the spool of a state directory, and nothing else there.
func Glob(state string) string { return filepath.Join(Path(state), "*"+extension) }

const extension = ".jsonl"

// A segment is named by who writes it and a number that only grows: capture-000000000007.jsonl.
// It is never renamed, and never opened again once it is closed. While it is written, its
// writer holds a lock on it, which ends with the process.
type segmentName struct {
	writer string
	number uint64
}

func (n segmentName) String() string { return fmt.Sprintf("%s-%012d%s", n.writer, n.number, extension) }

func parseSegment(name string) (n segmentName, ok bool) {
	name, ok = strings.CutSuffix(name, extension)
	if !ok {
		return n, false
	}
	writer, digits, ok := strings.Cut(name, "-")
	number, err := strconv.ParseUint(digits, 10, 64)
	return segmentName{writer, number}, ok && err == nil && writer != ""
}

// WriterOf is who wrote the segment at a path; empty: it is none.
func WriterOf(path string) string {
	n, ok := parseSegment(filepath.Base(path))
	if !ok {
		return ""
	}
	return n.writer
}

// closed reports whether nothing more is written to a segment that is not empty: its writer
// locks it before the first byte.
func closed(dir *statedir.Dir, name string) (bool, error) {
	f, err := dir.OpenFile(name, os.O_RDONLY)
	if err != nil {
		return false, err
	}
	defer f.Close() // and with it the lock, if it could be had
	switch err := statedir.Lock(f, false); {
	case errors.Is(err, statedir.ErrLocked):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("lock %s: %w", dir.Path(name), err)
	}
	return true, nil
}
