package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ollama-hec/cmd/internal/settings"
)

// addSettings defines the settings of some topics as flags of a command, and has its help
// show them by topic. Further settings are taken, and not shown: what a command does not
// need is no mistake there.
func addSettings(cmd *cobra.Command, shown ...settings.Topic) {
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.AddFlagSet(cmd.Flags())
	settings.AddFlags(cmd.Flags())
	for _, r := range settings.All() {
		if r.Flag == "" {
			continue
		}
		if values := r.Values(); values != nil {
			_ = cmd.RegisterFlagCompletionFunc(r.Flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
		}
		if strings.HasSuffix(r.Flag, "-dir") {
			_ = cmd.MarkFlagDirname(r.Flag)
		}
	}
	cmd.SetUsageFunc(func(c *cobra.Command) error {
		w := c.OutOrStderr()
		fmt.Fprintf(w, "Usage:\n  %s\n", c.UseLine())
		if c.HasExample() {
			fmt.Fprintf(w, "\nExamples:\n%s\n", c.Example)
		}
		fmt.Fprintf(w, "\nFlags:\n%s", own.FlagUsages())
		fmt.Fprint(w, "  -h, --help   help for "+c.Name()+"\n")
		for _, topic := range shown {
			if flags := flagsOf(c.Flags(), topic, shown); flags.HasFlags() {
				fmt.Fprintf(w, "\n%s:\n%s", topic, flags.FlagUsages())
			}
		}
		if len(shown) < len(settings.Topics) {
			fmt.Fprintln(w, "\nIt takes the other settings of run, too: ollama-hec run --help")
		}
		return nil
	})
}

// flagsOf returns the flags of the settings that are shown with a topic: its own, and those that
// go with it and are not shown with theirs.
func flagsOf(all *pflag.FlagSet, topic settings.Topic, shown []settings.Topic) *pflag.FlagSet {
	some := pflag.NewFlagSet("", pflag.ContinueOnError)
	some.SortFlags = false
	for _, r := range settings.All() {
		flag := all.Lookup(r.Flag)
		if r.Flag == "" || flag == nil {
			continue
		}
		if r.Topic() == topic || r.Beside(topic) && !slices.Contains(shown, r.Topic()) {
			some.AddFlag(flag)
		}
	}
	return some
}

// besides returns all topics but some.
func besides(left ...settings.Topic) []settings.Topic {
	return slices.DeleteFunc(slices.Clone(settings.Topics), func(t settings.Topic) bool {
		return slices.Contains(left, t)
	})
}
