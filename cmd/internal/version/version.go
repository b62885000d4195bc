// Package version holds the version of the program. The commit comes from the build.
package version

import "runtime/debug"

// Version is the version of the program and of the add-on.
const Version = "0.1.0"

// Commit is set by the Makefile's -ldflags; without it the build information
// that Go embeds is used.
var Commit string

// Revision returns the commit this was built from, or "unknown".
func Revision() string {
	if Commit != "" {
		return Commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}
