package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/destination"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/sourcetypes/batch"
)

func newDeadLetter(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "dead-letter",
		Short: "look at the events that Splunk rejected, send them again, or drop them",
		Long: "Dead letters are events that Splunk rejects for good, such as one that is too large. They are kept in\n" +
			"STATE_DIR/dead-letter with the reason.\n" +
			"These commands may be used while a shipper runs.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(
		onLetters(
			"list",
			"print the dead letters, one JSON object a line",
			func(_ *cobra.Command, _ *settings.Settings, s *deadletter.Store) error {
				return list(s, std.out)
			},
			settings.Kept,
		),
		onLetters(
			"replay",
			"send the dead letters again, under today's PROMPTS and REDACT; what is rejected again stays one",
			func(cmd *cobra.Command, set *settings.Settings, s *deadletter.Store) error {
				return replay(cmd.Context(), set, s, std)
			},
			settings.Destination, settings.Services, settings.Prompting, settings.Kept,
		),
		onLetters("drop", "delete the dead letters", func(_ *cobra.Command, _ *settings.Settings, s *deadletter.Store) error {
			dropped, err := s.Drop()
			fmt.Fprintf(std.err, "%d dead letters dropped\n", dropped)
			return err
		}, settings.Kept),
	)
	return cmd
}

// onLetters returns a command that works on the dead letters of the state directory.
func onLetters(
	use, short string, f func(*cobra.Command, *settings.Settings, *deadletter.Store) error, shown ...settings.Topic,
) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: short, Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			state, err := usedState(s)
			if err != nil {
				return err
			}
			letters, err := app.DeadLetters(state)
			if err != nil {
				return err
			}
			return f(cmd, s, letters)
		}),
	}
	addSettings(cmd, shown...)
	addEnvFile(cmd, true)
	return cmd
}

func list(s *deadletter.Store, out io.Writer) error {
	enc := json.NewEncoder(terminal.NewJSON(out))
	enc.SetEscapeHTML(false)
	return s.Each(func(l deadletter.Letter) error { return enc.Encode(l) })
}

// replay sends the dead letters again. A letter is removed once it is accepted. It stays if
// it is rejected again, or if replay ends before it was sent.
func replay(ctx context.Context, set *settings.Settings, s *deadletter.Store, std streams) error {
	log, flush := newLog(std.err, set)
	defer flush()
	out, err := destination.Open(set, app.Delivery{FailFast: true, Log: log})
	if err != nil {
		return err
	}
	defer out.Remote.Close()
	r := replayer{
		client:  out.Remote,
		adopt:   out.Adopt,
		builder: batch.NewBuilder(out.BatchLimits(set), out.Gzip && set.GzipLevel != 0),
		drain:   time.Duration(set.DrainTimeout),
		censor:  newCensor(set.Normalize()),
	}
	err = s.Drain(func(letters []deadletter.Letter) ([]deadletter.Letter, error) { return r.replay(ctx, letters) })
	fmt.Fprintf(std.err, "%d dead letters sent again, %d of them rejected again\n", r.sent, r.rejected)
	if r.dropped > 0 {
		fmt.Fprintf(std.err, "%d dead letters dropped: they are prompts, and PROMPTS=off\n", r.dropped)
	}
	return err
}

// replayer sends dead letters, one file of them after the other.
type replayer struct {
	client            app.Remote
	adopt             func([]byte) ([]byte, error) // converts into the form of the destination; nil: that of HEC
	builder           *batch.Builder
	drain             time.Duration
	censor            *censor
	sent              int
	rejected, dropped int
}

// replay sends letters and returns those that are to stay.
func (r *replayer) replay(ctx context.Context, letters []deadletter.Letter) (left []deadletter.Letter, err error) {
	// A crash can leave half a line. Its event was not committed and was sent again.
	letters = slices.DeleteFunc(letters, func(l deadletter.Letter) bool { return !whole(l.Event) })
	for len(letters) > 0 && err == nil {
		b, sent, rest, stay := r.next(letters)
		left, letters = append(left, stay...), rest
		if b.Len() == 0 {
			continue
		}
		again := map[int]deadletter.Letter{}
		settled := 0
		if ctx.Err() != nil {
			err = errors.New("stopped: the dead letters not sent yet stay")
		} else {
			settled, err = r.deliver(ctx, b, func(i int, l hec.DeadLetter) {
				l.Event = slices.Clone(l.Event)
				again[i] = deadletter.Of(l)
			})
		}
		for i := range settled {
			if l, rejected := again[i]; rejected {
				left = append(left, l)
				r.rejected++
			}
		}
		r.sent += settled
		left = append(left, sent[settled:]...)
	}
	return append(left, letters...), err
}

// next builds a batch of the first letters: sent are those in it, rest those after it. A
// letter that may no longer be sent is dropped, one that cannot be read stays.
func (r *replayer) next(letters []deadletter.Letter) (b *batch.Batch, sent, rest, stay []deadletter.Letter) {
	for rest = letters; len(rest) > 0 && !r.builder.Full(); rest = rest[1:] {
		switch event, err := r.form(rest[0].Event); {
		case err == nil:
			r.builder.AddEncoded(event)
			sent = append(sent, rest[0])
		case errors.Is(err, errPrompt):
			r.dropped++
		default:
			stay = append(stay, rest[0])
		}
	}
	return r.builder.Take(), sent, rest, stay
}

// form returns an event as it may be sent, in the form that the destination takes.
func (r *replayer) form(event json.RawMessage) (json.RawMessage, error) {
	event, err := r.censor.apply(event)
	if err != nil || r.adopt == nil {
		return event, err
	}
	return r.adopt(event)
}

// whole reports whether an event is an object, as every event sent was.
func whole(event json.RawMessage) bool { return len(event) > 0 && event[0] == '{' }

// deliver sends a batch until it is settled. When ctx ends it waits for the POST in flight,
// for at most drain.
func (r *replayer) deliver(
	ctx context.Context,
	b *batch.Batch,
	refused func(int, hec.DeadLetter),
) (settled int, err error) {
	delivering, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	defer context.AfterFunc(ctx, func() { time.AfterFunc(r.drain, func() { abort(errors.New("stopped")) }) })()
	return r.client.Redeliver(delivering, b, refused)
}
