//go:build unix

package hec_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ollama-hec/hec"
)

// within ends the test if f does not return: a file that holds up a setting holds up the program.
func within(t *testing.T, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(30 * time.Second):
		t.Fatal("reading the file does not end")
		return nil
	}
}

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAPipeThatNobodyWritesIntoHoldsUpNoSetting(t *testing.T) {
	path := pipe(t)
	for name, read := range map[string]func() error{
		"token":       func() error { _, err := hec.NewTokenFile(path); return err },
		"authority":   func() error { _, err := hec.TLS{CAFile: path}.Config(); return err },
		"certificate": func() error { _, err := hec.TLS{CertFile: path, KeyFile: path}.Config(); return err },
	} {
		err := within(t, read)
		if err == nil || !strings.Contains(err.Error(), path+" is a pipe or a device") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADeviceWithoutEndIsRefused(t *testing.T) {
	err := within(t, func() error { _, err := hec.TLS{CAFile: "/dev/zero"}.Config(); return err })
	if err == nil || !strings.Contains(err.Error(), "/dev/zero is longer than") {
		t.Error(err)
	}
}

func TestATokenFileThatBecomesAPipeLeavesTheLastToken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte("first"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := hec.NewTokenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(pipe(t), path); err != nil {
		t.Fatal(err)
	}
	err = within(t, func() error {
		if token, err := file.Token(); token != "first" {
			t.Errorf("got %q, %v", token, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatACommandWritesIntoAPipeIsTheToken(t *testing.T) {
	path := pipe(t)
	writer, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() {
		_, _ = writer.WriteString("from-a-command\n")
		_ = writer.Close()
	})
	err = within(t, func() error {
		file, err := hec.NewTokenFile(path)
		if err != nil {
			return err
		}
		if token, _ := file.Token(); token != "from-a-command" {
			t.Errorf("got %q", token)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
