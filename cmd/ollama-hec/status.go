package main

import (
	"context"
	"encoding/json"
	"errors"
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
	"ollama-hec/cmd/internal/sources"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/hec/deadletter"
	"ollama-hec/hec/scs"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
)

func newStatus(std streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "show how far a running or stopped shipper is, from its state directory",
		Long: "status shows files, positions, lag and since when the oldest line waits, when something was last delivered, dead\n" +
			"letters, and what is captured, as the state directory has them. Checkpoints are written within a quarter of a second.",
		Example: "  ollama-hec status\n  ollama-hec status --json    # ends with 1 where no shipper runs",
		Args:    noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			dir, err := usedState(s)
			if err != nil {
				return err
			}
			st, err := stateOf(cmd.Context(), s, dir)
			if err != nil {
				return err
			}
			if !asJSON {
				return st.text(std.out)
			}
			if err := st.json(std.out); err != nil || st.Running {
				return err
			}
			return errors.New("no shipper runs")
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, and end with 1 where no shipper runs")
	addEnvFile(cmd, true)
	addSettings(cmd, settings.Kept)
	return cmd
}

// shipperState says how far a shipper has come. Sizes are in bytes, and a time that is not known
// is left out.
type shipperState struct {
	Running     bool          `json:"running"`
	never       bool          // none has run with this state
	State       string        `json:"state"`
	Tenant      string        `json:"tenant,omitempty"`
	Address     string        `json:"address,omitempty"` // of the tenant's service
	Checkpoints time.Time     `json:"checkpoints_written,omitzero"`
	Delivery    delivery      `json:"last_delivery"`
	DeadLetters int           `json:"dead_letters"`
	Files       []fileState   `json:"files"`
	Sources     []sourceState `json:"sources"`         // that are no files
	Spool       *spoolState   `json:"spool,omitempty"` // of what is captured
}

type fileState struct {
	Path      string    `json:"path"`
	Size      int64     `json:"size"`
	Delivered int64     `json:"delivered"`
	Lag       int64     `json:"lag"`
	Gone      bool      `json:"gone"`
	Waiting   time.Time `json:"waiting_since,omitzero"`
	LastLine  time.Time `json:"last_line,omitzero"` // by its own stamp
}

type sourceState struct {
	Name     string    `json:"name"`
	LastLine time.Time `json:"last_line,omitzero"`
}

func stateOf(ctx context.Context, s *settings.Settings, dir string) (*shipperState, error) {
	captured, err := spoolOf(dir)
	if err != nil {
		return nil, err
	}
	in, err := checkpoint.Inspect(dir)
	never := errors.Is(err, checkpoint.ErrUnused) && captured != nil
	switch {
	case never: // only a process that captures has used it
		in = new(checkpoint.Inspection)
	case err != nil:
		return nil, settings.Invalid("STATE_DIR", err.Error())
	}
	files, err := file.Recorded(in.Records[file.Namespace])
	if err != nil {
		return nil, err
	}
	store, err := app.DeadLetters(dir)
	if err != nil {
		return nil, err
	}
	st := &shipperState{
		Running: in.InUse, never: never, Spool: captured, State: dir, Tenant: s.SCSTenant, Checkpoints: in.Written,
		Delivery: lastDelivery(dir, in, files), Files: []fileState{}, Sources: []sourceState{},
	}
	if err := store.Each(func(deadletter.Letter) error { st.DeadLetters++; return nil }); err != nil {
		return nil, err
	}
	if s.SCSTenant != "" {
		address, err := scs.ParseAddress(s.SCSHost)
		if err != nil {
			return nil, settings.Invalid("SCS_HOST", err.Error())
		}
		st.Address = address.API.String()
	}
	for _, f := range files {
		st.Files = append(st.Files, fileState{
			Path: f.Path, Size: f.Size, Delivered: f.Committed, Lag: f.Lag, Gone: f.Gone,
			Waiting: waitingSince(ctx, s, f), LastLine: f.Last,
		})
	}
	return st, st.others(in.Records)
}

// others adds the sources that are no files: journals.
func (st *shipperState) others(records map[string]map[string]json.RawMessage) error {
	for _, namespace := range slices.Sorted(maps.Keys(records)) {
		if namespace == file.Namespace || namespace == sources.SpoolNamespace {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(records[namespace])) {
			var at struct{ Carry input.Carry }
			if err := json.Unmarshal(records[namespace][id], &at); err != nil {
				return fmt.Errorf("checkpoint %s: %w", id, err)
			}
			source := sourceState{Name: strings.Join(append([]string{namespace}, strings.Fields(id)...), " ")}
			if at.Carry.Time > 0 {
				source.LastLine = time.Unix(0, at.Carry.Time)
			}
			st.Sources = append(st.Sources, source)
		}
	}
	return nil
}

func (st *shipperState) json(out io.Writer) error {
	enc := json.NewEncoder(terminal.NewJSON(out))
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(st)
}

func (st *shipperState) text(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	switch {
	case st.Running:
		fmt.Fprintf(w, "shipper\trunning\n")
	case st.never:
		fmt.Fprintf(w, "shipper\thas never run here: ollama-hec run ships what is captured\n")
	default:
		fmt.Fprintf(w, "shipper\tstopped\n")
	}
	fmt.Fprintf(w, "state\t%s\n", terminal.Text(st.State))
	if st.Tenant != "" {
		fmt.Fprintf(w, "destination\ttenant %s of Splunk Cloud Services at %s\n", terminal.Text(st.Tenant), st.Address)
	}
	fmt.Fprintf(w, "checkpoints\twritten %s\n", ago(st.Checkpoints))
	fmt.Fprintf(w, "last delivery\t%s\n", st.Delivery)
	fmt.Fprintf(w, "dead letters\t%d\n", st.DeadLetters)
	if len(st.Files) > 0 {
		fmt.Fprintf(w, "\nfile\tsize\tdelivered\tlag\twaiting since\tlast line\n")
	}
	for _, f := range st.Files {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", terminal.Text(f.Path), humanize.IBytes(uint64(f.Size)),
			humanize.IBytes(uint64(f.Delivered)), f.lag(), since(f.Waiting), f.lastLine())
	}
	if len(st.Sources) > 0 {
		fmt.Fprintf(w, "\nsource\tlast line\n")
	}
	for _, source := range st.Sources {
		fmt.Fprintf(w, "%s\t%s\n", terminal.Text(source.Name), since(source.LastLine))
	}
	st.Spool.text(w)
	return w.Flush()
}

func (f fileState) lag() string {
	if f.Gone {
		return "gone"
	}
	return humanize.IBytes(uint64(f.Lag))
}

// lastLine returns the age of the last line delivered, by its own time stamp; -: no line
// had one.
func (f fileState) lastLine() string {
	if f.LastLine.IsZero() && f.Delivered > 0 {
		return "-"
	}
	return ago(f.LastLine)
}

// since returns for people how long ago t was; -: it is not known.
func since(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return ago(t)
}

// ago returns for people how long ago t was.
func ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return humanize.Time(t)
}
