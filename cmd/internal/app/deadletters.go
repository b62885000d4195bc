package app

import (
	"fmt"
	"path/filepath"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input/statedir"
)

// DeadLetters opens the store of dead letters, the events that were rejected for good, in
// a state directory that settings.State returned.
func DeadLetters(state string) (*deadletter.Store, error) {
	path := filepath.Join(state, "dead-letter")
	if err := statedir.Check(path); err != nil {
		return nil, &settings.Error{Problem: fmt.Sprintf("state directory STATE_DIR=%s is refused: %v", state, err)}
	}
	return deadletter.Open(path), nil
}
