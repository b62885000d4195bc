// Package deadletter keeps the events that no HEC endpoint takes: one JSON
// object a line, in files of bounded size, each on disk before it counts.
//
// It is for single bad events. When it is full it refuses more rather than
// forget any.
package deadletter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ollama-hec/hec"
	"ollama-hec/input/statedir"
)

const (
	fileMax  = 4 << 20   // a file is followed by the next one from here on
	totalMax = 100 << 20 // of all files together
	suffix   = ".jsonl"
)

// ErrFull means that the store has no room for another letter.
var ErrFull = errors.New("the dead-letter store is full")

// Letter is one line of the store.
type Letter struct {
	Time     time.Time       `json:"time"`
	Reason   string          `json:"reason"`
	Code     int             `json:"code,omitempty"`
	Endpoint string          `json:"endpoint"`
	Event    json.RawMessage `json:"event"`
}

// Of is the letter that an event rejected now becomes.
func Of(l hec.DeadLetter) Letter {
	return Letter{time.Now().UTC(), l.Reason, l.Code, l.Endpoint, l.Event}
}

// Store is a directory of letters. Several processes may use it at once.
type Store struct{ path string }

// Open returns the store at path, a directory in the state directory, which is
// made when the first letter comes.
func Open(path string) *Store { return &Store{filepath.Clean(path)} }

// dir opens the store's directory; nil if it is not there.
func (s *Store) dir() (*statedir.Dir, error) {
	state, err := statedir.Open(filepath.Dir(s.path))
	if err == nil {
		defer state.Close()
		var d *statedir.Dir
		if d, err = state.Sub(filepath.Base(s.path)); err == nil {
			return d, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return nil, err
}

// made is dir, which makes the directory if it is not there.
func (s *Store) made() (*statedir.Dir, error) {
	state, err := statedir.Make(filepath.Dir(s.path))
	if err != nil {
		return nil, err
	}
	defer state.Close()
	return state.MakeSub(filepath.Base(s.path))
}

// Put appends one letter and returns once it is on disk.
func (s *Store) Put(l hec.DeadLetter) error {
	dir, err := s.made()
	if err != nil {
		return err
	}
	defer dir.Close()
	unlock, err := lock(dir)
	if err != nil {
		return err
	}
	defer unlock()
	line, err := encode(Of(l))
	if err != nil {
		return err
	}
	name, err := place(dir, int64(len(line)))
	if err != nil {
		return err
	}
	return appendDurably(dir, name, line)
}

// encode writes a letter as a line, with the event as it was sent.
func encode(l Letter) ([]byte, error) {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		return nil, fmt.Errorf("encode a dead letter: %w", err)
	}
	return line.Bytes(), nil
}

// place chooses the file for n more bytes.
func place(dir *statedir.Dir, n int64) (string, error) {
	files, err := files(dir)
	if err != nil {
		return "", err
	}
	var total, last int64
	for _, f := range files {
		info, err := dir.Lstat(f)
		if err != nil {
			return "", err
		}
		last = info.Size()
		total += last
	}
	if total+n > totalMax {
		return "", fmt.Errorf("%w: %s has %d bytes", ErrFull, dir.Path(""), total)
	}
	if len(files) > 0 && last+n <= fileMax {
		return files[len(files)-1], nil
	}
	return after(files), nil
}

// stamp is what files are called by: the time they were begun.
const stamp = "20060102T150405.000000000Z"

// after names the file that follows files, even if the clock was set back.
func after(files []string) string {
	now := time.Now().UTC()
	if len(files) == 0 {
		return now.Format(stamp) + suffix
	}
	last := strings.TrimSuffix(files[len(files)-1], suffix)
	if at, err := time.Parse(stamp, last); err == nil && !now.After(at) {
		now = at.Add(1)
	}
	next := now.Format(stamp)
	if next <= last { // no name of ours
		next = last + "0"
	}
	return next + suffix
}

// files lists the names of the store's files, oldest first.
func files(dir *statedir.Dir) ([]string, error) {
	names, err := dir.Names()
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasSuffix(name, suffix) })
	slices.Sort(names)
	return names, err
}

// lock keeps other processes out until unlock is called.
func lock(dir *statedir.Dir) (unlock func(), err error) {
	f, err := dir.OpenFile("lock", os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, fmt.Errorf("lock the dead letters: %w", err)
	}
	if err := statedir.Lock(f, true); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock the dead letters: %w", err)
	}
	return func() { f.Close() }, nil
}

func appendDurably(dir *statedir.Dir, name string, line []byte) error {
	_, err := dir.Lstat(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := dir.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND)
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil && size > 0 {
		line, err = endLine(f, size, line)
	}
	if err == nil {
		_, err = f.Write(line)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		// Half a line would be taken for a letter cut short.
		err = errors.Join(err, f.Truncate(size))
	}
	if err = errors.Join(err, f.Close()); err != nil || !fresh {
		return err
	}
	return dir.Sync()
}

// endLine puts a line end before line if a crash left half a line at the end.
func endLine(f io.ReaderAt, size int64, line []byte) ([]byte, error) {
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return nil, err
	}
	if last[0] != '\n' {
		line = append([]byte{'\n'}, line...)
	}
	return line, nil
}
