package file

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Namespace is where the store keeps a source's records, unless its options say otherwise.
const Namespace = "file"

// RecordedFile is a file as a checkpoint knows it.
type RecordedFile struct {
	Path      string
	Size      int64     // now, or when last seen if it is no longer there
	Committed int64     // delivered to here
	Lag       int64     // bytes not delivered yet
	Last      time.Time // stamp of the last line delivered that had one; zero: none had
	Gone      bool      // no longer there
}

// Recorded reads the records of a store, without following anything.
func Recorded(records map[string]json.RawMessage) ([]RecordedFile, error) {
	var files []RecordedFile
	for id, raw := range records {
		var r record
		if err := json.Unmarshal(raw, &r); err != nil {
			return nil, fmt.Errorf("checkpoint %s: %w", id, err)
		}
		if r.Deleted || r.Old {
			continue
		}
		f := RecordedFile{Path: r.Path, Size: r.Size, Committed: r.Offset, Gone: true}
		if st, err := statPath(r.Path); err == nil && st.id == r.ID {
			f.Gone = false
			if !r.Packed {
				f.Size = st.size
			}
		}
		f.Lag = max(f.Size-f.Committed, 0)
		if r.Carry.Time > 0 {
			f.Last = time.Unix(0, r.Carry.Time)
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b RecordedFile) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Committed, b.Committed))
	})
	return files, nil
}
