package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"runtime/debug"
	"testing"
	"time"
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
	text, err := r.bill(b)
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
	if again, err := r.bill(b); err != nil || !bytes.Equal(text, again) {
		t.Errorf("another bill for the same program: %v", err)
	}
}

// Archives hold the files, with their modes and the one time, below one folder.
func TestArchives(t *testing.T) {
	files := []file{{"ollama-hec", 0o755, []byte("program")}, {"doc/LICENSE", 0o644, []byte("licence")}}
	check := func(i int, name string, mode fs.FileMode, when time.Time, r io.Reader) {
		t.Helper()
		text, err := io.ReadAll(r)
		if want := files[i]; err != nil || name != "folder/"+want.name || mode != want.mode || !bytes.Equal(text, want.text) || !when.Equal(commitTime) {
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
