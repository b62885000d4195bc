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

	"github.com/gofrs/flock"

	"ollama-hec/hec"
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
func Of(l hec.Letter) Letter {
	return Letter{time.Now().UTC(), l.Reason, l.Code, l.Endpoint, l.Event}
}

// Store is a directory of letters. Several processes may use it at once.
type Store struct{ dir string }

// Open returns the store in dir, which is made when the first letter comes.
func Open(dir string) *Store { return &Store{dir} }

// Bury appends one letter and returns once it is on disk.
func (s *Store) Bury(l hec.Letter) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	line, err := encode(Of(l))
	if err != nil {
		return err
	}
	name, err := s.place(int64(len(line)))
	if err != nil {
		return err
	}
	return appendDurably(name, line)
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
func (s *Store) place(n int64) (string, error) {
	files, err := s.files()
	if err != nil {
		return "", err
	}
	var total, last int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return "", err
		}
		last = info.Size()
		total += last
	}
	if total+n > totalMax {
		return "", fmt.Errorf("%w: %s has %d bytes", ErrFull, s.dir, total)
	}
	if len(files) > 0 && last+n <= fileMax {
		return files[len(files)-1], nil
	}
	return s.after(files), nil
}

// stamp is what files are called by: the time they were begun.
const stamp = "20060102T150405.000000000Z"

// after names the file that follows files, even if the clock was set back.
func (s *Store) after(files []string) string {
	now := time.Now().UTC()
	if len(files) == 0 {
		return filepath.Join(s.dir, now.Format(stamp)+suffix)
	}
	last := strings.TrimSuffix(filepath.Base(files[len(files)-1]), suffix)
	if at, err := time.Parse(stamp, last); err == nil && !now.After(at) {
		now = at.Add(1)
	}
	next := now.Format(stamp)
	if next <= last { // no name of ours
		next = last + "0"
	}
	return filepath.Join(s.dir, next+suffix)
}

// files lists the store's files, oldest first.
func (s *Store) files() ([]string, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var files []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) && e.Type().IsRegular() {
			files = append(files, filepath.Join(s.dir, e.Name()))
		}
	}
	slices.Sort(files)
	return files, nil
}

// lock keeps other processes out until unlock is called.
func (s *Store) lock() (unlock func(), err error) {
	l := flock.New(filepath.Join(s.dir, "lock"), flock.SetPermissions(0o600))
	if err := l.Lock(); err != nil {
		return nil, fmt.Errorf("lock the dead letters: %w", err)
	}
	return func() { l.Close() }, nil
}

func appendDurably(name string, line []byte) error {
	_, err := os.Stat(name)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
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
	return syncDir(filepath.Dir(name))
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

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	// Not every file system can sync a directory; the file itself is on disk.
	_ = d.Sync()
	return d.Close()
}
