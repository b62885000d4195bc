package recognition

import (
	"context"
	"io"
	"log/slog"

	"ollama-hec/input"
	"ollama-hec/input/framing"
	"ollama-hec/input/stdin"
	"ollama-hec/sourcetypes"
)

// Log is what was found at the beginning of a log.
type Log struct {
	sourcetypes.Recognition
	Removed string // what is taken off its lines; empty: nothing
	Omitted int64  // lines of other programs
}

// Read reads the beginning of a log.
func Read(
	ctx context.Context, beginning io.Reader, normalize *sourcetypes.Options, frames framing.Options,
) (Log, error) {
	lines := stdin.New(stdin.Options{Reader: beginning, Frames: frames, Log: slog.New(slog.DiscardHandler)})
	norm := sourcetypes.NewNormalizer(normalize, 0, input.Carry{}, func(*sourcetypes.Event) {})
	if err := Normalize(ctx, lines, norm); err != nil {
		return Log{}, err
	}
	removed, _ := lines.Removed()
	return Log{Recognition: norm.Recognition(), Removed: removed, Omitted: norm.Counts().Omitted}, nil
}

// Normalize reads lines to their end into norm.
func Normalize(ctx context.Context, lines input.Source, norm *sourcetypes.Normalizer) error {
	chunk := input.Chunk{Buf: make([]byte, 256<<10)}
	err := lines.Run(ctx, func(st input.Stream) {
		for progress := input.More; progress == input.More; {
			progress = st.Read(&chunk)
			norm.AddAll(chunk.Records, nil)
		}
	})
	if err != nil {
		return err
	}
	norm.Flush()
	return nil
}
