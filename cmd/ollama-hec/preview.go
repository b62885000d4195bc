package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/input/stdin"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

func newPreview(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "preview FILE…",
		Short: "print the events that files would become, and send nothing",
		Long: "preview prints the events that files would become to stdout, as HEC JSON lines, and sends them nowhere.\n" +
			"They are as run would send them. A summary goes to stderr: bytes by sourcetype, and what was redacted, as counts.\n" +
			"- is stdin; what ends in .gz is unpacked.",
		Args: cobra.MinimumNArgs(1),
		RunE: asFailure(func(cmd *cobra.Command, files []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			host, err := s.HostName()
			if err != nil {
				return err
			}
			logs, err := namedLogs(files)
			if err != nil {
				return err
			}
			p := &preview{settings: s, host: host, out: bufio.NewWriterSize(std.out, 64<<10)}
			for _, l := range logs {
				if err := p.log(cmd.Context(), l, std); err != nil {
					return err
				}
			}
			if err := p.out.Flush(); err != nil {
				return fmt.Errorf("write the events: %w", err)
			}
			return p.summary(std.err)
		}),
	}
	addSettings(cmd, settings.Text, settings.Prompting, settings.Logs)
	return cmd
}

// preview prints the events of files, and counts them.
type preview struct {
	settings *settings.Settings
	host     string
	out      *bufio.Writer
	err      error // the first failed write

	count       batch.Count
	counts      sourcetypes.Counts
	removed     []removed
	warnings    []string
	first, last int64 // time of the earliest and the latest event, in nanoseconds since 1970
}

func (p *preview) log(ctx context.Context, l namedLog, std streams) error {
	enc := hec.NewEnvelope(hec.Origin{
		Host: p.host, Always: p.settings.Host != "", Source: l.source, Index: p.settings.Index, Fields: l.fields,
	})
	read, err := l.read(ctx, p.settings, std.in, p.printer(enc))
	if read != nil {
		p.counts.Add(read.norm.Counts())
		p.remark(l.source, read.lines, read.norm)
	}
	if p.err != nil {
		return fmt.Errorf("write the events: %w", p.err)
	}
	return err
}

// removed is the framing that was removed from the lines of a file.
type removed struct {
	source, what string
	lines        int64
}

// remark notes what people should know of a file besides its events.
func (p *preview) remark(source string, lines *stdin.Source, norm *sourcetypes.Normalizer) {
	if what, n := lines.Removed(); what != "" {
		p.removed = append(p.removed, removed{source, what, n.Lines})
	}
	p.warnings = append(p.warnings, warnings(source, norm)...)
}

// warnings are what people should be warned of a file.
func warnings(source string, norm *sourcetypes.Normalizer) (list []string) {
	if rec := norm.Recognition(); rec.None() {
		what, hint := recognition.Words(rec)
		list = append(list, fmt.Sprintf("warning: %s: %s\n  → %s", source, what, hint))
	}
	return list
}

// printer returns a function that prints and counts the events of one file.
func (p *preview) printer(enc *hec.Envelope) func(*sourcetypes.Event) {
	var line []byte
	return func(ev *sourcetypes.Event) {
		line = append(enc.Append(line[:0], ev), '\n')
		p.count.Events[ev.Sourcetype]++
		p.count.Bytes[ev.Sourcetype] += int64(len(ev.Body))
		if p.first == 0 || ev.Time.Nanos < p.first {
			p.first = ev.Time.Nanos
		}
		p.last = max(p.last, ev.Time.Nanos)
		if _, err := p.out.Write(line); err != nil && p.err == nil {
			p.err = err
		}
	}
}

// perDay returns the bytes of a day, for people, at the rate of the events' own times.
func (p *preview) perDay(bytes int64) string {
	const least = 60 // seconds; less says nothing about a day
	span := float64(p.last-p.first) / 1e9
	if span < least {
		return "?"
	}
	return humanize.IBytes(uint64(float64(bytes) * 86400 / span))
}

// summary prints counts, never text. Licence volume, the bytes a day that Splunk charges
// for, counts the events themselves, without host, source and the like.
func (p *preview) summary(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "lines read\t%s\n", humanize.Comma(p.counts.Lines))
	if p.counts.Omitted > 0 {
		fmt.Fprintf(t, "left out\t%s\tlines of other programs\n", humanize.Comma(p.counts.Omitted))
	}
	for _, r := range p.removed {
		fmt.Fprintf(t, "removed from\t%s\t%s\tin %s\n", humanize.Comma(r.lines), r.what, r.source)
	}
	fmt.Fprintf(t, "\nsourcetype\tevents\tlicence\ta day\n")
	for st := range sourcetypes.OfLogs {
		bytes := p.count.Bytes[st]
		fmt.Fprintf(
			t,
			"%s\t%s\t%s\t%s\n",
			st,
			humanize.Comma(p.count.Events[st]),
			humanize.IBytes(uint64(bytes)),
			p.perDay(bytes),
		)
	}
	for class, n := range p.counts.ByClass {
		if class == 0 {
			fmt.Fprintf(t, "\nollama:server by class\tevents\n")
		}
		fmt.Fprintf(t, "%s\t%s\n", class, humanize.Comma(n))
	}
	fmt.Fprintf(t, "\nredacted\ttimes\n")
	for kind, n := range p.counts.ByKind {
		if n > 0 {
			fmt.Fprintf(t, "%s\t%s\n", kind, humanize.Comma(n))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, warning := range p.warnings {
		if _, err := fmt.Fprintln(w, warning); err != nil {
			return err
		}
	}
	return nil
}
