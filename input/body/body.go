// Package body reads the request bodies that Ollama writes to files under
// OLLAMA_DEBUG_LOG_REQUESTS, at the path that a log line names.
//
// A log line is not to be trusted: it can be forged. So only a regular file that
// is named as Ollama names them is read, in a directory named as Ollama names
// it, through no symbolic link, and only up to a bound.
package body

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Max is how much of a body is read.
const Max = 4 << 20

// Read returns the body at path.
func Read(path string) ([]byte, error) {
	dir, name := filepath.Split(filepath.Clean(path))
	dir = filepath.Clean(dir)
	if !filepath.IsAbs(path) || !strings.HasPrefix(filepath.Base(dir), "ollama-request-logs-") || !strings.HasSuffix(name, "_body.json") {
		return nil, fmt.Errorf("%s is not where Ollama logs request bodies", path)
	}
	if info, err := os.Lstat(dir); err != nil {
		return nil, err
	} else if !info.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	// Looked at before it is opened: opening a FIFO would wait for a writer.
	if info, err := root.Lstat(name); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := root.OpenFile(name, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, Max))
}
