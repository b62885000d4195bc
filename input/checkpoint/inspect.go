package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Inspection is a state directory as somebody else sees it, who changes nothing.
type Inspection struct {
	InUse   bool      // by a process that runs
	Written time.Time // when the checkpoints were last written; zero: never
	Records map[string]map[string]json.RawMessage
}

// Inspect looks at a state directory, also while it is in use.
func Inspect(dir string) (*Inspection, error) {
	in := new(Inspection)
	lock, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, fmt.Errorf("no shipper has used this state directory: %w", err)
	}
	in.InUse = errors.Is(tryLock(lock), errLocked)
	lock.Close() // and with it the lock, if it could be had
	var damage error
	for _, name := range []string{current, previous} {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(path)
		}
		if err != nil {
			return nil, err
		}
		d, err := decode(data)
		if err != nil && !errors.Is(err, errTail) { // one may just be being appended
			damage = fmt.Errorf("read %s: %w", path, err)
			continue
		}
		in.Written, in.Records = info.ModTime(), d.Records
		return in, nil
	}
	return in, damage
}
