package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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
	for _, f := range slices.Concat(files, r.extras(files)) {
		if err := r.stage(stage, f); err != nil {
			return err
		}
	}
	// What is packed of it must have the release's time, and the same mode wherever it is checked out.
	for _, name := range []string{"nfpm.yaml", "postinstall.sh", "preremove.sh", "postremove.sh", "lintian-overrides"} {
		text, err := os.ReadFile(filepath.Join(deploy, "packages", name))
		if err != nil {
			return err
		}
		if name == "nfpm.yaml" {
			text = append(text, documentation(files)...)
		}
		if err := r.stage(stage, file{"packages/" + name, 0o644, text}); err != nil {
			return err
		}
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
		cmd.Env = append(os.Environ(), "VERSION="+version.Version, "ARCH="+p.goarch, "CONTACT="+contact,
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

// contact is whom a package names for questions. There is no address: .invalid is nobody's.
const contact = "The ollama-hec authors <ollama-hec@packages.invalid>"

// extras are the files of a package that an archive has in another form, or not at all.
func (r *release) extras(files []file) (more []file) {
	for _, f := range files {
		switch f.name {
		case "man/ollama-hec.8":
			more = append(more, file{f.name + ".gz", 0o644, zippedText(f.text)})
		case "doc/LICENSE":
			more = append(more, file{"packages/copyright", 0o644, f.text})
		}
	}
	changes := fmt.Sprintf(`- semver: %s-1
  date: %s
  packager: %s
  deb: {urgency: medium, distributions: [unstable]}
  changes:
    - note: see CHANGELOG.md in the documentation of the package
`, version.Version, r.when.Format(time.RFC3339), contact)
	return append(more, file{"packages/changelog.yaml", 0o644, []byte(changes)})
}

// documentation are the entries of nfpm.yaml for the manual page, the pages and the examples. The rpm is told
// what is documentation, which nfpm takes by single names only; a deb knows it by the folder.
func documentation(files []file) []byte {
	var text strings.Builder
	entry := func(source, place string) {
		for _, kind := range []string{"packager: deb", "packager: rpm, type: doc"} {
			fmt.Fprintf(&text, "  - {src: %s, dst: %s, %s, file_info: {mode: 0644}}\n", source, place, kind)
		}
	}
	entry("man/ollama-hec.8.gz", "/usr/share/man/man8/ollama-hec.8.gz")
	for _, f := range files {
		if name, ok := strings.CutPrefix(f.name, "doc/"); ok {
			entry(f.name, "/usr/share/doc/ollama-hec/"+name)
		}
		if path.Ext(f.name) == ".conf" {
			entry(f.name, "/usr/share/doc/ollama-hec/examples/"+path.Base(f.name))
		}
	}
	return []byte(text.String())
}

// zippedText is text as gzip makes it with -9n.
func zippedText(text []byte) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = z.Write(text)
		err = errors.Join(err, z.Close())
	}
	if err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return out.Bytes()
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
