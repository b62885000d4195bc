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

// Dirname is the name of a spool's directory within the state directory.
const Dirname = "capture"

// Path returns the directory of the spool in a state directory.
func Path(state string) string { return filepath.Join(state, Dirname) }

// Glob returns a pattern for the segments of the spool in a state directory, and nothing else
// there.
func Glob(state string) string { return filepath.Join(Path(state), "*"+extension) }

const extension = ".jsonl"

// segmentName is the name of a segment: its writer and a number that only grows, as in
// capture-000000000007.jsonl. A segment is never renamed, and never opened again once it is
// closed. While it is written, its writer holds a lock on it, which ends with the process.
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

// WriterOf returns the writer of the segment at a path; empty: the path is no segment.
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
	defer f.Close() // which also releases the lock, if we got it
	switch err := statedir.Lock(f, false); {
	case errors.Is(err, statedir.ErrLocked):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("lock %s: %w", dir.Path(name), err)
	}
	return true, nil
}
