package file

import (
	"encoding/json"
	"unicode/utf8"
)

// named is a record as it is stored. JSON holds only UTF-8, and a file's name need not be
// UTF-8: such a name is stored as bytes.
type named struct {
	*plainRecord
	SourceBytes []byte `json:"source_bytes,omitempty"` // in place of source, where that is no UTF-8
	PathBytes   []byte `json:"path_bytes,omitempty"`   // likewise
}

type plainRecord record

// MarshalJSON implements json.Marshaler.
func (r record) MarshalJSON() ([]byte, error) {
	n := named{plainRecord: (*plainRecord)(&r)}
	if !utf8.ValidString(r.Source) {
		n.SourceBytes = []byte(r.Source)
	}
	if !utf8.ValidString(r.Path) {
		n.PathBytes = []byte(r.Path)
	}
	return json.Marshal(n)
}

// UnmarshalJSON implements json.Unmarshaler.
func (r *record) UnmarshalJSON(text []byte) error {
	n := named{plainRecord: (*plainRecord)(r)}
	if err := json.Unmarshal(text, &n); err != nil {
		return err
	}
	if n.SourceBytes != nil {
		r.Source = string(n.SourceBytes)
	}
	if n.PathBytes != nil {
		r.Path = string(n.PathBytes)
	}
	return nil
}
