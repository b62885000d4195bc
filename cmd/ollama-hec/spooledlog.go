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

// spooled reports whether the log is a segment of a spool. Only its path tells, its own and
// its directory's name: anybody could write such lines into a log.
func (l namedLog) spooled() bool {
	return spool.WriterOf(l.source) != "" && filepath.Base(filepath.Dir(l.source)) == spool.Dirname
}

// readSpooled emits the events of a segment of the spool, as run does, and counts its lines.
func (l namedLog) readSpooled(
	ctx context.Context, s *settings.Settings, emit func(*sourcetypes.Event),
) (read int64, err error) {
	opened, err := l.open(nil)
	if err != nil {
		return 0, err
	}
	defer opened.Close()
	const around = 64 << 10 // what a line has besides its event, at most
	lines := bufio.NewReaderSize(opened, int(s.MaxLineBytes)+around)
	norm := captured.New(s.Captured(), 0, input.Carry{}, emit)
	for ctx.Err() == nil {
		text, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return read, nil // what is after the last line end is not written to its end
		}
		if err != nil {
			return read, fmt.Errorf("read %s: %w", terminal.Text(l.source), err)
		}
		read++
		norm.AddAll([]input.Record{{Text: text[:len(text)-1]}}, nil)
	}
	return read, ctx.Err()
}
