package sources

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/discover"
)

var empty = discover.Journal{Why: "it holds nothing yet", MayAppear: true}

// wait runs a journal that has nothing, to its end, and returns what it says.
func wait(ctx context.Context, t *testing.T, look func() discover.Journal) string {
	t.Helper()
	var said bytes.Buffer
	l := later{
		log:  slog.New(slog.NewTextHandler(&said, nil)),
		look: func(context.Context) discover.Journal { return look() },
	}
	if err := l.Run(ctx, func(input.Stream) { t.Error("there is nothing to read") }); err != nil {
		t.Error(err)
	}
	return said.String()
}

func TestAnEmptyJournalIsLookedAtOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		soon, looks, began := 0, 0, time.Now()
		said := wait(ctx, t, func() discover.Journal {
			if looks++; time.Since(began) < 5*time.Second {
				soon++
			}
			return empty
		})
		if soon < 2 || looks < 60 || looks > 70 || said != "" {
			t.Errorf("%d looks in an hour, %d in the first seconds; said %q", looks, soon, said)
		}
	})
}

func TestAJournalIsLeftOnceALogFileSaysTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		said := wait(t.Context(), t, func() discover.Journal {
			if looks++; looks < 10 {
				return empty
			}
			return discover.Journal{Why: "not read: there is a log file, /var/log/ollama.log"}
		})
		if looks != 10 || strings.Count(said, "/var/log/ollama.log") != 1 {
			t.Errorf("%d looks, said %q", looks, said)
		}
	})
}
