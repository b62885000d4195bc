package requestlog

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"
)

// Telling returns Read, with a warning in log for the first error of each kind.
func Telling(log *slog.Logger) func(path string) ([]byte, error) {
	var mu sync.Mutex
	told := make(map[error]bool)
	return func(path string) ([]byte, error) {
		text, err := Read(path)
		if err == nil {
			return text, nil
		}
		why := reason(err)
		mu.Lock()
		first := !told[why]
		told[why] = true
		mu.Unlock()
		if first {
			log.Warn("cannot read a request body that the log names: its prompt is not delivered", "error", err,
				"hint", "let this user read the directory that the log names; this is said once for each reason")
		}
		return nil, err
	}
}

// reason returns which of the known errors err is, or nil.
func reason(err error) error {
	for _, why := range []error{
		ErrEmpty, ErrLong, ErrNotJSON, errIrregular, errElsewhere, fs.ErrNotExist, fs.ErrPermission,
	} {
		if errors.Is(err, why) {
			return why
		}
	}
	return nil
}
