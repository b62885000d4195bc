package requestlog

import (
	"errors"
	"io/fs"
	"log/slog"
	"sync"
)

// Telling is Read for those who cannot do anything about an error: it logs why a
// body could not be read, once for each reason.
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
			log.Warn("cannot read a request body that the log names, its prompt is not delivered; said once for this reason", "error", err)
		}
		return nil, err
	}
}

// reason is which of a few errors err is.
func reason(err error) error {
	for _, why := range []error{ErrEmpty, ErrLong, ErrNotJSON, errIrregular, errElsewhere, fs.ErrNotExist, fs.ErrPermission} {
		if errors.Is(err, why) {
			return why
		}
	}
	return nil
}
