// Package harness drives the built ollama-hec as its users do, by environment,
// signals and files, and keeps account of every line: whether it came, in which
// order, and what excuses one that came twice.
//
// It sees only what can be seen from outside. Faults of the disk below the file
// system and a clock that jumps are beyond it.
package harness

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// Build compiles the command of the module that the current directory is in,
// and returns the path of the executable in dir.
func Build(ctx context.Context, dir string, flags ...string) (string, error) {
	binary := filepath.Join(dir, "ollama-hec")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	args := append([]string{"build", "-o", binary}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, "ollama-hec/cmd/ollama-hec")...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build ollama-hec: %w", err)
	}
	return binary, nil
}
