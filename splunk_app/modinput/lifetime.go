package modinput

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// ErrOrphaned is the cause of a stop because the process that started this one is gone.
var ErrOrphaned = errors.New("splunkd is gone")

// watchEvery is the interval at which the parent is looked for.
const watchEvery = time.Second

// Lifetime returns a context that ends when the input is to stop: on SIGTERM, on
// os.Interrupt (CTRL_BREAK on Windows), or with [ErrOrphaned]. From then on
// a second signal ends the process at once. It also makes a write to
// a splunkd that is gone an error instead of a silent death, so that what was
// delivered can still be written down. It is called once, at the start of main;
// the function it returns ends the context.
func Lifetime(ctx context.Context) (context.Context, context.CancelFunc) {
	ignoreBrokenPipe()
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	orphaned := WatchParent(ctx, watchEvery)
	go func() {
		var cause error
		select {
		case s := <-signals:
			cause = fmt.Errorf("told to stop: %s", s)
		case <-orphaned:
			cause = ErrOrphaned
		case <-ctx.Done():
		}
		signal.Stop(signals) // before anybody can know of the first
		cancel(cause)
	}()
	return ctx, func() { cancel(context.Canceled) }
}
