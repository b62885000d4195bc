package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/hec/deadletter"
	"ollama-hec/hec/scs"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
)

func newStatus(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show how far a running or stopped shipper is, from its state directory",
		Long: "status shows files, positions, lag and since when the oldest line waits, when something was last delivered, and\n" +
			"dead letters, as the state directory has them. Checkpoints are written within a quarter of a second.",
		Args: cobra.NoArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			dir, err := s.State()
			if err != nil {
				return err
			}
			return status(cmd.Context(), s, dir, std.out)
		}),
	}
	addEnvFile(cmd, true)
	settings.AddFlags(cmd.Flags())
	return cmd
}

func status(ctx context.Context, s *settings.Settings, dir string, out io.Writer) error {
	in, err := checkpoint.Inspect(dir)
	if err != nil {
		return settings.Invalid("STATE_DIR", err.Error())
	}
	files, err := file.Recorded(in.Records[file.Namespace])
	if err != nil {
		return err
	}
	store, err := app.DeadLetters(dir)
	if err != nil {
		return err
	}
	letters := 0
	if err := store.Each(func(deadletter.Letter) error { letters++; return nil }); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "shipper\t%s\n", map[bool]string{true: "running", false: "stopped"}[in.InUse])
	fmt.Fprintf(w, "state\t%s\n", terminal.Text(dir))
	if s.SCSTenant != "" {
		address, err := scs.ParseAddress(s.SCSHost)
		if err != nil {
			return settings.Invalid("SCS_HOST", err.Error())
		}
		fmt.Fprintf(w, "destination\ttenant %s of Splunk Cloud Services at %s\n", terminal.Text(s.SCSTenant), address.API)
	}
	fmt.Fprintf(w, "checkpoints\twritten %s\n", ago(in.Written))
	fmt.Fprintf(w, "last delivery\t%s\n", lastDelivery(dir, in, files))
	fmt.Fprintf(w, "dead letters\t%d\n", letters)
	if len(files) > 0 {
		fmt.Fprintf(w, "\nfile\tsize\tdelivered\tlag\twaiting since\tlast line\n")
	}
	for _, f := range files {
		lag := humanize.IBytes(uint64(f.Lag))
		if f.Gone {
			lag = "gone"
		}
		waiting := "-"
		if since := waitingSince(ctx, s, f); !since.IsZero() {
			waiting = ago(since)
		}
		fmt.Fprintf(
			w,
			"%s\t%s\t%s\t%s\t%s\t%s\n",
			terminal.Text(f.Path),
			humanize.IBytes(uint64(f.Size)),
			humanize.IBytes(uint64(f.Committed)),
			lag,
			waiting,
			lastLine(f),
		)
	}
	if err := others(w, in.Records); err != nil {
		return err
	}
	return w.Flush()
}

// others prints the sources that are no files: journals.
func others(w io.Writer, records map[string]map[string]json.RawMessage) error {
	title := "\nsource\tlast line\n"
	for _, namespace := range slices.Sorted(maps.Keys(records)) {
		if namespace == file.Namespace {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(records[namespace])) {
			var at struct{ Carry input.Carry }
			if err := json.Unmarshal(records[namespace][id], &at); err != nil {
				return fmt.Errorf("checkpoint %s: %w", id, err)
			}
			last := "-"
			if at.Carry.Time > 0 {
				last = ago(time.Unix(0, at.Carry.Time))
			}
			fmt.Fprintf(
				w,
				"%s%s\t%s\n",
				title,
				terminal.Text(strings.Join(append([]string{namespace}, strings.Fields(id)...), " ")),
				last,
			)
			title = ""
		}
	}
	return nil
}

// lastLine returns the age of the last line delivered, by its own time stamp; -: no line
// had one.
func lastLine(f file.RecordedFile) string {
	if f.Last.IsZero() && f.Committed > 0 {
		return "-"
	}
	return ago(f.Last)
}

// ago returns for people how long ago t was.
func ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return humanize.Time(t)
}
