package spool

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input"
)

// Memory is a spool that never touches the disk, for one process that captures and ships: a
// source of the lines that a Writer would write. What is not delivered when the process ends is
// lost. Records that find no room are counted, and reported in a record as soon as there is
// room.
type Memory struct {
	writer  string
	stream  memoryStream
	ready   atomic.Pointer[func(input.Stream)]
	ended   chan struct{} // closed by End
	records atomic.Int64

	mu    sync.Mutex
	ports []int // guarded by mu; that Ollama's log names
}

// memoryBytes bounds the bytes that wait to be shipped.
const memoryBytes = 16 << 20

// endWait is how long the source waits for End at a stop.
const endWait = 2 * time.Second

// NewMemory returns a spool in memory that begins with a record. writer is the source of
// its events.
func NewMemory(writer string, started Record) *Memory {
	m := &Memory{writer: writer, ended: make(chan struct{})}
	m.stream.writer = writer
	m.Emit(started)
	return m
}

// Emit hands over a record to be shipped. It never blocks.
func (m *Memory) Emit(r Record) {
	if m.stream.add(&r) {
		m.records.Add(1)
	}
	if ready := m.ready.Load(); ready != nil {
		(*ready)(&m.stream)
	}
}

// End tells the spool that nothing more is emitted.
func (m *Memory) End() {
	m.stream.end()
	close(m.ended)
}

// Run implements input.Source. At a stop it waits a moment for End, so that the last
// records are shipped, too.
func (m *Memory) Run(ctx context.Context, ready func(input.Stream)) error {
	m.ready.Store(&ready)
	ready(&m.stream)
	select {
	case <-m.ended:
	case <-ctx.Done():
		select {
		case <-m.ended:
		case <-time.After(endWait):
		}
	}
	ready(&m.stream)
	return nil
}

// Close implements input.Source.
func (m *Memory) Close() error { return nil }

// Holds reports whether a stream is the spool's.
func (m *Memory) Holds(st input.Stream) bool { return m != nil && st == input.Stream(&m.stream) }

// Stats returns how many records there were, and what was lost.
func (m *Memory) Stats() (records int64, lost Losses) {
	m.stream.mu.Lock()
	defer m.stream.mu.Unlock()
	return m.records.Load(), m.stream.losses.all
}

// Listens notes a port that Ollama's log names.
func (m *Memory) Listens(port int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ports) < MaxPorts && !slices.Contains(m.ports, port) {
		m.ports = append(m.ports, port)
	}
}

// Ports returns the ports that Ollama's log names.
func (m *Memory) Ports() []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.ports)
}

// memoryStream is the stream of the records that wait to be shipped.
type memoryStream struct {
	writer string

	mu     sync.Mutex
	lines  [][]byte       // guarded by mu; without their ends
	bytes  int            // guarded by mu; of lines
	at     input.Position // guarded by mu; records taken
	over   bool           // guarded by mu; nothing more comes
	losses losses         // guarded by mu
}

func (s *memoryStream) add(r *Record) (taken bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.bytes+len(r.Event) > memoryBytes || s.over {
		s.losses.add(Losses{Queue: 1}, now)
		return false
	}
	if s.losses.due(now) {
		lost := s.losses.record(s.writer, now)
		s.putLocked(&lost)
		s.losses.said(now)
	}
	s.putLocked(r)
	return true
}

func (s *memoryStream) putLocked(r *Record) {
	line := r.AppendLine(nil)
	line = line[:len(line)-1]
	s.lines, s.bytes = append(s.lines, line), s.bytes+len(line)
}

func (s *memoryStream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := time.Now(); s.losses.untold.Sum() > 0 {
		lost := s.losses.record(s.writer, now)
		s.putLocked(&lost)
		s.losses.said(now)
	}
	s.over = true
}

// Source implements input.Stream.
func (s *memoryStream) Source() string { return s.writer }

// Fields implements input.Stream.
func (*memoryStream) Fields() []input.Field { return nil }

// Start implements input.Stream.
func (*memoryStream) Start() (input.Position, input.Carry) { return 0, input.Carry{} }

// Commit implements input.Stream: there is nothing to remember.
func (*memoryStream) Commit(input.Position, input.Carry) {}

// Pipe implements input.Pipe.
func (*memoryStream) Pipe() {}

// Read implements input.Stream.
func (s *memoryStream) Read(c *input.Chunk) input.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Records = c.Records[:0]
	taken, size := 0, 0
	for taken < len(s.lines) && (taken == 0 || size+len(s.lines[taken]) <= len(c.Buf)) {
		size += len(s.lines[taken])
		s.at++
		c.Records = append(c.Records, input.Record{Text: s.lines[taken], Next: s.at})
		s.lines[taken] = nil
		taken++
	}
	s.lines, s.bytes = s.lines[taken:], s.bytes-size
	switch {
	case len(s.lines) > 0:
		return input.More
	case s.over:
		return input.Ended
	}
	s.lines = nil
	return input.Idle
}
