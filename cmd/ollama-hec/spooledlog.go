package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/input"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/captured"
)

// spooled reports whether the log is a segment of the spool in the state directory. Only its
// path tells: anybody could write such lines into a log.
func (l namedLog) spooled(s *settings.Settings) bool {
	if spool.WriterOf(l.source) == "" {
		return false
	}
	state, err := s.State()
	if err != nil {
		return false
	}
	dir, err := filepath.Abs(spool.Path(state))
	return err == nil && dir == filepath.Dir(l.source)
}

// readSpooled emits the events of a segment of the spool, as run does.
func (l namedLog) readSpooled(ctx context.Context, s *settings.Settings, emit func(*sourcetypes.Event)) error {
	opened, err := l.open(nil)
	if err != nil {
		return err
	}
	defer opened.Close()
	const around = 64 << 10 // what a line has besides its event, at most
	lines := bufio.NewReaderSize(opened, int(s.MaxLineBytes)+around)
	norm := captured.New(s.Captured(), 0, input.Carry{}, emit)
	for ctx.Err() == nil {
		text, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is after the last line end is not written to its end
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", terminal.Text(l.source), err)
		}
		norm.AddAll([]input.Record{{Text: text[:len(text)-1]}}, nil)
	}
	return ctx.Err()
}
