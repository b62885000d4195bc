package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/hec"
	"ollama-hec/sourcetypes"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/report"
)

func newReport(std streams) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "report FILE…",
		Short: "say what the detections find in files, and send nothing",
		Long: "report says what the add-on's detections find in the events that files would become, and sends them nowhere.\n" +
			"It runs the searches themselves, in a model of Splunk of its own, without a schedule and over all times.\n" +
			"With --json it prints one object: events, the number of them by sourcetype, and detections, the result rows\n" +
			"of each by its name. - is stdin; what ends in .gz is unpacked.",
		Args: cobra.MinimumNArgs(1),
		RunE: asFailure(func(cmd *cobra.Command, files []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			logs, err := namedLogs(files)
			if err != nil {
				return err
			}
			r, err := reportOn(cmd.Context(), s, logs, std)
			if err != nil {
				return err
			}
			if err := r.WriteJSON(terminal.NewJSON(std.out)); err != nil {
				return fmt.Errorf("write the report: %w", err)
			}
			return nil
		}),
	}
	settings.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report to stdout as one JSON object")
	cmd.MarkFlagsOneRequired("json")
	return cmd
}

// reportOn reads logs into a report, and warns of what is strange about them.
func reportOn(ctx context.Context, s *settings.Settings, logs []namedLog, std streams) (*report.Report, error) {
	host, err := s.HostName()
	if err != nil {
		return nil, err
	}
	var names []string
	for st := range sourcetypes.OfLogs {
		names = append(names, st.String())
	}
	rep := report.New(names...)
	for _, l := range logs {
		of := hec.Origin{Host: host, Always: s.Host != "", Source: l.source, Index: s.Index}
		ctx, stop := context.WithCancelCause(ctx)
		got, err := l.read(ctx, s, std.in, func(ev *sourcetypes.Event) {
			if err := rep.Add(stored(of, ev)); err != nil {
				stop(err)
			}
		})
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			err = cause
		}
		stop(nil)
		if err != nil {
			return nil, err
		}
		if err := warn(std.err, warnings(l.source, got.lines, got.norm)); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

func warn(w io.Writer, list []string) error {
	for _, warning := range list {
		if _, err := fmt.Fprintln(w, terminal.Lines(warning)); err != nil {
			return err
		}
	}
	return nil
}

// stored is an event as Splunk would store it.
func stored(of hec.Origin, ev *sourcetypes.Event) detections.Event {
	of = of.At(ev.Host, ev.Program)
	return detections.Event{
		Sourcetype: ev.Sourcetype.String(), Source: of.Source, Host: of.Host, Index: of.Index,
		Time: string(ev.Time.Append(nil)), Raw: string(ev.Body),
	}
}
