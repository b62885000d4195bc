package checkpoint

import (
	"errors"
	"fmt"
	"os"
)

// load reads the newest copy that is whole. If none is, the store is empty and Damaged returns
// true.
func (s *Store) load() error {
	s.content = emptyContent()
	found := false
	for _, name := range []string{current, previous} {
		path := s.dir.Path(name)
		data, _, err := s.dir.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return unusable(s.path, err)
		}
		found = true
		d, err := decode(data)
		switch {
		case errors.Is(err, errNewer):
			return fmt.Errorf("read %s: %w; use that version, or set STATE_DIR to another directory to start afresh", path, err)
		case errors.Is(err, errTail): // as a crash of the machine leaves it
			s.damaged = true
			s.log.Warn("checkpoints are damaged at their end, what was delivered last may be delivered again",
				"file", path, "lost", len(data)-d.size, "hint", "nothing to do: a crash of the machine leaves them so")
		case err != nil:
			s.damaged = true
			s.log.Error("checkpoints are damaged, falling back to an earlier copy", "file", path, "error", err,
				"hint", "some events come twice, none is lost; look at the disk")
			// out of the way of the good copy, and kept for whoever wants to look
			if err := s.dir.Rename(name, damaged); err != nil {
				return unusable(s.path, err)
			}
			continue
		case name == current:
			s.file = appended{size: int64(d.size), base: int64(d.base), sum: d.sum}
		}
		s.content = d.content
		return nil
	}
	if found {
		s.log.Error("no copy of the checkpoints can be read: everything is shipped again from the beginning", "dir", s.path,
			"hint", "look at the disk; to keep what is there from coming twice stop now and set START=end")
	}
	return nil
}
