package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// thirdParty is the licences of Go and of every module in a program, which
// have to go with it.
func thirdParty(ctx context.Context, info *buildinfo.BuildInfo) ([]byte, error) {
	root, err := output(ctx, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if err := licences(&text, "Go "+info.GoVersion, root); err != nil {
		return nil, err
	}
	args := []string{"list", "-m", "-f", "{{.Path}}\t{{.Version}}\t{{.Dir}}"}
	for _, m := range info.Deps {
		args = append(args, m.Path)
	}
	modules, err := output(ctx, "go", args...)
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(modules) {
		m := strings.Split(strings.TrimSpace(line), "\t")
		if len(m) != 3 {
			return nil, fmt.Errorf("%s is not in the module cache: go mod download", m[0])
		}
		if err := licences(&text, m[0]+" "+m[1], m[2]); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// licences appends the licence files in a module's folder. None is an error.
func licences(text *bytes.Buffer, name, folder string) error {
	found := false
	for _, pattern := range []string{"LICEN[CS]E*", "COPYING*", "NOTICE*"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return err
		}
		for _, f := range files {
			licence, err := os.ReadFile(f)
			if err != nil {
				return err
			}
			fmt.Fprintf(text, "%s\n%s: %s\n\n%s\n\n", strings.Repeat("=", 78), name, filepath.Base(f), bytes.TrimSpace(licence))
			found = true
		}
	}
	if !found {
		return fmt.Errorf("%s has no licence file", name)
	}
	return nil
}
