package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// built is the program for one platform and what it is made of.
type built struct {
	platform
	program []byte
	info    *buildinfo.BuildInfo
}

// build compiles the program. Nothing of the environment but the Go used
// changes the outcome.
func (r *release) build(ctx context.Context, p platform) (*built, error) {
	folder, err := os.MkdirTemp("", "release")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "ollama-hec")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid= -X ollama-hec/cmd/internal/version.Commit="+r.commit, "-o", path, "./cmd/ollama-hec")
	cmd.Env = append(os.Environ(), "GOOS="+p.goos, "GOARCH="+p.goarch, "CGO_ENABLED=0",
		"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("go build: %w", err)
	}
	b := &built{platform: p}
	if b.program, err = os.ReadFile(path); err != nil {
		return nil, err
	}
	if b.info, err = buildinfo.Read(bytes.NewReader(b.program)); err != nil {
		return nil, err
	}
	return b, nil
}

// shellCompletions are what the program says of itself, run on this machine.
func shellCompletions(ctx context.Context) ([]file, error) {
	var files []file
	for shell, name := range map[string]string{"bash": "ollama-hec.bash", "zsh": "_ollama-hec", "fish": "ollama-hec.fish"} {
		script, err := exec.CommandContext(ctx, "go", "run", "./cmd/ollama-hec", "completion", shell).Output()
		if err != nil {
			return nil, fmt.Errorf("completion for %s: %w", shell, err)
		}
		files = append(files, file{"completions/" + name, 0o644, script})
	}
	return files, nil
}
