// Package stdin reads lines from a pipe: one stream, in order, ended at its end,
// where a last line without terminator counts too.
//
// A pipe cannot be read twice: nothing is remembered across restarts, and what
// was taken from the pipe and not delivered is lost with the process. A stop is the
// end of the pipe: what was taken until then is handed on.
package stdin

import (
	"context"
	"io"
	"log/slog"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

const (
	readSize    = 64 << 10
	bufferSize  = 256 << 10 // how much is read ahead; a line may need more
	defaultLine = 1 << 20
)

// Options say what to read. Zero means the default.
type Options struct {
	Reader  io.Reader
	MaxLine int // bytes of a line before it is cut, 1 MiB
	Frames  framing.Options
	Log     *slog.Logger
}

// Source is a pipe being read.
type Source struct {
	reader io.Reader
	limit  int
	log    *slog.Logger
	stream stream
}

// New returns the source of r's lines.
func New(o Options) *Source {
	if o.MaxLine <= 0 {
		o.MaxLine = defaultLine
	}
	s := &Source{reader: o.Reader, limit: o.MaxLine, log: o.Log}
	s.stream.limit = o.MaxLine
	s.stream.frames.Set(o.Frames)
	s.stream.room = make(chan struct{}, 1)
	s.stream.ended = make(chan struct{})
	return s
}

// Run reads until the end of the pipe has been handed on or ctx ends, which ends
// the pipe too. A reader
// that can be neither closed nor given a deadline is left in its last Read.
func (s *Source) Run(ctx context.Context, ready func(input.Stream)) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.fill(ctx, ready)
	}()
	select {
	case <-s.stream.ended:
		<-done
	case <-ctx.Done():
		s.interrupt()
		s.stream.add(nil, true)
		ready(&s.stream)
	}
	return nil
}

// Removed is, for people, what was taken off the lines read so far, and how often.
func (s *Source) Removed() (string, framing.Removed) {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.stream.frames.Says(), s.stream.frames.Removed()
}

// Close does nothing: there is nothing to keep.
func (s *Source) Close() error { return nil }

func (s *Source) interrupt() {
	if d, ok := s.reader.(interface{ SetReadDeadline(time.Time) error }); ok && d.SetReadDeadline(time.Now()) == nil {
		return
	}
	if c, ok := s.reader.(io.Closer); ok {
		// a terminal's Close may wait for the Read it should end
		go c.Close()
	}
}

// fill moves bytes from the pipe to the stream while there is room.
func (s *Source) fill(ctx context.Context, ready func(input.Stream)) {
	buf := make([]byte, readSize)
	for {
		n, err := s.reader.Read(buf)
		if ctx.Err() != nil && n == 0 {
			return
		}
		if err != nil && err != io.EOF {
			s.log.Error("standard input cannot be read any further", "error", err)
		}
		if n > 0 || err != nil {
			s.stream.add(buf[:n], err != nil)
			ready(&s.stream)
		}
		if err != nil {
			return
		}
		for !s.stream.hasRoom() {
			select {
			case <-s.stream.room:
			case <-ctx.Done():
				return
			}
		}
	}
}
