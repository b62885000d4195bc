package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"ollama-hec/cmd/internal/version"
)

// packages makes the deb and the rpm of a platform's files. nfpm.yaml says what
// goes where.
func (r *release) packages(ctx context.Context, p platform, files []file) error {
	nfpm, err := filepath.Abs(r.nfpm)
	if err != nil {
		return err
	}
	stage, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	for _, f := range files {
		if err := r.stage(stage, f); err != nil {
			return err
		}
	}
	if err := os.CopyFS(filepath.Join(stage, "packages"), os.DirFS(filepath.Join(deploy, "packages"))); err != nil {
		return err
	}
	for _, packager := range []string{"deb", "rpm"} {
		target := filepath.Join(stage, "out."+packager)
		cmd := exec.CommandContext(
			ctx,
			nfpm,
			"package",
			"--config",
			"packages/nfpm.yaml",
			"--packager",
			packager,
			"--target",
			target,
		)
		cmd.Dir = stage
		cmd.Env = append(os.Environ(), "VERSION="+version.Version, "ARCH="+p.goarch,
			"SOURCE_DATE_EPOCH="+strconv.FormatInt(r.when.Unix(), 10))
		if said, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("nfpm: %w\n%s", err, said)
		}
		text, err := os.ReadFile(target)
		if err != nil {
			return err
		}
		if err := r.write(r.name(p, "."+packager), text); err != nil {
			return err
		}
	}
	return nil
}

// stage writes a file with the release's time, which nfpm takes over.
func (r *release) stage(folder string, f file) error {
	name := filepath.Join(folder, filepath.FromSlash(f.name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, f.text, f.mode); err != nil {
		return err
	}
	return os.Chtimes(name, r.when, r.when)
}
