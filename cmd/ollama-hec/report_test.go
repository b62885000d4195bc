package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The page is a file of its own, for its owner alone, and the command names it.
func TestReportPage(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.html")
	status, out, errOut := command(t, "", "report", filepath.Join(corpusDir, "v0.13.5-info.log"), "-o", page)
	text, err := os.ReadFile(page)
	if status != 0 || out != "" || err != nil || !strings.Contains(errOut, page) {
		t.Fatalf("status %d, %v, %s%s", status, err, out, errOut)
	}
	for _, want := range []string{"Content-Security-Policy", "Requests by operation", "Ollama Network Failure", "lookup ollama.com"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page has no %q", want)
		}
	}
	if info, err := os.Stat(page); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if status, _, errOut = command(t, "", "report", filepath.Join(corpusDir, "v0.13.5-info.log"), "-o", page); status != 0 {
		t.Errorf("again: status %d, %s", status, errOut)
	}
	if left, err := os.ReadDir(filepath.Dir(page)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

// The page is the same whether or not the counts are printed, too.
func TestReportPageBesideJSON(t *testing.T) {
	logs, err := filepath.Glob(filepath.Join(corpusDir, "*.log"))
	if err != nil || len(logs) == 0 {
		t.Fatal(err)
	}
	dir := t.TempDir()
	alone, beside := filepath.Join(dir, "alone.html"), filepath.Join(dir, "beside.html")
	for _, args := range [][]string{{"-o", alone}, {"-o", beside, "--json"}} {
		if status, _, errOut := command(t, "", append(append([]string{"report"}, logs...), args...)...); status != 0 {
			t.Fatalf("%v: status %d: %s", args, status, errOut)
		}
	}
	one, err := os.ReadFile(alone)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := os.ReadFile(beside); err != nil || string(one) != string(two) {
		t.Errorf("the pages differ, %v", err)
	}
}

// Without a flag it is report.html, of a file that holds nothing too.
func TestReportPageOfNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	status, out, errOut := command(t, "", "report", "-")
	text, err := os.ReadFile("report.html")
	if status != 0 || out != "" || err != nil || !strings.Contains(string(text), "No events:") {
		t.Errorf("status %d, %v, %s%s", status, err, out, errOut)
	}
}

func TestReportPageToStdout(t *testing.T) {
	status, out, errOut := command(t, "[GIN] 2026/01/07 - 09:14:02 | 200 |   12.331ms |    203.0.113.77 | DELETE   \"/api/delete\"\n", "report", "-", "-o", "-")
	if status != 0 || !strings.HasPrefix(out, "<!DOCTYPE html>") || !strings.Contains(out, "203.0.113.77") {
		t.Errorf("status %d, %.300s%s", status, out, errOut)
	}
}

// A page that cannot be written leaves nothing behind, and a log is never overwritten.
func TestReportPageNowhere(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "server.log")
	if err := os.WriteFile(log, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		filepath.Join(dir, "none", "page.html"): "hint: name a place",
		log:                                     "would be overwritten",
		dir:                                     "write the report",
	} {
		status, _, errOut := command(t, "", "report", log, "-o", name)
		if status == 0 || !strings.Contains(errOut, want) {
			t.Errorf("%s: status %d, %s", name, status, errOut)
		}
	}
	if text, err := os.ReadFile(log); err != nil || string(text) != "x\n" {
		t.Errorf("the log is %q, %v", text, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}

// The demo writes a page, of captured requests too.
func TestDemoReport(t *testing.T) {
	page := filepath.Join(t.TempDir(), "demo.html")
	status, _, errOut := command(t, "", "demo", "--report", page)
	text, err := os.ReadFile(page)
	if status != 0 || err != nil || !strings.Contains(errOut, page) || !strings.Contains(string(text), "Tokens by model") {
		t.Errorf("status %d, %v, %s", status, err, errOut)
	}
}
