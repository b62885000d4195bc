package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

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
	var output string
	cmd := &cobra.Command{
		Use:   "report FILE…",
		Short: "say what the detections find in files, as a page, and send nothing",
		Long: "report says what the add-on's detections find in the events that files would become, and sends them nowhere.\n" +
			"It runs the searches themselves, in a model of Splunk of its own, without a schedule and over all times.\n" +
			"It writes a page that needs no other file and runs no script: the dashboard's panels, and what each\n" +
			"detection found, with the lines it rests on. It holds prompts, so only its owner may read it.\n" +
			"With --json it prints one object instead: events, the number of them by sourcetype, and detections, the\n" +
			"result rows of each by its name. - is stdin; what ends in .gz is unpacked. A file of the\n" +
			"spool that capture writes is read as such; a request that is in a log and in the spool counts twice.",
		Example: "  ollama-hec report /var/log/ollama/ollama.log -o - > page.html\n" +
			"  ollama-hec report /var/log/ollama/ollama.log --json",
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
			if err := overwrites(output, files); err != nil {
				return err
			}
			page := !asJSON || cmd.Flags().Changed("output")
			r, err := reportOn(cmd.Context(), s, logs, page, std)
			if err != nil {
				return err
			}
			if asJSON {
				if err := r.WriteJSON(terminal.NewJSON(std.out)); err != nil {
					return fmt.Errorf("write the report: %w", err)
				}
			}
			if page {
				return writePage(r, output, std)
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the report to stdout as one JSON object")
	cmd.Flags().StringVarP(&output, "output", "o", "report.html", "file to write the page to; - is stdout")
	addSettings(cmd, settings.Text, settings.Prompting, settings.Logs)
	return cmd
}

// overwrites is the error of an output that is one of the files to read.
func overwrites(output string, files []string) error {
	out, err := os.Stat(output)
	if err != nil {
		return nil // it is not there
	}
	for _, name := range files {
		if in, err := os.Stat(name); err == nil && os.SameFile(in, out) {
			return &settings.Error{
				Setting: "--output",
				Problem: fmt.Sprintf("got %q, which is a file to read and would be overwritten; name another", output),
			}
		}
	}
	return nil
}

// writePage writes the page to a file that is there as a whole or not at all, and names it.
func writePage(r *report.Report, path string, std streams) error {
	if path == "-" {
		if err := r.WritePage(std.out); err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".report-*") // of mode 600
	if err != nil {
		return fmt.Errorf("write the report: %w · hint: name a place that can be written to with -o", err)
	}
	err = r.WritePage(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write the report: %w", err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(fmt.Errorf("write the report: %w", err), os.Remove(f.Name()))
	}
	_, err = fmt.Fprintf(std.err, "the report is in %s: open it in a browser\n", terminal.Text(path))
	return err
}

// reportOn reads logs into a report, and warns of what is strange about them.
func reportOn(
	ctx context.Context, s *settings.Settings, logs []namedLog, page bool, std streams,
) (*report.Report, error) {
	host, err := s.HostName()
	if err != nil {
		return nil, err
	}
	kinds := sourcetypes.OfLogs
	if slices.ContainsFunc(logs, namedLog.spooled) {
		kinds = sourcetypes.Sourcetypes
	}
	rep := newReportOf(kinds, page)
	for _, l := range logs {
		of := hec.Origin{Host: host, Always: s.Host != "", Source: l.source, Index: s.Index}
		ctx, stop := context.WithCancelCause(ctx)
		add := func(ev *sourcetypes.Event) {
			if err := rep.Add(stored(of, ev)); err != nil {
				stop(err)
			}
		}
		var odd []string
		var err error
		if l.spooled() {
			_, err = l.readSpooled(ctx, s, add)
		} else {
			var got *read
			if got, err = l.read(ctx, s, std.in, add); err == nil {
				odd = warnings(s, l.source, got.lines, got.norm)
			}
		}
		if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) {
			err = cause
		}
		stop(nil)
		if err != nil {
			return nil, err
		}
		if err := warn(std.err, odd); err != nil {
			return nil, err
		}
	}
	return rep, nil
}

// newReportOf returns an empty report of the sourcetypes before kinds, with or without what a page takes.
func newReportOf(kinds sourcetypes.Sourcetype, page bool) *report.Report {
	var names []string
	for st := range kinds {
		names = append(names, st.String())
	}
	if page {
		return report.NewPage(names...)
	}
	return report.New(names...)
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
