package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	magic = "ollama-hec checkpoints"
	// format is raised when older versions of the program could not read the content.
	format = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	// errNewer: the content is whole, and of a format this program does not know.
	errNewer = errors.New("written by a newer version of this program")
	// errTail: what was appended is whole only up to a point.
	errTail = errors.New("the last changes are not whole")
)

// content is what the file holds: a header line, a line of JSON, and the changes since then,
// each on a line of its own.
type content struct {
	Records   map[string]map[string]json.RawMessage `json:"records"` // by namespace and id
	Documents map[string][]byte                     `json:"documents"`
	Suspended []suspension                          `json:"suspended,omitempty"` // the first one first
}

func (c *content) set(key recordKey, raw json.RawMessage) {
	if c.Records[key.namespace] == nil {
		c.Records[key.namespace] = make(map[string]json.RawMessage)
	}
	c.Records[key.namespace][key.id] = raw
}

// restore sets a record to what it was; null: there was none.
func (c *content) restore(key recordKey, raw json.RawMessage) {
	if raw == nil || string(raw) == "null" {
		delete(c.Records[key.namespace], key.id)
		return
	}
	c.set(key, raw)
}

func emptyContent() content {
	return content{
		Records:   make(map[string]map[string]json.RawMessage),
		Documents: make(map[string][]byte),
	}
}

// encode returns the file for c and the checksum its first change continues from.
func (c *content) encode() ([]byte, uint32, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, 0, err
	}
	first := header(format, body)
	return append([]byte(first+"\n"), body...), checksum([]byte(first)), nil
}

// header is the first line. Its checksum covers itself and the body.
func header(version int, body []byte) string {
	what := fmt.Sprintf("%s %d %d", magic, version, len(body))
	sum := crc32.Update(checksum([]byte(what)), castagnoli, body)
	return fmt.Sprintf("%s %08x", what, sum)
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }
