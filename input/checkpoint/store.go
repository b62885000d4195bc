// Package checkpoint remembers across restarts, crashes and damaged disks how
// far each stream was delivered: what it returns was once written whole.
//
// It is written about once a second, so the last second may be forgotten and
// delivered again. One process at a time has a state directory.
package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	current  = "checkpoints"
	previous = "checkpoints.previous"
	damaged  = "checkpoints.damaged"
	unready  = "checkpoints.new"

	every    = time.Second      // how often a changed store is written
	retryMax = 10 * time.Second // how long a failing one waits at most
)

// Store is a state directory in use. All its methods may be called by any goroutine.
type Store struct {
	dir     string
	log     *slog.Logger
	lock    *os.File
	damaged bool

	changed chan struct{}
	stop    chan struct{}
	writer  sync.WaitGroup
	writing sync.Mutex // held for the whole of a flush

	mu      sync.Mutex
	content content                       // guarded by mu
	pending map[recordKey]func() any      // guarded by mu
	deleted map[recordKey]bool            // guarded by mu; since the last flush began
	undo    map[recordKey]json.RawMessage // guarded by mu; what records were before the Suspend under way, nil: none is
	version uint64                        // guarded by mu; counts changes
	written uint64                        // guarded by mu; the version on disk
	err     error                         // guarded by mu; of the last flush
	closed  bool                          // guarded by mu
}

type recordKey struct{ namespace, id string }

// Open takes the state directory, makes it if need be, and reads what the last
// run left. It fails if another process has it or if it cannot be written.
func Open(dir string, log *slog.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, unusable(dir, err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		dir: dir, log: log, lock: lock,
		changed: make(chan struct{}, 1),
		stop:    make(chan struct{}),
		pending: make(map[recordKey]func() any),
		deleted: make(map[recordKey]bool),
	}
	if err := s.load(); err != nil {
		lock.Close()
		return nil, err
	}
	if err := s.probe(); err != nil {
		lock.Close()
		return nil, unusable(dir, err)
	}
	s.writer.Go(s.write)
	return s, nil
}

func unusable(dir string, err error) error {
	return fmt.Errorf("state directory STATE_DIR=%s cannot be used: %w; let this user write to it or set STATE_DIR to another directory", dir, err)
}

// Damaged says that the last checkpoints that earlier runs left could not be
// read: streams found now need not be new, however unknown they look.
func (s *Store) Damaged() bool { return s.damaged }

// Records returns the records of one kind of source by id.
func (s *Store) Records(namespace string) map[string]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	records := make(map[string]json.RawMessage, len(s.content.Records[namespace]))
	for id, r := range s.content.Records[namespace] {
		records[id] = r
	}
	return records
}

// Set replaces a record with what state returns when the store is next written;
// nil leaves the record as it is. state is called once, by another goroutine.
func (s *Store) Set(namespace, id string, state func() any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := recordKey{namespace, id}
	s.note(key)
	s.pending[key] = state
	s.touch()
}

// Delete forgets a record.
func (s *Store) Delete(namespace, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := recordKey{namespace, id}
	s.note(key)
	delete(s.pending, key)
	s.deleted[key] = true
	delete(s.content.Records[namespace], id)
	s.touch()
}

// Put keeps a small document besides the records; nil removes it.
func (s *Store) Put(name string, document []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if document == nil {
		delete(s.content.Documents, name)
	} else {
		s.content.Documents[name] = append([]byte(nil), document...)
	}
	s.touch()
}

// Get returns a document, nil if there is none. It must not be modified.
func (s *Store) Get(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.content.Documents[name]
}

// Err is why the store could not be written the last time, nil if it could.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close writes what is not written yet and gives the state directory back.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.stop)
	s.writer.Wait()
	return errors.Join(s.Flush(), s.lock.Close())
}

// touch needs mu.
func (s *Store) touch() {
	s.version++
	s.signal()
}

func (s *Store) signal() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// write flushes changes, soon, since a file that was just found and is rotated
// must be known after a crash; but at most once a second, and less often while
// that fails.
func (s *Store) write() {
	var due time.Time
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
		if s.Flush() == nil {
			pause = every
		} else {
			pause = min(2*pause, retryMax)
			s.signal()
		}
		due = time.Now().Add(pause)
	}
}

// Flush writes the store now if it has changed. A failure is logged once.
func (s *Store) Flush() error {
	s.writing.Lock()
	defer s.writing.Unlock()

	version, data, err := s.encode()
	if data == nil && err == nil {
		return nil
	}
	if err == nil {
		err = s.replace(data)
	}

	s.mu.Lock()
	before := s.err
	s.err = err
	if err == nil {
		s.written = version
	}
	s.mu.Unlock()
	switch {
	case err != nil && before == nil:
		s.log.Error("checkpoints cannot be written: lines go on being shipped, a restart would repeat them; free space on the disk of STATE_DIR or make it writable",
			"dir", s.dir, "error", err)
	case err == nil && before != nil:
		s.log.Info("checkpoints are written again", "dir", s.dir)
	}
	return err
}

// encode takes the pending states in and returns the file to write, nil if what
// is on disk is right already.
func (s *Store) encode() (uint64, []byte, error) {
	s.mu.Lock()
	version := s.version
	unchanged := version == s.written
	s.mu.Unlock()
	if unchanged {
		return 0, nil, nil
	}
	if err := s.settle(); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	data, err := s.content.encode()
	return version, data, err
}

// settle takes the pending states in. It needs writing.
func (s *Store) settle() error {
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
		}
	}
	return nil
}

// replace puts data in the place of the current file, which becomes the previous one.
func (s *Store) replace(data []byte) error {
	fresh := filepath.Join(s.dir, unready)
	if err := writeSynced(fresh, data); err != nil {
		_ = os.Remove(fresh) // gives a full disk its space back
		return err
	}
	now := filepath.Join(s.dir, current)
	if err := os.Rename(now, filepath.Join(s.dir, previous)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(fresh, now); err != nil {
		return err
	}
	return syncDir(s.dir)
}

func writeSynced(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// probe finds out whether files can be made here, before anything depends on it.
func (s *Store) probe() error {
	path := filepath.Join(s.dir, unready)
	if err := writeSynced(path, nil); err != nil && !full(err) {
		return err
	}
	return nil
}
