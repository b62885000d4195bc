package main

import (
	"archive/tar"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// app is the add-on's folder and its id.
const app = "TA-ollama-hec"

// file is one file of the package, its name below the add-on's folder.
type file struct {
	name string
	mode int64
	text []byte
}

// shipped are the parts of splunk_app that go into the package.
var shipped = []string{"app.manifest", "README.md", "README", "appserver", "default", "lookups", "metadata", "static"}

// tree reads the add-on's files, with the version in its place.
func (o *options) tree() ([]file, error) {
	source := filepath.Join(o.root, "splunk_app")
	var files []file
	for _, part := range shipped {
		err := filepath.WalkDir(filepath.Join(source, part), func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(source, p)
			if err != nil || strings.HasSuffix(name, ".go") {
				return err
			}
			text, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			files = append(files, file{filepath.ToSlash(name), 0o644, o.fill(text)})
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read add-on: %w", err)
		}
	}
	licence, err := os.ReadFile(filepath.Join(o.root, "LICENSE"))
	if err != nil {
		return nil, fmt.Errorf("read add-on: %w", err)
	}
	return append(files, file{"LICENSE", 0o644, licence}), nil
}

// fill replaces the placeholders for version and build.
func (o *options) fill(text []byte) []byte {
	build := strconv.FormatInt(o.when.Unix(), 10)
	return []byte(strings.NewReplacer("@VERSION@", o.version, "@BUILD@", build).Replace(string(text)))
}

// write writes the archive: folders before their content, all sorted, all with one time and
// no owner.
func write(w io.Writer, files []file, when time.Time) error {
	entries := make(map[string]file)
	for _, f := range files {
		if _, twice := entries[f.name]; twice {
			return fmt.Errorf("%s comes twice", f.name)
		}
		entries[f.name] = f
		for folder := path.Dir(f.name); folder != "."; folder = path.Dir(folder) {
			entries[folder+"/"] = file{name: folder + "/", mode: 0o755}
		}
	}
	entries[""] = file{mode: 0o755}
	var names []string
	for name := range entries {
		names = append(names, name)
	}
	slices.Sort(names)

	zip, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(zip)
	for _, name := range names {
		f := entries[name]
		header := &tar.Header{
			Typeflag: tar.TypeReg,
			Name:     app + "/" + name,
			Mode:     f.mode,
			Size:     int64(len(f.text)),
			ModTime:  when,
			Format:   tar.FormatUSTAR,
		}
		if strings.HasSuffix(header.Name, "/") {
			header.Typeflag = tar.TypeDir
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		if _, err := archive.Write(f.text); err != nil {
			return err
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return zip.Close()
}
