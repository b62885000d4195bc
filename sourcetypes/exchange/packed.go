package exchange

import (
	"bytes"
	"io"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ollama-hec/sourcetypes/internal/text"
)

// packed is a compressed body. It is kept until it is complete: no more of it than
// maxPacked, or what it holds is not known.
type packed struct {
	coding coding
	body   kept
	swell  *swell
}

type coding uint8

const (
	noCoding coding = iota
	gzipCoding
	zstdCoding
	otherCoding
)

const (
	maxPacked   = 2 << 20
	maxUnpacked = 20 << 20 // Ollama takes no more than that
	maxWindow   = 8 << 20
)

func codingOf(encoding []byte) coding {
	switch {
	case len(encoding) == 0, text.EqualFold(encoding, "identity"):
		return noCoding
	case text.EqualFold(encoding, "gzip"):
		return gzipCoding
	case text.EqualFold(encoding, "zstd"):
		return zstdCoding
	}
	return otherCoding
}

func newPacked(c coding, r *room) *packed {
	return &packed{c, kept{most: maxPacked, from: &share{room: r}}, &r.swell}
}

func (p *packed) add(part []byte) { p.body.add(part) }

func (p *packed) release() { p.body.clear() }

// unpack hands on what is in the body, in pieces. It stops where feed wants no more, and
// where the body is none of its coding, or too large, or swells more than all may.
func (p *packed) unpack(at time.Time, feed func([]byte) (more bool)) {
	if !p.body.whole() {
		return
	}
	unpacking.Lock()
	defer unpacking.Unlock()
	r, done, err := p.reader()
	if err != nil {
		return
	}
	defer done()
	r = io.LimitReader(r, maxUnpacked)
	buf := make([]byte, 32<<10)
	usual := usualRatio * len(p.body.text)
	for {
		n, err := r.Read(buf)
		if usual -= n; usual < 0 && !p.swell.take(min(n, -usual), at) {
			p.body.denied = true
			return
		}
		if !feed(buf[:n]) || err != nil {
			return
		}
	}
}

// unpacking lets one body after the other be unpacked, for the memory that one takes.
var unpacking sync.Mutex

// decoders are used again while bodies come one after the other: each can ask for maxWindow
// with a few bytes.
var decoders sync.Pool

func (p *packed) reader() (r io.Reader, done func(), err error) {
	body := bytes.NewReader(p.body.text)
	switch p.coding {
	case gzipCoding:
		r, err := gzip.NewReader(body)
		return r, func() {}, err
	case zstdCoding:
		d, ok := decoders.Get().(*zstd.Decoder)
		if !ok {
			d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
				zstd.WithDecoderMaxWindow(maxWindow))
		}
		if err == nil {
			err = d.Reset(body)
		}
		if err != nil {
			return nil, nil, err
		}
		return d, func() { _ = d.Reset(nil); decoders.Put(d) }, nil
	}
	return nil, nil, io.ErrUnexpectedEOF
}
