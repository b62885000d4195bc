// Package checkpoint remembers across restarts, crashes and damaged disks how
// far each stream was delivered: what it returns was once written whole.
//
// Changes are appended at most a quarter of a second after they were made, so what was delivered
// in that time may be delivered again after a crash. While a thousand streams move at once it
// may be a second, because saving is limited to a hundredth of the time. Now and then the file
// is written anew, without outdated values, and the one before is kept. Only one process at a
// time can use a state directory.
package checkpoint

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"sync"

	"ollama-hec/input/statedir"
)

const (
	current  = "checkpoints"
	previous = "checkpoints.previous"
	damaged  = "checkpoints.damaged"
	unready  = "checkpoints.new"
)

// Store is a state directory in use. All its methods may be called by any goroutine.
type Store struct {
	dir     *statedir.Dir
	path    string // of dir
	log     *slog.Logger
	lock    *os.File
	damaged bool

	changed chan struct{}
	stop    chan struct{}
	writer  sync.WaitGroup
	writing sync.Mutex // held for the whole of a flush
	file    appended   // guarded by writing; the current one

	settling sync.Mutex // held while state functions are called

	mu sync.Mutex
	held
}

// held is the content of a store in memory. All of it is guarded by mu.
type held struct {
	content content
	pending map[recordKey]func() any
	deleted map[recordKey]bool            // since the last flush began
	touched touched                       // what of content the file does not hold yet
	undo    map[recordKey]json.RawMessage // what records were before the Suspend under way, nil: none is
	version uint64                        // counts changes
	written uint64                        // the version on disk
	err     error                         // of the last flush
	closed  bool
}

type recordKey struct{ namespace, id string }

// Open locks the state directory, makes it if it does not exist, and reads what the last run
// left. It fails if another process uses it or if it cannot be written.
func Open(path string, log *slog.Logger) (*Store, error) {
	dir, err := statedir.Make(path)
	if err != nil {
		return nil, unusable(path, err)
	}
	lock, err := lockDir(dir, path)
	if err != nil {
		dir.Close()
		return nil, err
	}
	s := &Store{dir: dir, path: path, log: log, lock: lock, changed: make(chan struct{}, 1), stop: make(chan struct{})}
	s.pending, s.deleted, s.touched = make(map[recordKey]func() any), make(map[recordKey]bool), newTouched()
	err = s.load()
	if err == nil {
		err = s.probe()
	}
	if err != nil {
		lock.Close()
		dir.Close()
		return nil, err
	}
	s.writer.Go(s.write)
	return s, nil
}

// Damaged reports whether the last checkpoints of earlier runs could not be read: a stream that
// is not known may then have been read before.
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

// Set replaces a record with the value that state returns when the store is next written; nil
// leaves the record as it is. state is called once, by another goroutine.
func (s *Store) Set(namespace, id string, state func() any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := recordKey{namespace, id}
	s.noteLocked(key)
	s.pending[key] = state
	s.touchLocked()
}

// Together calls change, which sets several records: they are saved together, as change leaves
// them, or not at all. It waits while state functions are called, and no such function may call it.
func (s *Store) Together(change func()) {
	s.settling.Lock()
	defer s.settling.Unlock()
	change()
}

// Delete removes a record.
func (s *Store) Delete(namespace, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := recordKey{namespace, id}
	s.noteLocked(key)
	delete(s.pending, key)
	s.deleted[key] = true
	delete(s.content.Records[namespace], id)
	s.touched.records[key] = true
	s.touchLocked()
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
	s.touched.documents[name] = true
	s.touchLocked()
}

// Get returns a document, nil if there is none. It must not be modified.
func (s *Store) Get(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.content.Documents[name]
}

// Err returns the error of the last write, or nil.
func (s *Store) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close writes what is not written yet, in a form that earlier versions can read, and unlocks
// the state directory.
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
	err := s.Flush()
	if err == nil {
		if err = s.compact(); statedir.Full(err) {
			err = nil // all is saved, if in a form that this version reads
		}
	}
	return errors.Join(err, s.lock.Close(), s.dir.Close())
}
