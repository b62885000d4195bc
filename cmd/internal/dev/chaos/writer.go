package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"ollama-hec/cmd/internal/harness"
)

// kept is how many rotated files a writer keeps at most. It rotates no further while
// none of them may be deleted: nobody's logs consist of thousands.
const kept = 200

// writer writes the lines of one log and rotates it. All its fields belong to run.
type writer struct {
	ledger *harness.Ledger
	name   string
	dir    string
	dated  bool // rotated names carry a date; else .1 is the youngest and all move on
	draw   *rand.Rand
	rest   time.Duration // between two rotations, at least

	rotated time.Time
	seq     int
	file    *os.File
	since   int    // the first line of the file
	old     []part // rotated, the oldest first

	renamed, copied, deleted, bytes int
}

// part is a rotated file and its lines.
type part struct {
	path    string
	from, n int
}

func (w *writer) path() string { return filepath.Join(w.dir, w.name+".log") }

// run writes until ctx ends.
func (w *writer) run(ctx context.Context) error {
	if err := w.open(); err != nil {
		return err
	}
	defer func() { w.file.Close() }()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(w.draw.IntN(60)) * time.Millisecond):
		}
		if err := w.write(1 + w.draw.IntN(40)); err != nil {
			return err
		}
		if err := w.rotate(); err != nil {
			return err
		}
	}
}

func (w *writer) open() (err error) {
	w.file, err = os.OpenFile(w.path(), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	w.since = w.seq
	return err
}

// write adds n lines, now and then with a pause in the middle of one.
func (w *writer) write(n int) error {
	text := w.ledger.Write(w.name, w.seq, n)
	w.seq += n
	w.bytes += len(text)
	if w.draw.IntN(10) == 0 {
		half := w.draw.IntN(len(text))
		if _, err := io.WriteString(w.file, text[:half]); err != nil {
			return err
		}
		text = text[half:]
		<-time.After(time.Duration(w.draw.IntN(20)) * time.Millisecond)
	}
	_, err := io.WriteString(w.file, text)
	return err
}

// rotate does one of the things that happen to logs, now and then.
func (w *writer) rotate() error {
	if time.Since(w.rotated) < w.rest {
		return nil
	}
	w.rotated = time.Now()
	switch n := w.draw.IntN(4); {
	case n == 2 || n < 2 && len(w.old) == kept:
		return w.deleteOldest()
	case n == 0:
		return w.rename()
	case n == 1:
		return w.copyTruncate()
	}
	return w.recreate()
}

// rename makes room at the path and goes on in a new file.
func (w *writer) rename() error {
	if w.seq == w.since {
		return nil
	}
	to, err := w.makeRoom()
	if err != nil {
		return err
	}
	if err := os.Rename(w.path(), to); err != nil {
		return err
	}
	w.old = append(w.old, part{to, w.since, w.seq - w.since})
	w.renamed++
	late := w.file
	if err := w.open(); err != nil {
		return err
	}
	return late.Close()
}

// copyTruncate copies the file to a rotated name and empties it.
func (w *writer) copyTruncate() error {
	if w.seq == w.since {
		return nil
	}
	to, err := w.makeRoom()
	if err != nil {
		return err
	}
	from, err := os.Open(w.path())
	if err != nil {
		return err
	}
	defer from.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, from); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	w.old = append(w.old, part{to, w.since, w.seq - w.since})
	w.since = w.seq
	w.copied++
	return w.file.Truncate(0)
}

// makeRoom returns the name for the file to be rotated, moving others on.
func (w *writer) makeRoom() (string, error) {
	if w.dated {
		return fmt.Sprintf("%s-20260101-%08d", w.path(), w.seq), nil
	}
	for i := range w.old { // the oldest first
		to := fmt.Sprintf("%s.%d", w.path(), len(w.old)-i+1)
		if err := os.Rename(w.old[i].path, to); err != nil {
			return "", err
		}
		w.old[i].path = to
	}
	return w.path() + ".1", nil
}

// deleteOldest deletes the oldest rotated file if all of it has come.
func (w *writer) deleteOldest() error {
	if len(w.old) == 0 || !w.ledger.Came(w.name, w.old[0].from, w.old[0].n) {
		return nil
	}
	if err := os.Remove(w.old[0].path); err != nil {
		return err
	}
	w.old = w.old[1:]
	w.deleted++
	return nil
}

// recreate deletes the file itself, if all of it has come, and begins another.
func (w *writer) recreate() error {
	if !w.ledger.Came(w.name, w.since, w.seq-w.since) {
		return nil
	}
	if err := os.Remove(w.path()); err != nil {
		return err
	}
	w.deleted++
	if err := w.file.Close(); err != nil {
		return err
	}
	return w.open()
}
