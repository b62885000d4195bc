package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/version"
)

func newVersion(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print version, commit and platform",
		Args:  cobra.NoArgs,
		RunE: asFailure(func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(std.out, "ollama-hec %s\ncommit %s\nplatform %s/%s %s\n",
				version.Version, version.Revision(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return err
		}),
	}
}
