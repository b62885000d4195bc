package checkpoint

import "encoding/json"

// suspension is a condition, and what the records that depend on it were before.
type suspension struct {
	Condition json.RawMessage                       `json:"condition"`
	Otherwise map[string]map[string]json.RawMessage `json:"otherwise"` // null: there was none
}

// Suspend calls commit, which Sets records that shall count only under a
// condition. Only a later run can find out about it: it is to call Resolve
// before it reads any record. condition is JSON. A record may be suspended again
// and again, each time further. commit may call the store. Like Set, it does not
// wait for the disk.
func (s *Store) Suspend(condition []byte, commit func()) error {
	s.writing.Lock() // nothing may be written that says it is without a condition
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

// Suspended returns the conditions that an earlier run left, nil if it left none.
func (s *Store) Suspended() (conditions []json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, each := range s.content.Suspended {
		conditions = append(conditions, each.Condition)
	}
	return conditions
}

// Resolve says which of the conditions hold. A record goes back to what it was
// before the first one that does not. It is written like a Set: a crash before
// that leaves the conditions to be asked for again.
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

// noteLocked keeps what a record was before commit changes it.
func (s *Store) noteLocked(key recordKey) {
	if _, noted := s.undo[key]; s.undo != nil && !noted {
		s.undo[key] = s.content.Records[key.namespace][key.id]
	}
}
