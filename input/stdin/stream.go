package stdin

import (
	"bytes"
	"slices"
	"sync"

	"ollama-hec/input"
)

// stream holds whole lines and the beginning of the one that is still coming.
type stream struct {
	limit int
	room  chan struct{} // capacity 1; says that lines were taken
	ended chan struct{} // closed when Ended was returned

	mu      sync.Mutex
	held    []byte         // guarded by mu; the text of lines, in turn
	lines   []line         // guarded by mu
	partial []byte         // guarded by mu; of the line that is coming, at most limit+1 bytes
	length  int64          // guarded by mu; of that line so far
	last    byte           // guarded by mu; of that line so far
	pos     input.Position // guarded by mu; bytes taken from the pipe
	final   bool           // guarded by mu; the pipe has ended
	over    bool           // guarded by mu; Ended was returned
}

// line is the length of a line held and the position after it.
type line struct {
	length int
	next   input.Position
}

func (s *stream) Source() string                       { return "stdin" }
func (s *stream) Fields() []input.Field                { return nil }
func (s *stream) Start() (input.Position, input.Carry) { return 0, input.Carry{} }
func (s *stream) Commit(input.Position, input.Carry)   {}
func (s *stream) Pipe()                                {}

var _ input.Pipe = (*stream)(nil)

func (s *stream) Read(c *input.Chunk) input.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Records = c.Records[:0]
	taken, size := 0, 0
	for taken < len(s.lines) && (taken == 0 || size+s.lines[taken].length <= len(c.Buf)) {
		size += s.lines[taken].length
		taken++
	}
	if size > len(c.Buf) {
		c.Buf = make([]byte, size)
	}
	copy(c.Buf, s.held[:size])
	text := c.Buf[:size]
	for _, l := range s.lines[:taken] {
		c.Records = append(c.Records, input.Record{Text: text[:l.length:l.length], Next: l.next})
		text = text[l.length:]
	}
	s.held = slices.Delete(s.held, 0, size)
	s.lines = slices.Delete(s.lines, 0, taken)
	select {
	case s.room <- struct{}{}:
	default:
	}
	switch {
	case len(s.lines) > 0:
		return input.More
	case !s.final:
		return input.Idle
	case !s.over:
		s.over = true
		close(s.ended)
	}
	return input.Ended
}

func (s *stream) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held)+len(s.lines) < bufferSize
}

// add takes bytes over from the pipe; final says they are the last.
func (s *stream) add(data []byte, final bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(data) > 0 {
		part, rest, terminated := bytes.Cut(data, []byte{'\n'})
		s.pos += input.Position(len(part))
		s.length += int64(len(part))
		s.partial = append(s.partial, part[:min(len(part), s.limit+1-len(s.partial))]...)
		if len(part) > 0 {
			s.last = part[len(part)-1]
		}
		if terminated {
			s.pos++
			s.finishLine()
		}
		data = rest
	}
	if final && s.length > 0 {
		s.finishLine()
	}
	s.final = s.final || final
}

// finishLine needs mu.
func (s *stream) finishLine() {
	length := s.length
	if length > int64(len(s.partial)) && s.last == '\r' {
		length-- // of the terminator
	}
	text, _ := input.Limit(s.partial, length, s.limit)
	s.held = append(s.held, text...)
	s.lines = append(s.lines, line{length: len(text), next: s.pos})
	s.partial, s.length = s.partial[:0], 0
}
