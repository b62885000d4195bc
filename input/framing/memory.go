package framing

import "sync"

// Memory remembers the last form of each source's logs: the new file after a rotation is read
// like the one before. The zero Memory is empty.
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

// Of returns what was noted last for source; empty: nothing was.
func (m *Memory) Of(source string) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kept[source]
}
