package modinput

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// ErrOrphaned is the cause when the process that started this one is gone.
var ErrOrphaned = errors.New("splunkd is gone")

// watchEvery is how often the parent is looked for.
const watchEvery = time.Second

// Lifetime returns a context that ends when the input is to stop: on SIGTERM, on
// os.Interrupt (CTRL_BREAK on Windows), or with [ErrOrphaned]. From then on
// a second signal ends the process at once. It also makes a write to
// a splunkd that is gone an error instead of a silent death, so that what was
// delivered can still be written down. It is called once, at the start of main.
func Lifetime(ctx context.Context) (context.Context, context.CancelFunc) {
	ignoreBrokenPipe()
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	orphaned := WatchParent(ctx, watchEvery)
	go func() {
		select {
		case <-orphaned:
			cancel(ErrOrphaned)
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}
