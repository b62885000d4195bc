package batch

import (
	"fmt"
	"slices"
	"sync"

	"ollama-hec/sourcetypes"
)

// Limits say when a batch is full. One event may exceed Bytes by itself.
type Limits struct {
	Bytes  int // before gzip
	Events int
}

// heldMax is how many bytes of events wait to be compressed until their batch is
// taken: a full one of the usual size. Only then is it known how much time there
// is for it. What a larger batch begins with gets the standard level.
const heldMax = 5 << 18

// Builder builds one batch after another. Not safe for concurrent use.
type Builder struct {
	limits   Limits
	standard Level
	held     []byte // encoded, not yet compressed
	body     body
	size     int // bytes in the batch before held
	ends     []int32
	count    Count
}

// NewBuilder returns a builder of batches at the fastest level of gzip, or plain ones.
func NewBuilder(l Limits, compress bool) *Builder {
	standard := Plain
	if compress {
		standard = Fastest
	}
	return NewBuilderAt(l, standard, new(Encoders))
}

// NewBuilderAt returns a builder of batches at a standard level, sharing its
// encoders with others.
func NewBuilderAt(l Limits, standard Level, shared *Encoders) *Builder {
	return &Builder{limits: l, standard: standard, body: body{encoders: shared}}
}

// Add encodes one event into the batch being built.
func (b *Builder) Add(enc Encoder, ev *sourcetypes.Event) {
	before := len(b.held)
	b.held = enc.Append(b.held, ev)
	b.count.Events[ev.Sourcetype]++
	b.count.Bytes[ev.Sourcetype] += int64(len(b.held) - before)
	b.added()
}

// AddEncoded adds an event that is encoded already. It is in no count.
func (b *Builder) AddEncoded(event []byte) {
	b.held = append(b.held, event...)
	b.added()
}

// added notes that held ends with a new event.
func (b *Builder) added() {
	b.ends = append(b.ends, int32(b.size+len(b.held)))
	if len(b.held) >= heldMax {
		b.pack(b.standard)
	}
}

// Len is how many events the batch being built has.
func (b *Builder) Len() int { return len(b.ends) }

// Full reports whether the batch should be taken before more is added.
func (b *Builder) Full() bool {
	return b.size+len(b.held) >= b.limits.Bytes || len(b.ends) >= b.limits.Events
}

// Take returns the batch built so far, which may be empty, at the standard
// level, and begins the next.
func (b *Builder) Take() *Batch { return b.TakeAt(b.standard) }

// TakeAt is Take at another level, unless a part is compressed already.
func (b *Builder) TakeAt(level Level) *Batch {
	if b.body.begun() {
		level = b.standard
	}
	b.pack(level)
	t := &Batch{
		Body:     b.body.end(),
		Gzip:     level != Plain,
		Size:     b.size,
		Ends:     slices.Clone(b.ends),
		Count:    b.count,
		answered: make(chan struct{}),
	}
	b.size, b.ends, b.count = 0, b.ends[:0], Count{}
	return t
}

// pack compresses what is held.
func (b *Builder) pack(level Level) {
	if len(b.held) == 0 {
		return
	}
	b.body.add(level, b.held)
	b.size += len(b.held)
	b.held = b.held[:0]
}

// mustWrite holds what bytes.Buffer promises: writing to it does not fail.
func mustWrite(_ int, err error) {
	if err != nil {
		panic(fmt.Sprintf("write to memory: %v", err))
	}
}

// partEncoders are for Part: an encoder takes 0.7 MB, and a batch that is halved again
// and again has many parts.
var partEncoders = sync.Pool{New: func() any { return new(Encoders) }}

// Part builds a batch of events from to below to of b, compressed if b is.
func Part(b *Batch, from, to int) (*Batch, error) {
	text, err := b.Text()
	if err != nil {
		return nil, err
	}
	shared := partEncoders.Get().(*Encoders)
	defer partEncoders.Put(shared)
	level := Plain
	if b.Gzip {
		level = Fastest
	}
	p := NewBuilderAt(Limits{}, level, shared)
	for i := from; i < to; i++ {
		p.AddEncoded(text[b.Start(i):b.Ends[i]])
	}
	return p.Take(), nil
}
