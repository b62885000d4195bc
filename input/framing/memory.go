package framing

import "sync"

// Memory is how the logs of each source were framed last: what rotation begins anew
// is read as what was before it. The zero Memory is empty.
type Memory struct {
	mu   sync.Mutex
	kept map[string]string // guarded by mu; by source, what Keep returned
}

// Note remembers what Keep returned for a log of source.
func (m *Memory) Note(source, kept string) {
	if kept == "" {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = make(map[string]string)
	}
	m.kept[source] = kept
}

// Of is what was noted last for source; empty: nothing was.
func (m *Memory) Of(source string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[source]
}
