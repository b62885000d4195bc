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

	"ollama-hec/input/statedir"
)

// ErrBusy means that another process drains the store.
var ErrBusy = errors.New("the dead letters are being sent or dropped already")

// unfinished is what a file is called while it is written anew.
const unfinished = ".new"

// Each calls f for every letter, oldest first, until f fails.
func (s *Store) Each(f func(Letter) error) error {
	dir, err := s.dir()
	if dir == nil {
		return err
	}
	defer dir.Close()
	names, err := files(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := each(dir, name, f); err != nil {
			return err
		}
	}
	return nil
}

// Drain calls f with the letters of one file after the other, until f fails.
// Of each file only those remain that f returns, with an error or without. New
// letters are not kept waiting: they go into a file of their own.
func (s *Store) Drain(f func([]Letter) (left []Letter, err error)) error {
	return s.drain(func(dir *statedir.Dir, name string) error {
		var letters []Letter
		if err := each(dir, name, func(l Letter) error { letters = append(letters, l); return nil }); err != nil {
			return err
		}
		left, err := f(letters)
		return errors.Join(err, replace(dir, name, left))
	})
}

// Drop deletes the letters there are and returns how many that was, where they
// can be counted. It does not have to understand them.
func (s *Store) Drop() (n int, err error) {
	err = s.drain(func(dir *statedir.Dir, name string) error {
		lines := count(dir, name)
		if err := replace(dir, name, nil); err != nil {
			return err
		}
		n += lines
		return nil
	})
	return n, err
}

// drain calls f for each file, none of which is appended to any more.
func (s *Store) drain(f func(dir *statedir.Dir, name string) error) error {
	dir, err := s.dir()
	if dir == nil {
		return err
	}
	defer dir.Close()
	alone, err := dir.OpenFile("drain.lock", os.O_RDWR|os.O_CREATE)
	if err != nil {
		return fmt.Errorf("lock the dead letters: %w", err)
	}
	defer alone.Close()
	switch err := statedir.Lock(alone, false); {
	case errors.Is(err, statedir.ErrLocked):
		return ErrBusy
	case err != nil:
		return fmt.Errorf("lock the dead letters: %w", err)
	}
	names, err := seal(dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := f(dir, name); err != nil {
			return err
		}
	}
	return nil
}

// seal begins a new file behind those with letters, and returns these.
func seal(dir *statedir.Dir) ([]string, error) {
	unlock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	names, err := files(dir)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	last := len(names) - 1
	if info, err := dir.Lstat(names[last]); err == nil && info.Size() == 0 {
		return names[:last], nil // it was begun by an earlier drain
	}
	return names, appendDurably(dir, after(names), nil)
}

// replace has a file hold letters only. It is the old one or the new one,
// whatever happens; without letters it goes.
func replace(dir *statedir.Dir, name string, letters []Letter) error {
	unlock, err := lock(dir) // or Put would see a file vanish
	if err != nil {
		return err
	}
	defer unlock()
	fresh := name + unfinished
	if err := dir.Remove(fresh); err != nil { // of a crash
		return err
	}
	if len(letters) == 0 {
		return dir.Remove(name)
	}
	var text []byte
	for _, l := range letters {
		line, err := encode(l)
		if err != nil {
			return err
		}
		text = append(text, line...)
	}
	if err := appendDurably(dir, fresh, text); err != nil {
		return errors.Join(err, dir.Remove(fresh))
	}
	if err := dir.Rename(fresh, name); err != nil {
		return err
	}
	return dir.Sync()
}

func each(dir *statedir.Dir, name string, f func(Letter) error) error {
	file, err := dir.OpenFile(name, os.O_RDONLY)
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
func count(dir *statedir.Dir, name string) (n int) {
	file, err := dir.OpenFile(name, os.O_RDONLY)
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
