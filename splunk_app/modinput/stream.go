package modinput

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"ollama-hec/sourcetypes/batch"
)

// ErrBroken is what everything fails with after a write that failed or fell
// short: nothing can follow half an event. Only a new process mends it.
var ErrBroken = errors.New("the event stream to splunkd is broken")

// Stream is the sink that hands batches to splunkd as one XML document. It is
// safe for concurrent use; batches are never mixed.
type Stream struct {
	w      io.Writer
	turn   chan struct{} // full while somebody writes
	broken error         // guarded by turn
}

// NewStream returns a stream to w, which nobody else may write to.
func NewStream(w io.Writer) *Stream {
	return &Stream{w: w, turn: make(chan struct{}, 1)}
}

// Open begins the document. It comes before any Deliver.
func (s *Stream) Open(ctx context.Context) error {
	return s.write(ctx, []byte("<stream>\n"))
}

// Deliver writes b in one piece. It blocks while splunkd does not read: this is
// its back-pressure. nil means that all of b is in splunkd's pipe. When ctx ends
// first Deliver returns, but the write itself goes on for as long as the pipe is
// full, and what it writes may arrive: twice, then, if b is sent again.
func (s *Stream) Deliver(ctx context.Context, b *batch.Batch) error {
	text, err := b.Text()
	if err != nil {
		return err
	}
	if err := s.write(ctx, text); err != nil {
		return err
	}
	b.Answered()
	return nil
}

// Close ends the document. It leaves w open.
func (s *Stream) Close(ctx context.Context) error {
	return s.write(ctx, []byte("</stream>\n"))
}

func (s *Stream) write(ctx context.Context, text []byte) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := cmp.Or(s.broken, ctx.Err()); err != nil || len(text) == 0 {
		<-s.turn // a turn may come although ctx has ended: what is late is not written
		return err
	}
	written := make(chan error, 1)
	go func() {
		n, err := s.w.Write(text)
		if err == nil && n < len(text) {
			err = io.ErrShortWrite
		}
		if err != nil {
			err = fmt.Errorf("%w: %w", ErrBroken, err)
		}
		s.broken = err
		<-s.turn
		written <- err
	}()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
