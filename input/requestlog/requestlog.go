// Package requestlog reads the request bodies that Ollama writes to files under
// OLLAMA_DEBUG_LOG_REQUESTS, at the path that a log line names.
//
// A log line can be forged. So a file is read only if it is a regular file with a name that
// Ollama gives, in a directory with a name that Ollama gives, without symbolic links, and
// only up to Max bytes.
package requestlog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Max is the largest body that is read, in bytes.
const Max = 4 << 20

// The errors of a body that is at a path where Ollama writes it.
var (
	ErrEmpty   = errors.New("the request body is empty: it was not written yet, or the disk is full")
	ErrLong    = fmt.Errorf("the request body is longer than %d MiB", Max>>20)
	ErrNotJSON = errors.New("the request body is not JSON, or only the beginning of it")
)

var (
	errIrregular = errors.New("is a symbolic link or another thing that Ollama does not write: its prompt is left out")
	errElsewhere = errors.New("is not where Ollama logs request bodies")
)

// Read returns the body at path, which is complete JSON.
func Read(path string) ([]byte, error) {
	dir, name := filepath.Split(filepath.Clean(path))
	dir = filepath.Clean(dir)
	if !filepath.IsAbs(path) || !strings.HasPrefix(filepath.Base(dir), "ollama-request-logs-") ||
		!strings.HasSuffix(name, "_body.json") {
		return nil, fmt.Errorf("%s %w", path, errElsewhere)
	}
	if info, err := os.Lstat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s %w", dir, errIrregular)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// Check before opening: opening a FIFO would wait for a writer.
	if info, err := root.Lstat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s %w", path, errIrregular)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, Max+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) == 0:
		return nil, fmt.Errorf("%s: %w", path, ErrEmpty)
	case len(text) > Max:
		return nil, fmt.Errorf("%s: %w", path, ErrLong)
	case !json.Valid(text):
		return nil, fmt.Errorf("%s: %w", path, ErrNotJSON)
	}
	return text, nil
}
