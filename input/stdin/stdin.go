// Package stdin reads the lines of a pipe as one stream, in order. It ends with the pipe,
// and a last line without a terminator is delivered too.
//
// A pipe cannot be read twice: there are no checkpoints, and lines that were read and not
// delivered are lost with the process. A stop counts as the end of the pipe: what was
// read until then is delivered.
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
	bufferSize  = 256 << 10 // bytes that are read ahead; a line may need more
	defaultLine = 1 << 20
)

// Options are the options of a Source. A zero MaxLine means the default.
type Options struct {
	Reader  io.Reader
	MaxLine int // bytes of a line before it is cut, 1 MiB
	Frames  framing.Options
	Written func() int64 // when the file that Reader reads was last written to; nil: it is none
	Log     *slog.Logger
}

// Source reads a pipe.
type Source struct {
	reader io.Reader
	limit  int
	log    *slog.Logger
	stream stream
}

// New returns the source of the lines of o.Reader.
func New(o Options) *Source {
	if o.MaxLine <= 0 {
		o.MaxLine = defaultLine
	}
	s := &Source{reader: o.Reader, limit: o.MaxLine, log: o.Log}
	s.stream.limit, s.stream.written = o.MaxLine, o.Written
	s.stream.frames.Set(o.Frames)
	s.stream.room = make(chan struct{}, 1)
	s.stream.ended = make(chan struct{})
	return s
}

// Run reads until every line of the pipe has been taken, or ctx ends. A reader that can be
// neither closed nor given a deadline is left in its last Read.
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

// Removed returns, for people, the framing removed from the lines read so far, and its
// counts.
func (s *Source) Removed() (string, framing.Removed) {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.stream.frames.Says(), s.stream.frames.Removed()
}

// Cut returns how many lines were longer than allowed, and cut, so far.
func (s *Source) Cut() int64 {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.stream.cut
}

// Close does nothing: there is no state to save.
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

// fill reads the pipe into the stream, and waits while the stream is full.
func (s *Source) fill(ctx context.Context, ready func(input.Stream)) {
	buf := make([]byte, readSize)
	for {
		n, err := s.reader.Read(buf)
		if ctx.Err() != nil && n == 0 {
			return
		}
		if err != nil && err != io.EOF {
			s.log.Error("standard input cannot be read any further", "error", err,
				"hint", "what was read is delivered; start the pipe again for the rest")
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
