package checkpoint

import (
	"encoding/json"
	"fmt"
	"maps"
)

// suspended is the document that Suspend leaves.
const suspended = "suspended"

// suspension is a condition, and the records that count if it does not hold.
type suspension struct {
	Condition json.RawMessage                       `json:"condition"`
	Otherwise map[string]map[string]json.RawMessage `json:"otherwise"`
}

// Suspend makes what is Set from now on depend on a condition that only a later
// run can find out about: it is to call Resolve before it reads any record.
// condition is JSON.
func (s *Store) Suspend(condition []byte) error {
	if err := s.Flush(); err != nil {
		return err
	}
	s.mu.Lock()
	before := make(map[string]map[string]json.RawMessage, len(s.content.Records))
	for namespace, records := range s.content.Records {
		before[namespace] = maps.Clone(records)
	}
	s.mu.Unlock()
	doc, err := json.Marshal(suspension{condition, before})
	if err != nil {
		return fmt.Errorf("suspend checkpoints: %w", err)
	}
	s.Put(suspended, doc)
	return nil
}

// Suspended returns the condition an earlier run left, nil if it left none.
func (s *Store) Suspended() []byte {
	var doc suspension
	if json.Unmarshal(s.Get(suspended), &doc) != nil {
		return nil
	}
	return doc.Condition
}

// Resolve says whether the condition holds. If it does not, the records go back
// to what they were when it was left.
func (s *Store) Resolve(holds bool) error {
	var doc suspension
	if raw := s.Get(suspended); raw == nil {
		return nil
	} else if err := json.Unmarshal(raw, &doc); err != nil {
		return fmt.Errorf("resolve suspended checkpoints: %w", err)
	}
	s.mu.Lock()
	if !holds && doc.Otherwise != nil {
		s.content.Records = doc.Otherwise
	}
	s.mu.Unlock()
	s.Put(suspended, nil)
	return s.Flush()
}
