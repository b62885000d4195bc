package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
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

// delivery is when something was delivered last.
type delivery struct {
	At    time.Time `json:"at,omitzero"`
	Known bool      `json:"known"` // that it is At; zero: never
}

func (d delivery) String() string {
	if !d.Known {
		return "not known"
	}
	return ago(d.At)
}

// lastDelivery returns when something was delivered last, as far as the state directory
// tells: an older version has left no mark there.
func lastDelivery(dir string, in *checkpoint.Inspection, files []file.RecordedFile) delivery {
	if mark, err := os.Lstat(filepath.Join(dir, deliveredMark)); err == nil {
		return delivery{At: mark.ModTime(), Known: true}
	}
	for namespace, records := range in.Records {
		if namespace != file.Namespace && len(records) > 0 {
			return delivery{}
		}
	}
	return delivery{Known: !slices.ContainsFunc(files, func(f file.RecordedFile) bool { return f.Committed > 0 })}
}
