package main

import (
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
)

func newStatus(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show how far a running or stopped shipper is, from its state directory",
		Long: "status shows files, positions and lag, when something was last delivered, and dead letters, as the state\n" +
			"directory has them. Checkpoints are written about once a second.",
		Args: cobra.NoArgs,
		RunE: ran(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			dir, err := s.State()
			if err != nil {
				return err
			}
			return status(dir, std.out)
		}),
	}
	settings.AddFlags(cmd.Flags())
	return cmd
}

func status(dir string, out io.Writer) error {
	in, err := checkpoint.Inspect(dir)
	if err != nil {
		return settings.Wrong("STATE_DIR", err.Error())
	}
	files, err := file.Recorded(in.Records[file.Namespace])
	if err != nil {
		return err
	}
	letters := 0
	if err := deadletter.Open(filepath.Join(dir, "dead-letter")).Each(func(deadletter.Letter) error { letters++; return nil }); err != nil {
		return err
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "shipper\t%s\n", map[bool]string{true: "running", false: "stopped"}[in.InUse])
	fmt.Fprintf(w, "state\t%s\n", dir)
	fmt.Fprintf(w, "last delivery\t%s\n", ago(in.Written))
	fmt.Fprintf(w, "dead letters\t%d\n", letters)
	if len(files) > 0 {
		fmt.Fprintf(w, "\nfile\tsize\tdelivered\tlag\tlast line\n")
	}
	for _, f := range files {
		lag := humanize.IBytes(uint64(f.Lag))
		if f.Gone {
			lag = "gone"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Path, humanize.IBytes(uint64(f.Size)), humanize.IBytes(uint64(f.Committed)), lag, ago(f.Last))
	}
	return w.Flush()
}

func ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return humanize.Time(t)
}
