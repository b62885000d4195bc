package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// The committed icons are what this draws, in the sizes that Splunk wants.
func TestIcons(t *testing.T) {
	folder := t.TempDir()
	if err := run(folder); err != nil {
		t.Fatal(err)
	}
	for name, f := range files {
		drawn, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.Open(filepath.Join("..", name))
		if err != nil {
			t.Fatal(err)
		}
		there, err := png.Decode(committed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		committed.Close()
		here, err := png.Decode(bytes.NewReader(drawn))
		if err != nil {
			t.Fatal(err)
		}
		if there.Bounds().Dx() != f.size || there.Bounds() != here.Bounds() {
			t.Fatalf("%s is %v", name, there.Bounds())
		}
		for y := range f.size {
			for x := range f.size {
				if there.At(x, y) != here.At(x, y) {
					t.Fatalf("%s differs at %d,%d; run draw again", name, x, y)
				}
			}
		}
	}
}
