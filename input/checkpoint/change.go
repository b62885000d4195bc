package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
)

// change is one append to the file: records and documents with their new values.
type change struct {
	Records   map[string]map[string]json.RawMessage `json:"records,omitempty"` // null: it was deleted
	Documents map[string]*[]byte                    `json:"documents,omitempty"`
	Suspended *[]suspension                         `json:"suspended,omitempty"`
}

// touched names what has changed since the file was last written.
type touched struct {
	records   map[recordKey]bool
	documents map[string]bool
	suspended bool
}

func newTouched() touched {
	return touched{records: make(map[recordKey]bool), documents: make(map[string]bool)}
}

func (t touched) nothing() bool { return len(t.records)+len(t.documents) == 0 && !t.suspended }

// change returns the present values in c of what t names.
func (c *content) change(t touched) change {
	ch := change{Records: make(map[string]map[string]json.RawMessage), Documents: make(map[string]*[]byte)}
	for key := range t.records {
		if ch.Records[key.namespace] == nil {
			ch.Records[key.namespace] = make(map[string]json.RawMessage)
		}
		ch.Records[key.namespace][key.id] = c.Records[key.namespace][key.id]
	}
	for name := range t.documents {
		ch.Documents[name] = nil
		if document, ok := c.Documents[name]; ok {
			ch.Documents[name] = &document
		}
	}
	if t.suspended {
		ch.Suspended = &c.Suspended
	}
	return ch
}

// apply puts the values of a change into c.
func (c *content) apply(ch change) {
	for namespace, records := range ch.Records {
		for id, raw := range records {
			c.restore(recordKey{namespace, id}, raw)
		}
	}
	for name, document := range ch.Documents {
		if document == nil {
			delete(c.Documents, name)
			continue
		}
		c.Documents[name] = *document
	}
	if ch.Suspended != nil {
		c.Suspended = *ch.Suspended
	}
}

// encode returns the bytes to append for the change, and the new checksum. sum is the checksum
// of the file so far. Each checksum continues the one before, so a change counts only in its
// place: one that is left over or out of order does not.
func (ch change) encode(sum uint32) ([]byte, uint32, error) {
	body, err := json.Marshal(ch)
	if err != nil {
		return nil, 0, err
	}
	sum = crc32.Update(sum, castagnoli, body)
	return append(fmt.Appendf(nil, "\n%08x ", sum), body...), sum, nil
}

// decoded is the content of a file that was read.
type decoded struct {
	content
	size int    // bytes that are whole
	base int    // bytes of these before the first change
	sum  uint32 // what the next change continues from
}

// decode reads a file. With errTail it returns what the file held before the changes
// that are not whole.
func decode(data []byte) (decoded, error) {
	first, rest, found := bytes.Cut(data, []byte("\n"))
	if !found {
		return decoded{}, errors.New("no header")
	}
	var version, length int
	if _, err := fmt.Sscanf(string(first), magic+" %d %d ", &version, &length); err != nil {
		return decoded{}, fmt.Errorf("header: %w", err)
	}
	if length < 0 || length > len(rest) || header(version, rest[:length]) != string(first) {
		return decoded{}, errors.New("checksum or length does not match")
	}
	if version > format {
		return decoded{}, errNewer
	}
	base := len(first) + 1 + length
	d := decoded{content: emptyContent(), base: base, size: base, sum: checksum(first)}
	if err := json.Unmarshal(rest[:length], &d.content); err != nil {
		return decoded{}, err
	}
	// null in the JSON makes nil maps
	if d.Records == nil {
		d.Records = emptyContent().Records
	}
	if d.Documents == nil {
		d.Documents = emptyContent().Documents
	}
	return d, d.replay(data)
}

// replay applies the changes in data after what was decoded of it, up to the first
// that is not whole.
func (d *decoded) replay(data []byte) error {
	for d.size < len(data) {
		line, ok := bytes.CutPrefix(data[d.size:], []byte("\n"))
		if !ok {
			return errTail
		}
		if end := bytes.IndexByte(line, '\n'); end >= 0 {
			line = line[:end]
		}
		said, body, _ := bytes.Cut(line, []byte(" "))
		sum := crc32.Update(d.sum, castagnoli, body)
		var ch change
		if string(said) != fmt.Sprintf("%08x", sum) || json.Unmarshal(body, &ch) != nil {
			return errTail
		}
		d.apply(ch)
		d.sum, d.size = sum, d.size+1+len(line)
	}
	return nil
}
