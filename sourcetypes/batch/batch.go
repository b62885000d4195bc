// Package batch collects encoded events until there are enough to send, and
// keeps where each of them ends, so that one bad event can be told from the rest.
//
// It knows neither the form the events are encoded in nor where they go.
package batch

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"

	"ollama-hec/sourcetypes"
)

// Encoder appends one event in the form of a sink. It belongs to one stream
// and is used by one goroutine at a time.
type Encoder interface {
	Append(dst []byte, ev *sourcetypes.Event) []byte
}

// Batch is a run of encoded events. It does not change once it is built.
type Batch struct {
	Body []byte // the events one after another, as gzip if Gzip is set
	Gzip bool
	Size int     // bytes of the events before gzip
	Ends []int32 // Ends[i] is where event i ends, before gzip

	Count Count

	once     sync.Once
	answered chan struct{}
}

// Count is events and their bytes before gzip, by sourcetype.
type Count struct {
	Events, Bytes [sourcetypes.Sourcetypes]int64
}

// Add adds what o counted.
func (c *Count) Add(o *Count) {
	for i := range c.Events {
		c.Events[i] += o.Events[i]
		c.Bytes[i] += o.Bytes[i]
	}
}

// Total returns the number of events of all sourcetypes.
func (c *Count) Total() (n int64) {
	for _, events := range c.Events {
		n += events
	}
	return n
}

// Len is how many events there are.
func (b *Batch) Len() int { return len(b.Ends) }

// Answered tells the lane that the receiver has answered for this batch, so
// that the next one may be sent without overtaking it. A sink calls it at the
// latest when Deliver returns nil; further calls do nothing.
func (b *Batch) Answered() { b.once.Do(func() { close(b.answered) }) }

// Done is closed by Answered.
func (b *Batch) Done() <-chan struct{} { return b.answered }

// Text returns the events before gzip.
func (b *Batch) Text() ([]byte, error) {
	if !b.Gzip || b.Len() == 0 {
		return b.Body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(b.Body))
	if err != nil {
		return nil, fmt.Errorf("read back a batch: %w", err)
	}
	text := bytes.NewBuffer(make([]byte, 0, b.Size))
	if _, err := io.Copy(text, z); err != nil {
		return nil, fmt.Errorf("read back a batch: %w", err)
	}
	return text.Bytes(), nil
}

// Start is where event i begins, before gzip.
func (b *Batch) Start(i int) int {
	if i == 0 {
		return 0
	}
	return int(b.Ends[i-1])
}
