package spool

import (
	"errors"
	"os"
	"path/filepath"
	"time"
)

// gone reports whether the spool was deleted, or another put in its place: nobody would find what
// is written to it.
func (w *Writer) gone() bool {
	held, err := w.lock.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(filepath.Join(Path(w.options.State), lockName(w.options.Writer)))
	return err != nil && !errors.Is(err, os.ErrPermission) || err == nil && !os.SameFile(held, there)
}

// anew begins the spool again where it was. Until that is possible records are counted and lost.
func (w *Writer) anew(now time.Time) {
	w.end()
	dir, err := openDir(w.options.State)
	if err != nil {
		w.failed(err, now)
		w.again = now.Add(2 * syncEvery) // not before the next try
		return
	}
	lock, err := lockFor(dir, w.options.Writer)
	if err != nil {
		w.failed(errors.Join(err, dir.Close()), now)
		w.again = now.Add(2 * syncEvery)
		return
	}
	_ = errors.Join(w.lock.Close(), w.dir.Swap(dir).Close()) // they are of what is gone
	w.lock, w.again = lock, time.Time{}
	if err := w.tag(); err != nil {
		w.failed(err, now)
	}
	w.count(now)
	w.options.Log.Warn("the spool was deleted in use, and is begun anew", "spool", Path(w.options.State),
		"hint", "what of it was not delivered is lost; stop what captures before you delete it")
	w.started, w.options.Started.Time = false, now // so that the gap shows
}
