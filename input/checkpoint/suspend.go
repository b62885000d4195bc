package checkpoint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
)

// suspended is the document that holds the suspensions, the first one first.
const suspended = "suspended"

// suspension is a condition, and what the records that depend on it were before.
type suspension struct {
	Condition json.RawMessage                       `json:"condition"`
	Otherwise map[string]map[string]json.RawMessage `json:"otherwise"` // null: there was none
}

// Suspend calls commit, which Sets records that shall count only under a
// condition. Only a later run can find out about it: it is to call Resolve
// before it reads any record. condition is JSON. A record may be suspended again
// and again, each time further. commit may call the store.
func (s *Store) Suspend(condition []byte, commit func()) error {
	s.writing.Lock() // nothing may be written that says it is without a condition
	defer s.writing.Unlock()
	doc, err := s.suspensions()
	if err != nil {
		return err
	}
	if err := s.settle(); err != nil {
		return err
	}
	before := s.records()
	commit()
	if err := s.settle(); err != nil {
		return err
	}
	doc = append(doc, suspension{condition, difference(before, s.records())})
	raw, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("suspend checkpoints: %w", err)
	}
	s.Put(suspended, raw)
	return nil
}

// Suspended returns the conditions that an earlier run left, nil if it left none.
func (s *Store) Suspended() (conditions []json.RawMessage, err error) {
	doc, err := s.suspensions()
	for _, each := range doc {
		conditions = append(conditions, each.Condition)
	}
	return conditions, err
}

// Resolve says which of the conditions hold. A record goes back to what it was
// before the first one that does not.
func (s *Store) Resolve(hold []bool) error {
	doc, err := s.suspensions()
	if err != nil {
		return err
	}
	s.mu.Lock()
	for i := len(doc) - 1; i >= 0; i-- { // so that the first one has the last word
		if i < len(hold) && hold[i] {
			continue
		}
		for namespace, records := range doc[i].Otherwise {
			for id, raw := range records {
				s.content.restore(recordKey{namespace, id}, raw)
			}
		}
	}
	s.mu.Unlock()
	s.Put(suspended, nil)
	return s.Flush()
}

func (s *Store) suspensions() (doc []suspension, err error) {
	raw := s.Get(suspended)
	if raw == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("read suspended checkpoints: %w", err)
	}
	return doc, nil
}

// records are all records as they would be written now.
func (s *Store) records() map[string]map[string]json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make(map[string]map[string]json.RawMessage, len(s.content.Records))
	for namespace, records := range s.content.Records {
		all[namespace] = maps.Clone(records)
	}
	return all
}

// difference is what those records were before that are not the same after.
func difference(before, after map[string]map[string]json.RawMessage) map[string]map[string]json.RawMessage {
	changed := make(map[string]map[string]json.RawMessage)
	note := func(namespace, id string, raw json.RawMessage) {
		if changed[namespace] == nil {
			changed[namespace] = make(map[string]json.RawMessage)
		}
		changed[namespace][id] = raw
	}
	for namespace, records := range before {
		for id, raw := range records {
			if now, there := after[namespace][id]; !there || !bytes.Equal(now, raw) {
				note(namespace, id, raw)
			}
		}
	}
	for namespace, records := range after {
		for id := range records {
			if _, there := before[namespace][id]; !there {
				note(namespace, id, nil)
			}
		}
	}
	return changed
}
