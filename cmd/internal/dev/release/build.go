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

// spoken returns what the program prints about itself, run on this machine: completions for
// shells and the manual page.
func spoken(ctx context.Context) ([]file, error) {
	var files []file
	for name, args := range map[string][]string{
		"completions/ollama-hec.bash": {"completion", "bash"},
		"completions/_ollama-hec":     {"completion", "zsh"},
		"completions/ollama-hec.fish": {"completion", "fish"},
		"man/ollama-hec.8":            {"man"},
	} {
		text, err := exec.CommandContext(ctx, "go", append([]string{"run", "./cmd/ollama-hec"}, args...)...).Output()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files = append(files, file{name, 0o644, text})
	}
	return files, nil
}
