package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/shipper"
	"ollama-hec/hec/deadletter"
	"ollama-hec/sourcetypes/batch"
)

func newDeadLetter(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead-letter",
		Short: "look at the events that Splunk rejected, send them again, or drop them",
		Long: "Events that no endpoint takes, such as one that is too large, are kept in STATE_DIR/dead-letter with the reason.\n" +
			"These commands may be used while a shipper runs.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(
		onLetters("list", "print the dead letters, one JSON object a line", func(_ *cobra.Command, _ *settings.Settings, s *deadletter.Store) error {
			return list(s, std.out)
		}),
		onLetters("replay", "send the dead letters again; what is rejected again stays one", func(cmd *cobra.Command, set *settings.Settings, s *deadletter.Store) error {
			return replay(cmd.Context(), set, s, std)
		}),
		onLetters("drop", "delete the dead letters", func(_ *cobra.Command, _ *settings.Settings, s *deadletter.Store) error {
			dropped := 0
			err := s.Drain(func(ls []deadletter.Letter) error { dropped += len(ls); return nil })
			fmt.Fprintf(std.err, "%d dead letters dropped\n", dropped)
			return err
		}),
	)
	return cmd
}

// onLetters is a command on the store of the state directory.
func onLetters(use, short string, f func(*cobra.Command, *settings.Settings, *deadletter.Store) error) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: ran(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			state, err := s.State()
			if err != nil {
				return err
			}
			return f(cmd, s, deadletter.Open(filepath.Join(state, "dead-letter")))
		}),
	}
	settings.AddFlags(cmd.Flags())
	return cmd
}

func list(s *deadletter.Store, out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	return s.Each(func(l deadletter.Letter) error { return enc.Encode(l) })
}

// replay sends the letters file by file. What is rejected again is buried again,
// so a file may go once its letters are answered.
func replay(ctx context.Context, set *settings.Settings, s *deadletter.Store, std streams) error {
	log, flush := newLog(std.err, set.LogFormat)
	defer flush()
	out, err := shipper.Collector(set, shipper.Delivery{FailFast: true, Log: log})
	if err != nil {
		return err
	}
	defer out.Client.Close()
	sent := 0
	err = s.Drain(func(letters []deadletter.Letter) error {
		builder := batch.NewBuilder(batch.Limits{Bytes: int(set.BatchBytes), Events: int(set.BatchEvents)}, true)
		send := func() error { return deliver(ctx, out, builder.Take(), time.Duration(set.DrainTimeout)) }
		for _, l := range letters {
			if !whole(l.Event) {
				continue // half a line left by a crash: its event was sent again then
			}
			builder.AddEncoded(l.Event)
			sent++
			if !builder.Full() {
				continue
			}
			if err := send(); err != nil {
				return err
			}
		}
		if builder.Len() == 0 {
			return nil
		}
		return send()
	})
	st := out.Client.Stats()
	fmt.Fprintf(std.err, "%d dead letters sent again, %d of them rejected again\n", sent, st.DeadLetters)
	return err
}

// whole reports whether an event is an object, as every event sent was.
func whole(event json.RawMessage) bool { return len(event) > 0 && event[0] == '{' }

// deliver gives a batch up only when ctx ends, and then lets the POST in flight finish.
func deliver(ctx context.Context, out shipper.Output, b *batch.Batch, drain time.Duration) error {
	delivering, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drain, func() { abort(errors.New("stopped")) }) })()
	return out.Sink.Deliver(delivering, b)
}
