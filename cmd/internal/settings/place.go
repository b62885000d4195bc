package settings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"ollama-hec/input/statedir"
)

// HostName returns the host of the events.
func (s *Settings) HostName() (string, error) {
	if s.Host != "" {
		return s.Host, nil
	}
	h, err := os.Hostname()
	if err != nil {
		return "", Invalid("HOST", fmt.Sprintf("not set, and this machine does not tell its name (%v): set it", err))
	}
	return h, nil
}

// State returns the state directory: STATE_DIR, or the one that systemd prepared for the
// service, or this system's usual one for a service, or the user's own. If it exists, package
// statedir accepts it.
func (s *Settings) State() (string, error) {
	dir, err := s.state()
	if err == nil {
		if err := statedir.Check(dir); err != nil {
			return "", &Error{Problem: fmt.Sprintf("state directory STATE_DIR=%s is refused: %v", dir, err)}
		}
	}
	return dir, err
}

func (s *Settings) state() (string, error) {
	if s.StateDir != "" {
		return s.StateDir, nil
	}
	if list := os.Getenv("STATE_DIRECTORY"); list != "" && runtime.GOOS == "linux" {
		dir := filepath.SplitList(list)[0]
		// For a user that exists only while the service runs systemd makes it a link.
		if there, err := filepath.EvalSymlinks(dir); err == nil {
			dir = there
		}
		return dir, nil
	}
	dir, err := stateDir(runtime.GOOS, os.Geteuid(), os.Getenv, os.UserHomeDir)
	if err != nil {
		return "", Invalid("STATE_DIR", fmt.Sprintf("not set, and there is no usual place for it (%v): set it", err))
	}
	return dir, nil
}

func stateDir(goos string, uid int, env func(string) string, home func() (string, error)) (string, error) {
	const name = "ollama-hec"
	switch {
	case goos == "windows":
		if dir := env("ProgramData"); dir != "" {
			return filepath.Join(dir, name), nil
		}
		return "", errors.New("%ProgramData% is empty")
	case goos == "darwin" && uid == 0:
		return filepath.Join("/Library/Application Support", name), nil
	case uid == 0:
		return filepath.Join("/var/lib", name), nil
	}
	if dir := env("XDG_STATE_HOME"); dir != "" && goos != "darwin" {
		return filepath.Join(dir, name), nil
	}
	h, err := home()
	if err != nil {
		return "", err
	}
	if goos == "darwin" {
		return filepath.Join(h, "Library", "Application Support", name), nil
	}
	return filepath.Join(h, ".local", "state", name), nil
}
