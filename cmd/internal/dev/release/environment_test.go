package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/settings"
)

var update = flag.Bool("update", false, "write the files that tests compare with")

// The file in the package lists the settings that the program has.
func TestEnvironmentFileIsThatOfTheSettings(t *testing.T) {
	name := filepath.Join("..", "..", "..", "..", deploy, "systemd", "ollama-hec.env")
	want := environment()
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

// environment is the file that systemd reads the settings from: all of them,
// as comments with their defaults, but for where the package keeps the token.
func environment() []byte {
	var text strings.Builder
	text.WriteString(`# Settings of the service ollama-hec. Only OLLAMA_HEC_URL is required (or
# OLLAMA_HEC_SCS_TENANT instead); the token belongs in the file named below. A line
# that is commented out shows the default. Apply a change with:
# systemctl restart ollama-hec
# Quote values with spaces; put patterns with backslashes in single quotes.
`)
	for _, row := range settings.All() {
		comment, value := "#", row.Default
		if row.Env == settings.Prefix+"_TOKEN_FILE" {
			comment, value = "", "/etc/ollama-hec/token"
		}
		fmt.Fprintf(&text, "\n# %s\n%s%s=%s\n", row.Desc, comment, row.Env, value)
	}
	return []byte(text.String())
}
