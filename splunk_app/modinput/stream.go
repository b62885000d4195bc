package modinput

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"ollama-hec/sourcetypes/batch"
)

// ErrBroken is the error of every call after a write that failed or was incomplete:
// nothing can follow half an event. Only a new process can fix it.
var ErrBroken = errors.New("the event stream to splunkd is broken")

// Stream is the sink that writes batches to splunkd as one XML document. It is safe for
// concurrent use; batches are never mixed.
type Stream struct {
	w      io.Writer
	turn   chan struct{} // full while a write is going on
	broken error         // guarded by turn
}

// NewStream returns a stream that writes to w. Nothing else may write to w.
func NewStream(w io.Writer) *Stream {
	return &Stream{w: w, turn: make(chan struct{}, 1)}
}

// Open begins the document. Call it before any Deliver.
func (s *Stream) Open(ctx context.Context) error {
	return s.write(ctx, []byte("<stream>\n"))
}

// Deliver writes b in one piece, and blocks while splunkd does not read. nil means that
// all of b is in splunkd's pipe. If ctx ends before that, Deliver returns but the write
// goes on, so b may still arrive: its events arrive twice if b is sent again.
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
