package links

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const root = "../../../.."

// Every link on a page of this repository leads to a file that is there, and to a heading of it.
func TestLinksOfThePages(t *testing.T) {
	pages := Pages{}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != root &&
			(strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"dist", "bin", "node_modules"}, d.Name())) {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		text, err := os.ReadFile(name)
		rel, _ := filepath.Rel(root, name)
		pages[filepath.ToSlash(rel)] = string(text)
		return err
	})
	if err != nil || len(pages) < 20 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	for _, problem := range pages.Broken(func(name string) bool {
		_, err := os.Stat(filepath.Join(root, name))
		return err == nil
	}) {
		t.Error(problem)
	}
	// The add-on's package holds its page, and README beside it, and no other pages.
	alone := Pages{"README.md": pages["splunk_app/README.md"]}
	for _, problem := range alone.Broken(func(name string) bool {
		_, err := os.Stat(filepath.Join(root, "splunk_app", name))
		return err == nil && strings.HasPrefix(name, "README/")
	}) {
		t.Errorf("in the add-on's package: %s", problem)
	}
}

func TestBroken(t *testing.T) {
	pages := Pages{
		"a/README.md": "# One\n## It's `two`, [and](b.md) three\n[x](b.md) [y](../c/d.md#e-f) [z](#one) [w](#its-two-and-three)\n" +
			"[u](https://example.org/no) `[n](no)` ![p](no.png)\n\n    [n](no)\n\n```\n[n](no)\n```\n[`code`](gone.md)\n",
		"a/b.md": "[x](README.md#two)\n", "c/d.md": "# E f\n",
	}
	want := []string{
		"a/README.md: there is no no.png", "a/README.md: there is no gone.md", "a/b.md: a/README.md has no heading for #two",
	}
	if got := pages.Broken(func(string) bool { return false }); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := pages.Broken(func(string) bool { return true }); len(got) != 1 {
		t.Errorf("got %q", got)
	}
}

func TestMoved(t *testing.T) {
	names := map[string]string{
		"README.md": "doc/README.md", "cmd/x/README.md": "doc/RUNNING.md", "deploy/conf": "systemd/conf", "TOP.md": "TOP.md",
	}
	text := "[a](cmd/x/README.md#l) [b](cmd/y.go) ![c](c.png)[d](deploy/conf) [e](#e) [f](https://example.org/) `[g](cmd/y.go)`\n"
	want := "[a](RUNNING.md#l) b [d](../systemd/conf) [e](#e) [f](https://example.org/) `[g](cmd/y.go)`\n"
	if got := Moved("README.md", text, names); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := Moved("cmd/x/README.md", "[a](../../TOP.md)", names); got != "[a](../TOP.md)" {
		t.Errorf("got %q", got)
	}
	if got := Moved("TOP.md", "[a](README.md)", names); got != "[a](doc/README.md)" {
		t.Errorf("got %q", got)
	}
}
