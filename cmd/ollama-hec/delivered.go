package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
	"ollama-hec/input/statedir"
)

// deliveredMark is an empty file in the state directory whose modification time is that of
// the last delivery. The time of the checkpoints would not do: they are written for other
// reasons, too.
const deliveredMark = "last-delivery"

// markDelivered keeps the mark up to date while a shipper runs. If it cannot be written,
// checkpoints cannot be either, and those report it.
func markDelivered(sh *app.Shipper, dir string) watch {
	var marked time.Time
	look := func() {
		if at := sh.Delivered().LastSuccess; at.After(marked) && touch(dir, at) == nil {
			marked = at
		}
	}
	return watch{every: time.Second, look: look, end: look}
}

func touch(dir string, at time.Time) error {
	state, err := statedir.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(state.Touch(deliveredMark, at), state.Close())
}

// lastDelivery returns for people when something was last delivered. Only run writes the
// mark: the state of a modular input or of an older version has none.
func lastDelivery(dir string, in *checkpoint.Inspection, files []file.RecordedFile) string {
	if mark, err := os.Lstat(filepath.Join(dir, deliveredMark)); err == nil {
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
