package batch

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/klauspost/compress/gzip"

	"ollama-hec/sourcetypes"
)

// Limits say when a batch is full. One event may exceed Bytes by itself.
type Limits struct {
	Bytes  int // before gzip
	Events int
}

// gzipAt is how many bytes are encoded before they are compressed: few enough
// to be still in the cache.
const gzipAt = 32 << 10

// Builder builds one batch after another. Not safe for concurrent use.
type Builder struct {
	limits Limits
	zip    *gzip.Writer // nil: plain
	out    bytes.Buffer // what is compressed, or with nil zip all there is
	plain  []byte       // encoded, not yet compressed
	size   int          // bytes in the batch before plain
	ends   []int32
	count  Count
}

// NewBuilder returns a builder of gzip or plain batches.
func NewBuilder(l Limits, compress bool) *Builder {
	b := &Builder{limits: l}
	if compress {
		// The level is known to be valid: it is a constant.
		b.zip, _ = gzip.NewWriterLevel(&b.out, gzip.BestSpeed)
	}
	return b
}

// Add encodes one event into the batch being built.
func (b *Builder) Add(enc Encoder, ev *sourcetypes.Event) {
	before := len(b.plain)
	b.plain = enc.Append(b.plain, ev)
	b.count.Events[ev.Sourcetype]++
	b.count.Bytes[ev.Sourcetype] += int64(len(b.plain) - before)
	b.added()
}

// AddEncoded adds an event that is encoded already. It is in no count.
func (b *Builder) AddEncoded(event []byte) {
	b.plain = append(b.plain, event...)
	b.added()
}

// added notes that plain ends with a new event.
func (b *Builder) added() {
	b.ends = append(b.ends, int32(b.size+len(b.plain)))
	if len(b.plain) >= gzipAt {
		b.squeeze()
	}
}

// Len is how many events the batch being built has.
func (b *Builder) Len() int { return len(b.ends) }

// Full reports whether the batch should be taken before more is added.
func (b *Builder) Full() bool {
	return b.size+len(b.plain) >= b.limits.Bytes || len(b.ends) >= b.limits.Events
}

// Take returns the batch built so far, which may be empty, and begins the next.
func (b *Builder) Take() *Batch {
	b.squeeze()
	t := &Batch{
		Gzip:     b.zip != nil,
		Size:     b.size,
		Ends:     slices.Clone(b.ends),
		Count:    b.count,
		answered: make(chan struct{}),
	}
	if b.zip != nil && t.Len() > 0 {
		mustWrite(b.zip.Close())
	}
	// A copy of the right size: the buffer is used again while the batch may
	// wait for minutes.
	t.Body = bytes.Clone(b.out.Bytes())
	b.out.Reset()
	if b.zip != nil {
		b.zip.Reset(&b.out)
	}
	b.size, b.ends, b.count = 0, b.ends[:0], Count{}
	return t
}

func (b *Builder) squeeze() {
	if len(b.plain) == 0 {
		return
	}
	var err error
	if b.zip != nil {
		_, err = b.zip.Write(b.plain)
	} else {
		_, err = b.out.Write(b.plain)
	}
	mustWrite(err)
	b.size += len(b.plain)
	b.plain = b.plain[:0]
}

// mustWrite holds what bytes.Buffer promises: writing to it does not fail.
func mustWrite(err error) {
	if err != nil {
		panic(fmt.Sprintf("write to memory: %v", err))
	}
}

// Part builds a batch of events from to below to of b, compressed as b is.
func Part(b *Batch, from, to int) (*Batch, error) {
	text, err := b.Text()
	if err != nil {
		return nil, err
	}
	p := NewBuilder(Limits{}, b.Gzip)
	for i := from; i < to; i++ {
		p.AddEncoded(text[b.Start(i):b.Ends[i]])
	}
	return p.Take(), nil
}
