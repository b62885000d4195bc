package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
)

// deliveredMark is an empty file in the state directory. Its time is that of the
// last delivery: checkpoints are written for other reasons, too.
const deliveredMark = "last-delivery"

// markDelivered keeps the mark while a shipper runs. That it cannot be written is
// said by the checkpoints, which cannot be either.
func markDelivered(sh *app.Shipper, dir string) watch {
	path := filepath.Join(dir, deliveredMark)
	var marked time.Time
	look := func() {
		if at := sh.Delivered().LastSuccess; at.After(marked) && touch(path, at) == nil {
			marked = at
		}
	}
	return watch{every: time.Second, look: look, end: look}
}

func touch(path string, at time.Time) error {
	err := os.Chtimes(path, at, at)
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		return err
	}
	return os.Chtimes(path, at, at)
}

// lastDelivery says when something was last delivered. Only run leaves the mark:
// of a modular input's state, or an older one, nobody knows.
func lastDelivery(dir string, in *checkpoint.Inspection, files []file.RecordedFile) string {
	if mark, err := os.Stat(filepath.Join(dir, deliveredMark)); err == nil {
		return ago(mark.ModTime())
	}
	for namespace, records := range in.Records {
		if namespace != file.Namespace && len(records) > 0 {
			return "not known"
		}
	}
	for _, f := range files {
		if f.Committed > 0 {
			return "not known"
		}
	}
	return "never"
}
