package deadletter

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// ErrBusy means that another process drains the store.
var ErrBusy = errors.New("the dead letters are being sent or dropped already")

// unfinished is what a file is called while it is written anew.
const unfinished = ".new"

// Each calls f for every letter, oldest first, until f fails.
func (s *Store) Each(f func(Letter) error) error {
	files, err := s.files()
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := each(name, f); err != nil {
			return err
		}
	}
	return nil
}

// Drain calls f with the letters of one file after the other, until f fails.
// Of each file only those remain that f returns, with an error or without. New
// letters are not kept waiting: they go into a file of their own.
func (s *Store) Drain(f func([]Letter) (left []Letter, err error)) error {
	return s.drain(func(name string) error {
		var letters []Letter
		if err := each(name, func(l Letter) error { letters = append(letters, l); return nil }); err != nil {
			return err
		}
		left, err := f(letters)
		return errors.Join(err, s.replace(name, left))
	})
}

// Drop deletes the letters there are and returns how many that was, where they
// can be counted. It does not have to understand them.
func (s *Store) Drop() (n int, err error) {
	err = s.drain(func(name string) error {
		lines := count(name)
		if err := s.replace(name, nil); err != nil {
			return err
		}
		n += lines
		return nil
	})
	return n, err
}

// drain calls f for each file, none of which is appended to any more.
func (s *Store) drain(f func(name string) error) error {
	if _, err := os.Stat(s.dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	alone := flock.New(filepath.Join(s.dir, "drain.lock"), flock.SetPermissions(0o600))
	switch ok, err := alone.TryLock(); {
	case err != nil:
		return fmt.Errorf("lock the dead letters: %w", err)
	case !ok:
		return ErrBusy
	}
	defer alone.Close()
	files, err := s.seal()
	if err != nil {
		return err
	}
	for _, name := range files {
		if err := f(name); err != nil {
			return err
		}
	}
	return nil
}

// seal begins a new file behind those with letters, and returns these.
func (s *Store) seal() ([]string, error) {
	unlock, err := s.lock()
	if err != nil {
		return nil, err
	}
	defer unlock()
	files, err := s.files()
	if err != nil || len(files) == 0 {
		return nil, err
	}
	last := len(files) - 1
	if info, err := os.Stat(files[last]); err == nil && info.Size() == 0 {
		return files[:last], nil // it was begun by an earlier drain
	}
	return files, appendDurably(s.after(files), nil)
}

// replace has a file hold letters only. It is the old one or the new one,
// whatever happens; without letters it goes.
func (s *Store) replace(name string, letters []Letter) error {
	unlock, err := s.lock() // or Bury would see a file vanish
	if err != nil {
		return err
	}
	defer unlock()
	fresh := name + unfinished
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a crash
		return err
	}
	if len(letters) == 0 {
		return os.Remove(name)
	}
	var text []byte
	for _, l := range letters {
		line, err := encode(l)
		if err != nil {
			return err
		}
		text = append(text, line...)
	}
	if err := appendDurably(fresh, text); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if err := os.Rename(fresh, name); err != nil {
		return err
	}
	return syncDir(s.dir)
}

func each(name string, f func(Letter) error) error {
	file, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // drained meanwhile
	}
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return err
		}
		if line = bytes.TrimSuffix(line, []byte("\n")); len(line) > 0 {
			if err := f(parse(line)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

func parse(line []byte) (l Letter) {
	if json.Unmarshal(line, &l) != nil {
		// Half a line, left by a crash before the letter counted: the
		// event was sent again. It is shown all the same.
		l = Letter{Reason: "not a whole letter"}
		l.Event, _ = json.Marshal(string(line))
	}
	return l
}

// count is how many lines a file has, as far as it can be read.
func count(name string) (n int) {
	file, err := os.Open(name)
	if err != nil {
		return 0
	}
	defer file.Close()
	last := byte('\n')
	for buf := make([]byte, 64<<10); ; {
		read, err := file.Read(buf)
		n += bytes.Count(buf[:read], []byte("\n"))
		if read > 0 {
			last = buf[read-1]
		}
		if err != nil {
			break
		}
	}
	if last != '\n' {
		n++
	}
	return n
}
