package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"ollama-hec/input/statedir"
)

// Inspection is what another process can see of a state directory without changing it.
type Inspection struct {
	InUse   bool      // by a process that runs
	Written time.Time // when the checkpoints were last written; zero: never
	Records map[string]map[string]json.RawMessage
}

// Inspect looks at a state directory, also while it is in use.
func Inspect(dir string) (*Inspection, error) {
	in := new(Inspection)
	d, err := statedir.Open(dir)
	if err != nil {
		return nil, unseen(dir, err)
	}
	defer d.Close()
	lock, err := d.OpenFile(lockName, os.O_RDONLY)
	if err != nil {
		return nil, unseen(dir, err)
	}
	in.InUse = errors.Is(statedir.Lock(lock, false), statedir.ErrLocked)
	lock.Close() // which also releases the lock, if we got it
	var damage error
	for _, name := range []string{current, previous} {
		data, written, err := d.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		c, err := decode(data)
		if err != nil && !errors.Is(err, errTail) { // a change may just be written
			damage = fmt.Errorf("read %s: %w", d.Path(name), err)
			continue
		}
		in.Written, in.Records = written, c.Records
		return in, nil
	}
	return in, damage
}

// ErrUnused means that no shipper has used a state directory.
var ErrUnused = errors.New("no shipper has used it")

// unseen returns why a state directory cannot be inspected.
func unseen(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", dir, ErrUnused)
	}
	return err
}
