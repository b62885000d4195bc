package harness

import (
	"encoding/json"
	"path/filepath"

	"ollama-hec/hec/deadletter"
)

// DeadLetters are the lines of the dead letters in a state directory.
func DeadLetters(state string) (lines []string, err error) {
	err = deadletter.Open(filepath.Join(state, "dead-letter")).Each(func(l deadletter.Letter) error {
		var e struct{ Event, Sourcetype string }
		if json.Unmarshal(l.Event, &e) == nil && e.Sourcetype == "ollama:server" {
			lines = append(lines, e.Event)
		}
		return nil
	})
	return lines, err
}
