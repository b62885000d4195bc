package sources

import (
	"context"
	"log/slog"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/discover"
	"ollama-hec/input/journald"
)

// later is a journal that had nothing of Ollama at the start. It is followed
// once it has, unless a log file that says the same has come by then.
type later struct {
	*journald.Journal
	look func(context.Context) discover.Journal
	log  *slog.Logger
}

// lookEvery is how late such a journal is found, at most: each look is a process.
// At first it is sooner: what is installed together comes together.
const lookEvery = time.Minute

// Run looks for a journal to follow and follows it.
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
