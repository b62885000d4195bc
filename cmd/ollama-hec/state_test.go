//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every command refuses a state directory that somebody else may have a hand in,
// names the setting, what it got and what to do, and changes nothing there.
func TestStateDirectoryOfOthersIsRefused(t *testing.T) {
	collect(t)
	base := t.TempDir()
	log := filepath.Join(base, "o.log")
	if err := os.WriteFile(log, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(base, "target")
	for _, tt := range []struct {
		name    string
		prepare func(state string) error
		bad     string // in the state directory
		want    string
	}{
		{"a link", func(state string) error { return os.Symlink(target, state) }, "", "is a symbolic link; name the directory it leads to"},
		{"writable for all", func(state string) error {
			if err := os.Mkdir(state, 0o700); err != nil {
				return err
			}
			return os.Chmod(state, 0o777)
		}, "", "can be written to by every user (mode 0777); take that right away (chmod o-w)"},
		{"a link for its lock", func(state string) error {
			if err := os.Mkdir(state, 0o700); err != nil {
				return err
			}
			return os.Symlink(filepath.Join(target, "victim"), filepath.Join(state, "lock"))
		}, "lock", "is a symbolic link; remove it"},
		{"a link for its dead letters", func(state string) error {
			if err := os.Mkdir(state, 0o700); err != nil {
				return err
			}
			return os.Symlink(target, filepath.Join(state, "dead-letter"))
		}, "dead-letter", "is a symbolic link; name the directory it leads to"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.RemoveAll(target); err != nil {
				t.Fatal(err)
			}
			victim := filepath.Join(target, "victim")
			if err := os.MkdirAll(target, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			state := filepath.Join(t.TempDir(), "state")
			if err := tt.prepare(state); err != nil {
				t.Fatal(err)
			}
			commands := map[string]int{
				"run --once":       exitUsage,
				"status":           exitUsage,
				"check":            exitFailed,
				"dead-letter list": exitUsage,
				"dead-letter drop": exitUsage,
			}
			switch tt.bad {
			case "lock":
				commands = map[string]int{"run --once": exitUsage, "status": exitUsage}
			case "dead-letter":
				commands = map[string]int{
					"dead-letter list":   exitUsage,
					"dead-letter drop":   exitUsage,
					"dead-letter replay": exitUsage,
					"run --once":         exitUsage,
				}
			}
			for command_, want := range commands {
				args := append(strings.Fields(command_), "--state-dir="+state, "--paths="+log)
				status, out, errOut := command(t, "", args...)
				if status != want {
					t.Errorf("%s: status %d, want %d: %s%s", command_, status, want, out, errOut)
				}
				told := out + errOut
				bad := filepath.Join(state, tt.bad)
				if !strings.Contains(told, tt.want) || !strings.Contains(told, bad) ||
					!(strings.Contains(told, "STATE_DIR") || strings.Contains(told, "--state-dir")) {
					t.Errorf("%s says\n%s", command_, told)
				}
			}
			if text, err := os.ReadFile(victim); string(text) != "precious" || err != nil {
				t.Errorf("the file it leads to has %q, %v", text, err)
			}
			if entries, err := os.ReadDir(target); len(entries) != 1 || err != nil {
				t.Errorf("the directory it leads to has %v, %v", entries, err)
			}
		})
	}
}
