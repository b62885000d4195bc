package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/spool"
)

// usedState returns the state directory for a command that only looks at what is in it. One that is
// not there, or that nothing of ours is in, is an error: its name is misspelt, most likely.
func usedState(s *settings.Settings) (string, error) {
	dir, err := s.State()
	if err != nil {
		return "", err
	}
	const hint = "; name that of the shipper, which logs it as state= when it starts"
	got := fmt.Sprintf("got %q", dir)
	if s.StateDir == "" {
		got = fmt.Sprintf("not set, and without it %q is meant", dir)
	}
	_, err = os.Stat(dir)
	if err == nil {
		_, err = checkpoint.Inspect(dir)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", settings.Invalid("STATE_DIR", got+": there is no such directory"+hint)
	case errors.Is(err, fs.ErrPermission):
		return "", settings.Invalid("STATE_DIR", fmt.Sprintf("%s: %v; become root, or the shipper's user", got, err))
	case errors.Is(err, checkpoint.ErrUnused) && !anyOf(app.LettersIn(dir), spool.Path(dir)):
		return "", settings.Invalid("STATE_DIR", got+": no shipper has used this directory"+hint)
	}
	return dir, nil // what else is wrong with it, the command says
}

// anyOf reports whether one of these paths exists.
func anyOf(paths ...string) bool {
	for _, path := range paths {
		if _, err := os.Lstat(path); err == nil {
			return true
		}
	}
	return false
}
