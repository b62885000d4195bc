package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/dev/links"
)

var commitTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// The bill lists what is linked, refers only to what it lists, and is the same
// for the same program.
func TestBill(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Deps: []*debug.Module{
		{Path: "example.org/one", Version: "v1.2.3"},
		{Path: "example.org/old", Version: "v2.0.0+incompatible"},
		{Path: "example.org/gone", Version: "v1.0.0", Replace: &debug.Module{Path: "example.org/instead", Version: "v1.0.1"}},
	}}
	b := &built{platform{"linux", "amd64"}, []byte("program"), info}
	r := &release{commit: "0123456789ab", when: commitTime}
	mit := terms{spdx: "MIT"}
	all := map[string]terms{
		standard: {
			spdx: "BSD-3-Clause",
		},
		"example.org/one":  mit,
		"example.org/old":  {spdx: "Apache-2.0 AND MIT"},
		"example.org/gone": mit,
	}
	text, err := r.bill(b, mit, all)
	if err != nil {
		t.Fatal(err)
	}
	var got bom
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{got.Metadata.Component.Ref: true}
	for _, c := range got.Components {
		if listed[c.Ref] {
			t.Errorf("%s is there twice", c.Ref)
		}
		if len(c.Licenses) != 1 || c.Licenses[0].Expression == "" {
			t.Errorf("%s has no licence", c.Ref)
		}
		listed[c.Ref] = true
	}
	for _, want := range []string{"pkg:golang/std@1.26.0", "pkg:golang/example.org/one@v1.2.3",
		"pkg:golang/example.org/old@v2.0.0%2Bincompatible", "pkg:golang/example.org/instead@v1.0.1"} {
		if !listed[want] {
			t.Errorf("%s is missing", want)
		}
	}
	for _, d := range got.Dependencies {
		for _, ref := range append(d.DependsOn, d.Ref) {
			if !listed[ref] {
				t.Errorf("%s is not listed", ref)
			}
		}
	}
	if again, err := r.bill(b, mit, all); err != nil || !bytes.Equal(text, again) {
		t.Errorf("another bill for the same program: %v", err)
	}
}

// A module of which no licence is known gets no bill.
func TestNoBillWithoutALicence(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Deps: []*debug.Module{{Path: "example.org/one", Version: "v1.2.3"}}}
	b := &built{platform{"linux", "amd64"}, []byte("program"), info}
	all := map[string]terms{standard: {spdx: "BSD-3-Clause"}}
	if _, err := (&release{}).bill(
		b,
		terms{spdx: "MIT"},
		all,
	); err == nil ||
		!strings.Contains(err.Error(), "example.org/one") {
		t.Errorf("got %v", err)
	}
}

// The licences of everything that is in the program on any system are recognized:
// a dependency whose licence is not stops here.
func TestEveryLicenceIsRecognized(t *testing.T) {
	t.Chdir("../../../..")
	info := &debug.BuildInfo{GoVersion: runtime.Version()}
	seen := map[string]bool{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.Command(
			"go",
			"list",
			"-deps",
			"-f",
			"{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}",
			"./cmd/ollama-hec",
		)
		cmd.Env = append(os.Environ(), "GOOS="+system)
		cmd.Stderr = os.Stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if path, version, found := strings.Cut(strings.TrimSpace(line), " "); found && !seen[path] {
				seen[path] = true
				info.Deps = append(info.Deps, &debug.Module{Path: path, Version: version})
			}
		}
	}
	all, err := termsOf(t.Context(), info)
	if err != nil {
		t.Fatal(err)
	}
	// What may go with a program under MIT. Another one is for a person to look at.
	allowed := []string{
		unsettled["github.com/splunk/go-dependencies"],
		"Apache-2.0",
		"BSD-2-Clause",
		"BSD-3-Clause",
		"FTL", // permissive, and asks for a credit, which the notices are
		"ISC",
		"MIT",
		"MPL-2.0",
	}
	for path, of := range all {
		for id := range strings.SplitSeq(of.spdx, " AND ") {
			if !slices.Contains(allowed, id) {
				t.Errorf("%s is under %q", path, of.spdx)
			}
		}
	}
	for path, want := range map[string]string{
		standard: "BSD-3-Clause", "github.com/hashicorp/go-retryablehttp": "MPL-2.0", "github.com/prometheus/client_golang": "Apache-2.0",
		"github.com/fsnotify/fsnotify": "BSD-3-Clause", "github.com/inconshreveable/mousetrap": "Apache-2.0",
	} {
		if got := all[path].spdx; got != want {
			t.Errorf("%s is under %q, want %q", path, got, want)
		}
	}
	own, err := termsIn("ollama-hec", ".")
	if err != nil || own.spdx != "MIT" {
		t.Errorf("the program is under %q, %v", own.spdx, err)
	}
	if text := string(thirdParty(all, info)); strings.Count(text, strings.Repeat("=", 78)) < len(all) {
		t.Errorf("%d texts of %d licences", strings.Count(text, strings.Repeat("=", 78)), len(all))
	}
	b := &built{platform{"linux", "amd64"}, []byte("program"), info}
	if _, err := (&release{}).bill(b, own, all); err != nil {
		t.Error(err)
	}
}

