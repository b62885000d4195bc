package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"text/tabwriter"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/hec"
	"ollama-hec/input/spool"
	"ollama-hec/input/stdin"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

func newPreview(std streams) *cobra.Command {
	var follow bool
	cmd := &cobra.Command{
		Use:   "preview FILE…",
		Short: "print the events that files would become, and send nothing",
		Long: "preview prints the events that files would become to stdout, as HEC JSON lines, and sends them nowhere.\n" +
			"They are as run would send them. A summary goes to stderr: bytes by sourcetype, and what was redacted, as counts.\n" +
			"- is stdin; what ends in .gz is unpacked. A file of the spool that capture writes is read as such.\n" +
			"With --follow it goes on with what is written to the files, through rotation, until Ctrl-C.",
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
			if follow {
				err = p.follow(cmd.Context(), logs)
			} else {
				err = p.all(cmd.Context(), logs, std.in)
			}
			if err != nil {
				return err
			}
			if err := p.out.Flush(); err != nil {
				return fmt.Errorf("write the events: %w", err)
			}
			return p.summary(std.err)
		}),
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what is written to the files, until Ctrl-C")
	addSettings(cmd, settings.Text, settings.Prompting, settings.Logs)
	return cmd
}

// preview prints the events of files, and counts them.
type preview struct {
	settings *settings.Settings
	host     string
	out      *bufio.Writer
	err      error // the first failed write

	emitted     batch.Count
	counts      sourcetypes.Counts
	removed     []removed
	warnings    []string
	first, last int64 // the earliest and the latest time that a stamp tells, in nanoseconds since 1970
}

// all prints the events of logs, one log after the other.
func (p *preview) all(ctx context.Context, logs []namedLog, stdin io.Reader) error {
	for _, l := range logs {
		if l.spooled() {
			lines, err := l.readSpooled(ctx, p.settings, p.printer(l))
			p.counts.Lines += lines
			if err := errors.Join(p.written(), err); err != nil {
				return err
			}
			continue
		}
		read, err := l.read(ctx, p.settings, stdin, p.printer(l))
		p.count(l, read)
		if err := errors.Join(p.written(), err); err != nil {
			return err
		}
	}
	return nil
}

// count adds what was read of a log, if anything was.
func (p *preview) count(l namedLog, read *read) {
	if read != nil {
		p.counts.Add(read.norm.Counts())
		p.remark(l.source, read.lines, read.norm)
	}
}

// written returns the first failed write as an error for people.
func (p *preview) written() error {
	if p.err == nil {
		return nil
	}
	return fmt.Errorf("write the events: %w", p.err)
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
	p.warnings = append(p.warnings, warnings(p.settings, source, lines, norm)...)
}

// warnings are what people should be warned of a file.
func warnings(s *settings.Settings, source string, lines *stdin.Source, norm *sourcetypes.Normalizer) (list []string) {
	warn := func(what, hint string) {
		hint = settings.RenameIn(hint, s.Called)
		list = append(list, fmt.Sprintf("warning: %s: %s\n  → %s", terminal.Text(source), what, hint))
	}
	counts := norm.Counts()
	switch rec := norm.Recognition(); {
	case binary(counts):
		warn(fmt.Sprintf("this is not text: %s of %s lines are not UTF-8",
			humanize.Comma(counts.Invalid), humanize.Comma(counts.Lines)),
			"name the log that ollama serve writes; what is compressed is unpacked first, unless its name ends in .gz")
	case rec.None():
		warn(recognition.Words(rec))
	case counts.Invalid > 0:
		warn(fmt.Sprintf("%s of %s lines are not UTF-8", humanize.Comma(counts.Invalid), humanize.Comma(counts.Lines)),
			"each byte that is not is replaced by U+FFFD: have the log written as UTF-8")
	}
	if n := lines.Cut(); n > 0 {
		warn(fmt.Sprintf("%s lines are longer than MAX_LINE_BYTES and are cut", humanize.Comma(n)),
			"a larger MAX_LINE_BYTES keeps them whole")
	}
	return list
}

// binary reports whether most of a file is not text.
func binary(c *sourcetypes.Counts) bool { return c.Invalid*2 > c.Lines }

// printer returns a function that prints and counts the events of one log.
func (p *preview) printer(l namedLog) func(*sourcetypes.Event) {
	source := l.source
	if l.spooled() {
		source = spool.WriterOf(l.source)
	}
	enc := hec.NewEnvelope(hec.Origin{
		Host: p.host, Always: p.settings.Host != "", Source: source, Index: p.settings.Index, Fields: l.fields,
		Apart: map[sourcetypes.Sourcetype]string{
			sourcetypes.Prompts: p.settings.PromptsIndex, sourcetypes.Health: p.settings.HealthIndex,
		},
	})
	var line []byte
	return func(ev *sourcetypes.Event) {
		line = append(enc.Append(line[:0], ev), '\n')
		p.emitted.Events[ev.Sourcetype]++
		p.emitted.Bytes[ev.Sourcetype] += int64(len(ev.Body))
		if !ev.Unsure {
			if p.first == 0 || ev.Time.Nanos < p.first {
				p.first = ev.Time.Nanos
			}
			p.last = max(p.last, ev.Time.Nanos)
		}
		if _, err := p.out.Write(line); err != nil && p.err == nil {
			p.err = err
		}
	}
}

// leastSpan is how long the stamps must span, in seconds: less says nothing about a day.
const leastSpan = 60

// span is what the stamps span, in seconds.
func (p *preview) span() float64 { return float64(p.last-p.first) / 1e9 }

// perDay returns the bytes of a day, for people, at the rate that their stamps tell.
func (p *preview) perDay(bytes int64) string {
	if p.span() < leastSpan {
		return "?"
	}
	return humanize.IBytes(uint64(float64(bytes) * 86400 / p.span()))
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
	for st := range sourcetypes.Sourcetypes {
		bytes := p.emitted.Bytes[st]
		if p.emitted.Events[st] == 0 {
			continue
		}
		fmt.Fprintf(
			t,
			"%s\t%s\t%s\t%s\n",
			st,
			humanize.Comma(p.emitted.Events[st]),
			humanize.IBytes(uint64(bytes)),
			p.perDay(bytes),
		)
	}
	if p.emitted.Total() > 0 && p.span() < leastSpan {
		fmt.Fprintf(t, "? is not known: the time stamps span less than a minute\n")
	}
	counted(t, "ollama:server by class\tevents", p.counts.ByClass)
	counted(t, "redacted\ttimes", p.counts.ByKind)
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

// counted prints a table of what was counted at least once; nothing where nothing was.
func counted[T any](w io.Writer, heading string, counts iter.Seq2[T, int64]) {
	for what, n := range counts {
		if n == 0 {
			continue
		}
		if heading != "" {
			fmt.Fprintf(w, "\n%s\n", heading)
			heading = ""
		}
		fmt.Fprintf(w, "%v\t%s\n", what, humanize.Comma(n))
	}
}
