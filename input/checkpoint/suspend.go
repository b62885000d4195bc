package checkpoint

import "encoding/json"

// suspension is a condition, and the values that the records depending on it had before.
type suspension struct {
	Condition json.RawMessage                       `json:"condition"`
	Otherwise map[string]map[string]json.RawMessage `json:"otherwise"` // null: there was none
}

// Suspend calls commit, whose calls of Set count only if a condition turns out to hold. Only a
// later run can find that out: it must call Resolve before it reads any record. condition is
// JSON. A record may be suspended several times, each time further. Like Set, Suspend does not
// wait for the disk.
func (s *Store) Suspend(condition []byte, commit func()) error {
	s.writing.Lock() // or what commit sets could be written without its condition
	defer s.writing.Unlock()
	if err := s.settle(); err != nil {
		return err
	}
	undo := make(map[recordKey]json.RawMessage)
	s.setUndo(undo)
	commit()
	err := s.settle()
	s.setUndo(nil)
	if err != nil {
		return err
	}
	otherwise := make(map[string]map[string]json.RawMessage)
	for key, raw := range undo {
		if otherwise[key.namespace] == nil {
			otherwise[key.namespace] = make(map[string]json.RawMessage)
		}
		otherwise[key.namespace][key.id] = raw
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.content.Suspended = append(s.content.Suspended, suspension{condition, otherwise})
	s.touched.suspended = true
	s.touchLocked()
	return nil
}

// Suspended returns the conditions that an earlier run left; nil: it left none.
func (s *Store) Suspended() (conditions []json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.content.Suspended {
		conditions = append(conditions, each.Condition)
	}
	return conditions
}

// Resolve tells the store which of the conditions hold. A record gets back the value it had
// before the first condition that does not. The result is written like a Set: after a crash
// before that, Suspended returns the conditions again.
func (s *Store) Resolve(hold []bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	suspended := s.content.Suspended
	for i := len(suspended) - 1; i >= 0; i-- { // so that the first one has the last word
		if i < len(hold) && hold[i] {
			continue
		}
		for namespace, records := range suspended[i].Otherwise {
			for id, raw := range records {
				key := recordKey{namespace, id}
				s.content.restore(key, raw)
				s.touched.records[key] = true
			}
		}
	}
	s.content.Suspended = nil
	s.touched.suspended = true
	s.touchLocked()
}

func (s *Store) setUndo(undo map[recordKey]json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.undo = undo
}

// noteLocked keeps the value of a record before commit changes it. s.mu is held.
func (s *Store) noteLocked(key recordKey) {
	if _, noted := s.undo[key]; s.undo != nil && !noted {
		s.undo[key] = s.content.Records[key.namespace][key.id]
	}
}
