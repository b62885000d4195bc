package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// pkg is one package: its file's name and the executables in it.
type pkg struct {
	name    string
	targets []target
}

// target is the executable for one platform, and the path where splunkd looks for it.
type target struct{ goos, goarch, path string }

var packages = []pkg{
	{"TA-ollama-hec", []target{
		{"linux", "amd64", "linux_x86_64/bin/ollama_logs"},
		{"windows", "amd64", "windows_x86_64/bin/ollama_logs.exe"},
		{"darwin", "amd64", "darwin_x86_64/bin/ollama_logs"},
	}},
	{"TA-ollama-hec-arm64", []target{
		{"linux", "arm64", "bin/ollama_logs"},
	}},
}

// executable builds the modular input for a platform.
func (o *options) executable(ctx context.Context, t target) ([]byte, error) {
	folder, err := os.MkdirTemp("", "packaging")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "ollama_logs")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid= -X ollama-hec/cmd/internal/version.Commit="+o.commit, "-o", path, o.main)
	cmd.Dir = o.root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.goos, "GOARCH="+t.goarch, "GOFLAGS=")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("build %s for %s/%s: %w", o.main, t.goos, t.goarch, err)
	}
	return os.ReadFile(path)
}

var semver = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// programVersion returns the version that the executables print, read from the source: this
// package may not import the one that holds it.
func programVersion(root string) (string, error) {
	path := filepath.Join(root, "cmd", "internal", "version", "version.go")
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return "", fmt.Errorf("read version: %w", err)
	}
	for _, decl := range f.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range group.Specs {
			v, ok := spec.(*ast.ValueSpec)
			if !ok || v.Names[0].Name != "Version" || len(v.Values) != 1 {
				continue
			}
			if literal, ok := v.Values[0].(*ast.BasicLit); ok {
				return strconv.Unquote(literal.Value)
			}
		}
	}
	return "", fmt.Errorf("read version: no Version in %s", path)
}
