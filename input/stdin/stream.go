package stdin

import (
	"bytes"
	"slices"
	"sync"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

// stream holds the whole lines read so far, and the beginning of the one that is still
// incomplete.
type stream struct {
	limit   int
	written func() int64
	room    chan struct{} // capacity 1; signals that lines were taken
	ended   chan struct{} // closed when Ended was returned

	mu      sync.Mutex
	held    []byte         // guarded by mu; the text of lines, in turn
	lines   []line         // guarded by mu
	partial []byte         // guarded by mu; of the line that is coming, at most limit+1 bytes
	length  int64          // guarded by mu; of that line so far
	zeros   int            // guarded by mu; that came last
	last    byte           // guarded by mu; of that line so far
	text    framing.Text   // guarded by mu; makes UTF-8 of what comes
	frames  framing.Frames // guarded by mu
	taken   input.Position // guarded by mu; up to which lines were handed on
	pos     input.Position // guarded by mu; bytes taken from the pipe
	cut     int64          // guarded by mu; lines longer than the limit
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
	var written int64
	if s.written != nil {
		written = s.written()
	}
	for _, l := range s.lines[:taken] {
		c.Records = append(c.Records, input.Record{Text: text[:l.length:l.length], Next: l.next, Written: written})
		text = text[l.length:]
	}
	s.held = slices.Delete(s.held, 0, size)
	s.lines = slices.Delete(s.lines, 0, taken)
	select {
	case s.room <- struct{}{}:
	default:
	}
	progress := s.progressLocked()
	s.frames.Unwrap(c, s.taken, progress)
	if len(c.Records) > 0 {
		s.taken = c.Records[len(c.Records)-1].Next
	}
	if progress == input.Ended && !s.over {
		s.over = true
		close(s.ended)
	}
	return progress
}

// progressLocked returns what Read returns after the lines that are left. s.mu is held.
func (s *stream) progressLocked() input.Progress {
	switch {
	case len(s.lines) > 0:
		return input.More
	case !s.final:
		return input.Idle
	}
	return input.Ended
}

func (s *stream) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held)+len(s.lines) < bufferSize
}

// add appends bytes of the pipe. final means that they are the last.
func (s *stream) add(data []byte, final bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	data = s.text.Decode(data, final)
	most := s.frames.Limit(data, s.limit)
	for len(data) > 0 {
		part, rest, terminated := bytes.Cut(data, []byte{'\n'})
		s.pos += input.Position(len(part))
		s.addPartsLocked(part, most)
		if terminated {
			s.pos++
			s.endZerosLocked(most)
			s.finishLineLocked(most)
		}
		data = rest
	}
	if final {
		s.endZerosLocked(most)
		if s.length > 0 {
			s.finishLineLocked(most)
		}
	}
	s.final = s.final || final
}

// addPartsLocked appends a part of a line, and ends the line at a hole in it. s.mu is held.
func (s *stream) addPartsLocked(part []byte, most int) {
	for len(part) > 0 {
		text := bytes.TrimLeft(part, "\x00")
		s.zeros += len(part) - len(text)
		if len(text) == 0 {
			return // there may be more
		}
		s.endZerosLocked(most)
		end := bytes.IndexByte(text, 0)
		if end < 0 {
			end = len(text)
		}
		s.addPartLocked(text[:end], most)
		part = text[end:]
	}
}

// endZerosLocked takes the zero bytes so far as a hole, or as text if they are few. s.mu is
// held.
func (s *stream) endZerosLocked(most int) {
	if s.zeros == 0 {
		return
	}
	var few [64]byte
	zeros := few[:min(s.zeros, len(few))]
	s.zeros = 0
	if hole, _ := input.Hole(zeros); hole < 0 {
		s.addPartLocked(zeros, most)
	} else if s.length > 0 {
		s.finishLineLocked(most)
	}
}

// addPartLocked appends text to the incomplete line. s.mu is held.
func (s *stream) addPartLocked(part []byte, most int) {
	s.length += int64(len(part))
	s.partial = append(s.partial, part[:max(0, min(len(part), most+1-len(s.partial)))]...)
	if len(part) > 0 {
		s.last = part[len(part)-1]
	}
}

// finishLineLocked moves the incomplete line to the whole lines. s.mu is held.
func (s *stream) finishLineLocked(most int) {
	length := s.length
	if length > int64(len(s.partial)) && s.last == '\r' {
		length-- // of the terminator
	}
	text, cut := input.Limit(s.partial, length, most)
	if cut {
		s.cut++
	}
	s.held = append(s.held, text...)
	s.lines = append(s.lines, line{length: len(text), next: s.pos})
	s.partial, s.length = s.partial[:0], 0
}
