//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A FIFO that nobody writes to would hang whoever opens it.
func TestCheckOpensNoFIFO(t *testing.T) {
	collect(t)
	dir := t.TempDir()
	fifo := filepath.Join(dir, "ollama.log")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, paths := range []string{fifo, filepath.Join(dir, "*.log")} {
		status, out, _ := command(t, "", "check", "--paths="+paths, "--state-dir="+t.TempDir())
		if status != 0 || !strings.Contains(out, "warn  file "+fifo+": not followed: a FIFO") {
			t.Errorf("status %d:\n%s", status, out)
		}
	}
}
