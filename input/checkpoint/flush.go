package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"ollama-hec/input/statedir"
)

const (
	every    = 200 * time.Millisecond // how often a changed store is written
	share    = 100                    // preparing a write takes at most one part in share of the time,
	rareMax  = time.Second            // but no write waits longer than this
	retryMax = 10 * time.Second       // the longest pause after a failed write

	// The file is written anew when the changes in it are longer than this, and longer than
	// twice what it began with: so outdated changes take little space.
	changesMax = 256 << 10
)

// errReplaced: somebody else has written or removed the file.
var errReplaced = errors.New("the file is not what was written")

// appended is a file that changes are appended to. Zero: it has to be written anew.
type appended struct {
	size int64  // of all that was written
	base int64  // of what it began with
	sum  uint32 // of the last change
}

func (a appended) full() bool { return a.size-a.base > max(changesMax, 2*a.base) }

// touchLocked notes a change and has it written soon. s.mu is held.
func (s *Store) touchLocked() {
	s.version++
	s.signal()
}

func (s *Store) signal() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// write flushes changes until the store is closed: soon, because a file that was just found and
// then rotated must be known after a crash; less often while writing is expensive or fails.
func (s *Store) write() {
	var due time.Time
	var took lately
	pause := every
	for {
		select {
		case <-s.changed:
		case <-s.stop:
			return
		}
		select {
		case <-time.After(time.Until(due)):
		case <-s.stop:
			return
		}
		began := time.Now()
		last, err := s.flush()
		took.note(last)
		if err == nil {
			pause = min(max(every, share*took.least()), rareMax)
		} else {
			pause = min(2*pause, retryMax)
			s.signal()
		}
		// What the disk took is part of the pause; it gets a rest in any case.
		due = began.Add(pause)
		if rest := time.Now().Add(pause / 4); rest.After(due) {
			due = rest
		}
	}
}

// lately is how long the last few times took. What is dear is so each time; on a busy
// machine everything seems to be, now and then, and what is saved later comes twice after
// a crash.
type lately struct {
	took [4]time.Duration
	next int
}

func (l *lately) note(took time.Duration) {
	l.took[l.next] = took
	l.next = (l.next + 1) % len(l.took)
}

func (l *lately) least() time.Duration { return slices.Min(l.took[:]) }

// Flush writes the store now if it has changed. A failure is logged once.
func (s *Store) Flush() error {
	_, err := s.flush()
	return err
}

// flush also returns how long it took to find out what is to be written.
func (s *Store) flush() (took time.Duration, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()

	s.mu.Lock()
	version := s.version
	unchanged := version == s.written
	s.mu.Unlock()
	if unchanged {
		return 0, nil
	}
	began := time.Now()
	err = s.settle()
	took = time.Since(began)
	if err == nil {
		err = s.save()
	}
	s.conclude(version, err)
	return took, err
}

// conclude notes the outcome of a flush.
func (s *Store) conclude(version uint64, err error) {
	s.mu.Lock()
	before := s.err
	s.err = err
	if err == nil {
		s.written = version
	}
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.log.Error(
			"checkpoints cannot be written: lines go on being shipped, a restart would repeat them",
			"dir", s.path, "error", err, "hint", "free space on the disk of STATE_DIR, or make it writable",
		)
	case err == nil && before != nil:
		s.log.Info("checkpoints are written again", "dir", s.path)
	}
}

// settle calls the pending state functions and stores their values. s.writing is held.
func (s *Store) settle() error {
	s.settling.Lock() // so that no state is of before a change, and another of after it
	defer s.settling.Unlock()
	s.mu.Lock()
	pending := s.pending
	s.pending = make(map[recordKey]func() any, len(pending))
	clear(s.deleted)
	s.mu.Unlock()

	states := make(map[recordKey]json.RawMessage, len(pending))
	for key, state := range pending {
		v := state() // may read files: not under mu
		if v == nil {
			continue
		}
		raw, err := json.Marshal(v)
		if err != nil {
			return fmt.Errorf("encode checkpoint %s/%s: %w", key.namespace, key.id, err)
		}
		states[key] = raw
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	for key, raw := range states {
		if !s.deleted[key] {
			s.content.set(key, raw)
			s.touched.records[key] = true
		}
	}
	return nil
}

// save appends what has changed, or writes the file anew. s.writing is held.
func (s *Store) save() error {
	if s.file.size > 0 && s.extend() == nil && !s.file.full() {
		return nil
	}
	return s.renew()
}

// extend appends what has changed. s.writing is held.
func (s *Store) extend() error {
	s.mu.Lock()
	t := s.touched
	data, sum, err := s.content.change(t).encode(s.file.sum)
	s.touched = newTouched()
	s.mu.Unlock()
	if err == nil && t.nothing() {
		return nil
	}
	if err == nil {
		err = s.appendSynced(s.file.size, data)
	}
	if err != nil {
		s.file = appended{} // how much of it was written is not known
		return err
	}
	s.file.size += int64(len(data))
	s.file.sum = sum
	return nil
}

// renew writes the file anew. s.writing is held.
func (s *Store) renew() error {
	s.mu.Lock()
	data, sum, err := s.content.encode()
	s.touched = newTouched()
	s.mu.Unlock()
	s.file = appended{}
	if err == nil {
		err = s.replace(data)
	}
	if err == nil {
		s.file = appended{size: int64(len(data)), base: int64(len(data)), sum: sum}
	}
	return err
}

// compact writes a file anew that has changes in it. If the disk has no room for another one it stays
// as it is: nothing is missing from it.
func (s *Store) compact() error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.file.size == s.file.base {
		return nil
	}
	if err := s.renew(); !statedir.Full(err) {
		return err
	}
	return nil
}

// replace puts data in the place of the current file, which becomes the previous one.
func (s *Store) replace(data []byte) error {
	if err := s.dir.WriteFile(unready, data); err != nil {
		_ = s.dir.Remove(unready) // gives a full disk its space back
		return err
	}
	if err := s.dir.Rename(current, previous); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := s.dir.Rename(unready, current); err != nil {
		return err
	}
	return s.dir.Sync()
}

// appendSynced appends data to the current file, which must have that size. The file is opened
// each time, so that we notice if somebody has removed it.
func (s *Store) appendSynced(size int64, data []byte) error {
	f, err := s.dir.OpenFile(current, os.O_WRONLY|os.O_APPEND)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != size {
		err = errReplaced
	}
	if err == nil {
		_, err = f.Write(data)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// probe finds out whether files can be made here, before anything depends on it.
func (s *Store) probe() error {
	if err := s.dir.WriteFile(unready, nil); err != nil && !statedir.Full(err) {
		return unusable(s.path, err)
	}
	return nil
}
