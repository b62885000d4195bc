package spool

import (
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"

	"ollama-hec/input/statedir"
)

// Delivered is how far a segment is delivered.
type Delivered struct {
	Path      string
	Size      int64 // of the file, when it was last read
	Whole     int64 // the end of the last whole line
	Committed int64 // the end of what is delivered
}

// all reports whether nothing of a segment of that size is left to deliver. What stands after
// the last whole line was cut off by a crash.
func (d Delivered) all(size int64) bool {
	return size > 0 && size == d.Size && d.Committed >= d.Whole && d.Whole > 0
}

// Reader is a spool as the process sees it that ships its events.
type Reader struct {
	state string
	log   *slog.Logger

	mu      sync.Mutex
	problem string // guarded by mu; the one that was last logged
}

// NewReader returns the reader of the spool of a state directory, which need not be there yet.
func NewReader(state string, log *slog.Logger) *Reader { return &Reader{state: state, log: log} }

// open opens the spool's directory, which may be another user's: it lies in the state directory.
func (r *Reader) open() (*statedir.Dir, error) {
	above, err := statedir.Open(r.state)
	if err != nil {
		return nil, err
	}
	defer above.Close()
	return above.Entrusted(Dirname)
}

// Trusts reports whether a file is a segment of the spool that only its writers, and the owners
// of its directories, can have made. Only the lines of such a file are events.
func (r *Reader) Trusts(path string) bool {
	if WriterOf(path) == "" || filepath.Dir(path) != filepath.Clean(Path(r.state)) {
		return false
	}
	dir, err := r.open()
	if err == nil {
		defer dir.Close()
		err = dir.CheckFile(filepath.Base(path))
	}
	r.say(err, "spool is not read")
	return err == nil
}

// Reap deletes the segments that are closed and fully delivered. A crash does no harm at any
// moment: what is deleted was delivered, and the rest is known by its checkpoint.
func (r *Reader) Reap(files []Delivered) {
	if len(files) == 0 {
		return
	}
	dir, err := r.open()
	if err == nil {
		defer dir.Close()
		for _, f := range files {
			if fault := reap(dir, f); fault != nil {
				err = fault
			}
		}
	}
	r.say(err, "delivered requests cannot be deleted from the spool")
}

func reap(dir *statedir.Dir, f Delivered) error {
	name := filepath.Base(f.Path)
	// The size is asked first: a segment that is not empty was locked before it was written.
	info, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || !f.all(info.Size()) {
		return err
	}
	if is, err := closed(dir, name); err != nil || !is {
		return err
	}
	if info, err = dir.Lstat(name); err != nil || !f.all(info.Size()) {
		return err
	}
	return dir.Remove(name)
}

// say logs an error unless it was the last one logged. A missing spool is no error.
func (r *Reader) say(err error, what string) {
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	text := ""
	if err != nil {
		text = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if text != "" && text != r.problem {
		r.log.Warn(what, "directory", Path(r.state), "error", err,
			"hint", "let this user read and delete the files there, and nobody else write them")
	}
	r.problem = text
}
