package sources

import (
	"context"
	"log/slog"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/discover"
	"ollama-hec/input/journald"
)

// later is a journal that had no entry of Ollama at the start. It is followed as soon as
// it has one, unless a log file with the same lines has appeared by then.
type later struct {
	*journald.Journal
	look func(context.Context) discover.Journal
	log  *slog.Logger
}

// lookEvery is the longest pause between two looks at such a journal: each look starts a
// process. The first pauses are shorter, for an Ollama that is being installed.
const lookEvery = time.Minute

// Run waits until there is a journal to follow, and follows it.
func (l later) Run(ctx context.Context, ready func(input.Stream)) error {
	for pause := time.Second; ; pause = min(2*pause, lookEvery) {
		journal := l.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case journal.Unit != "":
			l.log.Info("journal is followed from now on", "unit", journal.Unit, "why", journal.Why)
			return l.Journal.Run(ctx, ready)
		case !journal.MayAppear:
			l.log.Info("journal is not looked at any more", "why", journal.Why)
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}
