package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"ollama-hec/input/statedir"
)

const lockName = "lock"

// lockDir locks the state directory until the file is closed or the process
// ends. The file says which process has it.
func lockDir(dir *statedir.Dir, path string) (*os.File, error) {
	f, err := dir.OpenFile(lockName, os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, unusable(path, err)
	}
	// Inspect tries the lock by taking it for a moment.
	for range 3 {
		if err = statedir.Lock(f, false); !errors.Is(err, statedir.ErrLocked) {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if errors.Is(err, statedir.ErrLocked) {
		holder := ""
		if pid, err := io.ReadAll(io.LimitReader(f, 20)); err == nil && len(pid) > 0 {
			holder = " (process " + strings.TrimSpace(string(pid)) + ")"
		}
		f.Close()
		return nil, fmt.Errorf(
			"state directory STATE_DIR=%s is in use by another ollama-hec%s; stop that one or set STATE_DIR to another directory",
			path,
			holder,
		)
	}
	if err != nil {
		f.Close()
		return nil, unusable(path, fmt.Errorf("lock: %w", err))
	}
	// for people only, so a full disk does no harm
	if f.Truncate(0) == nil {
		_, _ = f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	}
	return f, nil
}

func unusable(dir string, err error) error {
	if refused := (*statedir.RefusedError)(nil); errors.As(err, &refused) {
		return fmt.Errorf("state directory STATE_DIR=%s is refused: %w", dir, err)
	}
	return fmt.Errorf(
		"state directory STATE_DIR=%s cannot be used: %w; let this user write to it or set STATE_DIR to another directory",
		dir,
		err,
	)
}
