package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input"
	"ollama-hec/input/file"
	"ollama-hec/input/stdin"
	"ollama-hec/sourcetypes"
)

// waitingRead is how many bytes of the undelivered text are searched for a line with a
// time stamp.
const waitingRead = 64 << 10

// waitingSince returns when the first undelivered line of f was written, by its own time
// stamp or else that of the line before it; zero: no whole line waits, or it is not known.
func waitingSince(ctx context.Context, s *settings.Settings, f file.RecordedFile) (since time.Time) {
	if f.Gone || f.Lag == 0 || filepath.Ext(f.Path) == ".gz" {
		return since
	}
	log, err := os.Open(f.Path)
	if err != nil {
		return since // run and check say why
	}
	defer log.Close()
	text := make([]byte, min(f.Lag, waitingRead))
	n, err := log.ReadAt(text, f.Committed)
	if err != nil && !errors.Is(err, io.EOF) || bytes.IndexByte(text[:n], '\n') < 0 {
		return since
	}
	var carry input.Carry
	if !f.Last.IsZero() {
		carry.Time = f.Last.UnixNano()
	}
	asStamped := &sourcetypes.Options{Zone: s.Timezone.Location, Now: time.Now}
	norm := sourcetypes.NewNormalizer(asStamped, 0, carry, func(ev *sourcetypes.Event) {
		if since.IsZero() && ev.Time.Nanos > 0 {
			since = time.Unix(0, ev.Time.Nanos)
		}
	})
	lines := stdin.New(
		stdin.Options{Reader: bytes.NewReader(text[:n]), MaxLine: waitingRead, Log: slog.New(slog.DiscardHandler)},
	)
	_ = recognition.Normalize(ctx, lines, norm) // a reader of bytes has no errors
	return since
}
