package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// file is one file of an archive.
type file struct {
	name string // with slashes
	mode fs.FileMode
	text []byte
}

// deploy is where the files for each system lie, and what goes there.
const deploy = "cmd/ollama-hec/deploy"

var bySystem = map[string]string{"linux": "systemd", "darwin": "launchd", "windows": "windows"}

// contents are the files of a platform's archive, without the folder they are in.
func contents(b *built, all map[string]terms, said []file) ([]file, error) {
	program := file{"ollama-hec", 0o755, b.program}
	if b.goos == "windows" {
		program.name += ".exe"
	}
	files := append(slices.Clone(said), program, file{"doc/THIRD_PARTY_LICENSES.txt", 0o644, thirdParty(all, b.info)})
	sources := map[string]string{
		"cmd/ollama-hec/README.md": "doc/RUNNING.md", "cmd/ollama-hec/SETTINGS.md": "doc/SETTINGS.md",
		"cmd/ollama-hec/CAPTURE.md": "doc/CAPTURE.md",
		"cmd/ollama-hec/METRICS.md": "doc/METRICS.md", deploy + "/prometheus/prometheus.yaml": "doc/prometheus.yaml",
		"sourcetypes/README.md":     "doc/EVENTS.md", deploy + "/prometheus/alerts.yaml": "doc/prometheus-alerts.yaml",
		deploy + "/grafana/ollama-hec.json": "doc/grafana-dashboard.json",
	}
	for pattern, folder := range map[string]string{
		"LICENSE": "doc", "*.md": "doc", // as many as there are at the top
		deploy + "/" + bySystem[b.goos] + "/*": bySystem[b.goos],
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			sources[name] = path.Join(folder, filepath.Base(name))
		}
	}
	for from, name := range sources {
		text, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, 0o644, text})
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return files, nil
}

// tarball packs the files below a folder, for root and with one time.
func tarball(folder string, files []file, when time.Time) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	t := tar.NewWriter(z)
	for _, f := range files {
		header := &tar.Header{
			Name: path.Join(folder, f.name), Mode: int64(f.mode), Size: int64(len(f.text)),
			ModTime: when, Uname: "root", Gname: "root", Format: tar.FormatUSTAR,
		}
		if err := t.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.text); err != nil {
			return nil, err
		}
	}
	if err := errors.Join(t.Close(), z.Close()); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// zipped packs the files below a folder.
func zipped(folder string, files []file, when time.Time) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, f := range files {
		header := &zip.FileHeader{Name: path.Join(folder, f.name), Method: zip.Deflate, Modified: when}
		header.SetMode(f.mode)
		w, err := z.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(f.text); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
