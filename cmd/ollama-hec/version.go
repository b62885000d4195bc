package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/version"
)

// versionText returns the version, the commit and how the program was built.
func versionText() string {
	return fmt.Sprintf("ollama-hec %s\ncommit %s\nplatform %s/%s %s\n",
		version.Version, version.Revision(), runtime.GOOS, runtime.GOARCH, runtime.Version())
}

func newVersion(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print version, commit and platform",
		Args:  noArgs,
		RunE: asFailure(func(*cobra.Command, []string) error {
			_, err := io.WriteString(std.out, versionText())
			return err
		}),
	}
}
