package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

const (
	magic = "ollama-hec checkpoints"
	// format changes when an older program could no longer read the content.
	format = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errNewer: the content is whole, and of a format this program does not know.
var errNewer = errors.New("written by a newer version of this program")

// content is what the file holds: one header line, then JSON.
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

func (c *content) encode() ([]byte, error) {
	body, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	return append([]byte(header(format, body)+"\n"), body...), nil
}

// header is the first line. Its checksum covers itself and the body.
func header(version int, body []byte) string {
	what := fmt.Sprintf("%s %d %d", magic, version, len(body))
	sum := crc32.Update(crc32.Checksum([]byte(what), castagnoli), castagnoli, body)
	return fmt.Sprintf("%s %08x", what, sum)
}

func decode(data []byte) (content, error) {
	first, body, found := bytes.Cut(data, []byte("\n"))
	if !found {
		return content{}, errors.New("no header")
	}
	var version int
	if _, err := fmt.Sscanf(string(first), magic+" %d ", &version); err != nil {
		return content{}, fmt.Errorf("header: %w", err)
	}
	if header(version, body) != string(first) {
		return content{}, errors.New("checksum or length does not match")
	}
	if version > format {
		return content{}, errNewer
	}
	c := emptyContent()
	if err := json.Unmarshal(body, &c); err != nil {
		return content{}, err
	}
	// null in the JSON makes nil maps
	if c.Records == nil {
		c.Records = emptyContent().Records
	}
	if c.Documents == nil {
		c.Documents = emptyContent().Documents
	}
	return c, nil
}
