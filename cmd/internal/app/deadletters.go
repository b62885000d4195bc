package app

import (
	"fmt"
	"path/filepath"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input/statedir"
)

// LettersIn returns the directory of the dead letters in a state directory.
func LettersIn(state string) string { return filepath.Join(state, "dead-letter") }

// DeadLetters opens the store of dead letters, the events that were rejected for good, in
// a state directory that settings.State returned.
func DeadLetters(state string) (*deadletter.Store, error) {
	path := LettersIn(state)
	if err := statedir.Check(path); err != nil {
		return nil, &settings.Error{Problem: fmt.Sprintf("state directory STATE_DIR=%s is refused: %v", state, err)}
	}
	return deadletter.Open(path), nil
}