func TestAnUnknownLicenceIsAnError(t *testing.T) {
	for name, text := range map[string]string{"none": "", "of one's own": "You may use this if you are kind to llamas.\n"} {
		dir := t.TempDir()
		if text != "" {
			if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := termsIn(
			"example.org/one v1.2.3",
			dir,
		); err == nil ||
			!strings.Contains(err.Error(), "example.org/one v1.2.3") {
			t.Errorf("%s: %q, %v", name, got.spdx, err)
		}
	}
}

// What is installed leads to what is installed: each link of each page, on each system.
func TestLinksOfWhatIsInstalled(t *testing.T) {
	t.Chdir("../../../..")
	for system := range bySystem {
		b := &built{platform{system, "amd64"}, []byte("program"), &debug.BuildInfo{GoVersion: "go1.26.0"}}
		files, err := contents(b, map[string]terms{standard: {spdx: "BSD-3-Clause"}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		installed, there := links.Pages{}, map[string]bool{}
		for _, f := range files {
			there[f.name] = true
			if filepath.Ext(f.name) == ".md" {
				installed[f.name] = string(f.text)
			}
		}
		if !there["doc/RUNNING.md"] || !there["doc/README.md"] || len(installed) < 15 {
			t.Errorf("%s: %d pages", system, len(installed))
		}
		for _, problem := range installed.Broken(func(name string) bool { return there[name] && filepath.Dir(name) == "doc" }) {
			t.Errorf("%s: %s", system, problem)
		}
		for name := range installed { // the deb and the rpm hold no other folder's pages
			if filepath.Dir(name) != "doc" {
				t.Errorf("%s: %s", system, name)
			}
		}
	}
}

// Archives hold the files, with their modes and the one time, below one folder.
func TestArchives(t *testing.T) {
	files := []file{{"ollama-hec", 0o755, []byte("program")}, {"doc/LICENSE", 0o644, []byte("licence")}}
	check := func(i int, name string, mode fs.FileMode, when time.Time, r io.Reader) {
		t.Helper()
		text, err := io.ReadAll(r)
		if want := files[i]; err != nil || name != "folder/"+want.name || mode != want.mode ||
			!bytes.Equal(text, want.text) ||
			!when.Equal(commitTime) {
			t.Errorf("%s, %v, %v, %q, %v", name, mode, when, text, err)
		}
	}
	packed, err := tarball("folder", files, commitTime)
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := 0, tar.NewReader(z); i < len(files); i++ {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		check(i, h.Name, h.FileInfo().Mode(), h.ModTime, r)
	}

	if packed, err = zipped("folder", files, commitTime); err != nil {
		t.Fatal(err)
	}
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil || len(archive.File) != len(files) {
		t.Fatalf("%d files, %v", len(archive.File), err)
	}
	for i, f := range archive.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		check(i, f.Name, f.Mode(), f.Modified, r)
	}
}

// A module without a licence file is passed on with what its sources say of one.
func TestTermsAtTheTopOfTheSources(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("none.go", "// Package x is documented.\npackage x\n")
	if _, err := termsAtTop("x v1", dir, "LicenseRef-x"); err == nil || !strings.Contains(err.Error(), "x v1") {
		t.Errorf("got %v", err)
	}
	put("a.go", "// Copyright A\n\npackage x\n")
	put("b.go", "/*\n * Licensed B\n */\n\n// Package x.\npackage x\n")
	put("c.go", "// Copyright A\n\npackage x\n")
	got, err := termsAtTop("x v1", dir, "LicenseRef-x")
	if err != nil || got.spdx != "LicenseRef-x" || len(got.texts) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, want := range []string{"Licensed B", "Copyright A"} {
		if !strings.Contains(string(got.texts[i].text), want) {
			t.Errorf("%s: %s", got.texts[i].name, got.texts[i].text)
		}
	}
	if name := got.texts[1].name; !strings.HasSuffix(name, "a.go, c.go") {
		t.Errorf("got %s", name)
	}
}
