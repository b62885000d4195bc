package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"ollama-hec/cmd/internal/dev/links"
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

// pages are what is installed for people, by what it is called in doc.
var pages = map[string]string{
	"cmd/ollama-hec/GETTING-STARTED.md":    "GETTING-STARTED.md",
	"cmd/ollama-hec/README.md":             "RUNNING.md",
	"cmd/ollama-hec/SETTINGS.md":           "SETTINGS.md",
	"cmd/ollama-hec/CAPTURE.md":            "CAPTURE.md",
	"cmd/ollama-hec/METRICS.md":            "METRICS.md",
	"cmd/ollama-hec/SIZING.md":             "SIZING.md",
	"cmd/ollama-hec/DEMO.md":               "DEMO.md",
	"cmd/internal/proxy/README.md":         "PROXY.md",
	"cmd/internal/dev/bench/README.md":     "PERFORMANCE.md",
	"cmd/internal/harness/README.md":       "FAULTS.md",
	"input/framing/README.md":              "FRAMING.md",
	"input/connections/README.md":          "CONNECTIONS.md",
	"sourcetypes/README.md":                "EVENTS.md",
	"sourcetypes/redact/README.md":         "REDACTION.md",
	"splunk_app/README.md":                 "ADD-ON.md",
	"splunk_app/dashboard/README.md":       "DASHBOARD.md",
	"splunk_app/detections/DETECTIONS.md":  "DETECTIONS.md",
	"splunk_app/detections/RESULTS.md":     "RESULTS.md",
	deploy + "/systemd/README.md":          "LINUX.md",
	deploy + "/launchd/README.md":          "MACOS.md",
	deploy + "/windows/README.md":          "WINDOWS.md",
	deploy + "/prometheus/alerts.yaml":     "prometheus-alerts.yaml",
	deploy + "/prometheus/prometheus.yaml": "prometheus.yaml",
	deploy + "/grafana/ollama-hec.json":    "grafana-dashboard.json",

	"cmd/ollama-hec/pictures/landing-light.png":               "landing.png",
	"cmd/ollama-hec/pictures/report-light.png":                "report.png",
	"splunk_app/dashboard/pictures/ollama-light.png":          "dashboard.png",
	"splunk_app/dashboard/pictures/ollama_captured-light.png": "dashboard-captured.png",
	"splunk_app/dashboard/pictures/ollama_shippers-dark.png":  "dashboard-shippers.png",
	"splunk_app/README/setup.png":                             "setup.png",
}

// contents are the files of a platform's archive, without the folder they are in.
func contents(b *built, all map[string]terms, said []file) ([]file, error) {
	program := file{"ollama-hec", 0o755, b.program}
	if b.goos == "windows" {
		program.name += ".exe"
	}
	files := append(slices.Clone(said), program, file{"doc/THIRD_PARTY_LICENSES.txt", 0o644, thirdParty(all, b.info)})
	names, err := installed(b.goos)
	if err != nil {
		return nil, err
	}
	// The deb and the rpm have other places for what is not in doc: no page leads there.
	docs := maps.Clone(names)
	maps.DeleteFunc(docs, func(_, name string) bool { return path.Dir(name) != "doc" })
	for from, name := range names {
		text, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		if path.Ext(name) == ".md" {
			text = []byte(links.Moved(from, string(text), docs))
		}
		files = append(files, file{name, 0o644, text})
	}
	slices.SortFunc(files, func(a, b file) int { return cmp.Compare(a.name, b.name) })
	return files, nil
}

// installed are the names in a system's archive of what is taken from the repository as it is.
func installed(system string) (map[string]string, error) {
	names := map[string]string{}
	for pattern, folder := range map[string]string{
		"LICENSE": "doc", "*.md": "doc", // as many as there are at the top
		deploy + "/" + bySystem[system] + "/*": bySystem[system],
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range found {
			name = filepath.ToSlash(name)
			names[name] = path.Join(folder, path.Base(name))
		}
	}
	for from, name := range pages {
		names[from] = path.Join("doc", name) // also where one lies beside what is installed
	}
	return names, nil
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
