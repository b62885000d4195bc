package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/settings"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

// environments are the files with settings in the package, and what is in each.
var environments = []struct {
	name, about string
	holds       func(settings.Setting) bool
}{
	{"ollama-hec.env", `# Settings of the service ollama-hec. Only OLLAMA_HEC_URL is required (or
# OLLAMA_HEC_SCS_TENANT instead); the token belongs in the file named below. A line
# that is commented out shows the default. Apply a change with:
# systemctl restart ollama-hec
# Quote values with spaces; put patterns with backslashes in single quotes.
# What is shipped of prompts and secrets is set in prompts.env.
`, func(r settings.Setting) bool { return !shared(r) }},
	{"prompts.env", `# Settings on prompts and secrets, of both services: ollama-hec and
# ollama-hec-capture, which redacts before it writes anything. They take precedence
# over those of ollama-hec.env. A line that is commented out shows the default. Apply a change with:
# systemctl try-restart ollama-hec ollama-hec-capture
# Put patterns with backslashes in single quotes.
`, shared},
	{"capture.env", `# Settings of the service ollama-hec-capture. A line that is commented out shows
# the default. Apply a change with:
# systemctl restart ollama-hec-capture
# What is kept of prompts and secrets is set in prompts.env.
`, ofCapture},
}

// shared reports whether both services must have a setting alike.
func shared(r settings.Setting) bool {
	return slices.Contains([]string{"PROMPTS", "REDACT", "REDACT_REGEX", "RESPONSES"}, bare(r))
}

// ofCapture reports whether a setting is of capture, beside the shared ones.
func ofCapture(r settings.Setting) bool {
	return r.Topic() == settings.Capturing || slices.Contains([]string{"PROMPT_HISTORY", "SPOOL_BYTES", "LOG_FORMAT", "LOG_LEVEL"}, bare(r))
}

func bare(r settings.Setting) string { return strings.TrimPrefix(r.Env, settings.Prefix+"_") }

// The files in the package list the settings that the program has.
func TestEnvironmentFilesAreThoseOfTheSettings(t *testing.T) {
	for _, e := range environments {
		name := filepath.Join("..", "..", "..", "..", deploy, "systemd", e.name)
		want := environment(e.about, e.holds)
		if *update {
			if err := os.WriteFile(name, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != string(want) {
			t.Errorf("%s is not that of the settings: go test ./cmd/internal/dev/release -update", name)
		}
	}
}

// environment is a file that systemd reads settings from: those that it is to hold, as
// comments with their defaults, but for where the package keeps the token.
func environment(about string, holds func(settings.Setting) bool) []byte {
	var text strings.Builder
	text.WriteString(about)
	for _, row := range settings.All() {
		if !holds(row) {
			continue
		}
		comment, value := "#", row.Default
		if row.Env == settings.Prefix+"_TOKEN_FILE" {
			comment, value = "", "/etc/ollama-hec/token"
		}
		fmt.Fprintf(&text, "\n# %s\n%s%s=%s\n", row.Desc, comment, row.Env, value)
	}
	return []byte(text.String())
}
