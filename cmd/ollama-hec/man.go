package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/version"
)

func newMan(std streams) *cobra.Command {
	return &cobra.Command{
		Use:    "man",
		Short:  "print the manual page, which the packages install",
		Hidden: true,
		Args:   noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			_, err := io.WriteString(std.out, manual(cmd.Root()))
			return err
		}),
	}
}

// manual returns the manual page in roff: the help of all commands on one page.
func manual(root *cobra.Command) string {
	var p page
	p.line(`.TH OLLAMA-HEC 8 "" "ollama-hec %s"`, version.Version)
	p.line(".nh\n.ad l") // names and flags stay whole
	p.line(".SH NAME")
	p.line(`ollama-hec \- %s`, roff(root.Short))
	p.line(".SH SYNOPSIS")
	p.line(".B ollama-hec")
	p.line(".I command")
	p.line("[flags]")
	p.line(".SH DESCRIPTION")
	p.text(root.Long)
	p.line(".SH COMMANDS")
	p.commands(root)
	p.line(".SH SETTINGS")
	p.text("Each is a variable of the environment, and but for the token a flag, which overrides.")
	for _, r := range settings.All() {
		p.line(".TP")
		names, value := r.Env, ""
		if r.Flag != "" {
			names += ", --" + r.Flag
		}
		if r.Default != "" {
			value = " (default " + r.Default + ")"
		}
		p.line(".B %s", roff(names))
		p.text(r.Desc + value)
	}
	p.line(".SH FILES")
	for _, f := range [][2]string{
		{"/etc/ollama-hec/ollama-hec.env", "settings of the service, from the package"},
		{"/etc/ollama-hec/prompts.env", "settings on prompts and secrets, of the service and of the one that captures"},
		{"/etc/ollama-hec/capture.env", "settings of the service that captures"},
		{"/etc/ollama-hec/token", "the HEC token, read again when it changes"},
		{"/var/lib/ollama-hec", "checkpoints and dead letters"},
		{"/var/lib/ollama-hec/capture", "what was captured and is not yet delivered"},
	} {
		p.line(".TP")
		p.line(".I %s", roff(f[0]))
		p.text(f[1])
	}
	p.line(".SH EXIT STATUS")
	p.text(
		fmt.Sprintf(
			"%d: done. %d: failed while running. %d: bad usage or settings; the message says which.",
			exitDone,
			exitFailed,
			exitUsage,
		),
	)
	return p.String()
}

// page is a manual page being written.
type page struct{ strings.Builder }

// line writes a line of roff.
func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

// text writes paragraphs.
func (p *page) text(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.line(".PP")
		}
		p.line("%s", roff(paragraph))
	}
}

// commands writes the commands below cmd that can be run, each with the flags that are no
// settings.
func (p *page) commands(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		if c.Hidden || !c.IsAvailableCommand() {
			continue
		}
		if c.Runnable() {
			p.line(".SS %s", roff(strings.TrimSuffix(c.UseLine(), " [flags]")))
			p.text(cmp.Or(c.Long, c.Short))
			p.flags(c)
		}
		if c.Example != "" {
			p.line(".PP")
			p.line(".EX")
			p.line("%s", roff(c.Example))
			p.line(".EE")
		}
		p.commands(c)
	}
}

func (p *page) flags(c *cobra.Command) {
	known := map[string]bool{"help": true}
	if c.LocalFlags().Lookup("batch-delay") != nil {
		for _, r := range settings.All() {
			known[r.Flag] = true
		}
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if known[f.Name] || f.Hidden {
			return
		}
		p.line(".TP")
		p.line(".B %s", roff("--"+f.Name))
		p.text(f.Usage)
	})
}

// roff escapes text, so that no line of it is taken for a request of roff.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", `\[u2026]`, "→", `\[u2192]`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
