package batch

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// Level is how hard a batch is compressed: 0 not at all, 1 the fastest, 9 the smallest.
type Level int

const (
	Plain    Level = 0
	Fastest  Level = gzip.BestSpeed
	Smallest Level = gzip.BestCompression
)

// Encoders are gzip encoders that builders share: as many for each level as
// compress at the same time, for one takes up to a megabyte. Safe for concurrent use.
type Encoders struct {
	mu   sync.Mutex
	idle [Smallest + 1][]*gzip.Writer // guarded by mu
}

// borrow returns an encoder that writes to out.
func (e *Encoders) borrow(l Level, out *bytes.Buffer) *gzip.Writer {
	e.mu.Lock()
	defer e.mu.Unlock()
	idle := e.idle[l]
	if len(idle) == 0 {
		// The level is known to be valid: settings take no other.
		z, _ := gzip.NewWriterLevel(out, int(l))
		return z
	}
	z := idle[len(idle)-1]
	e.idle[l] = idle[:len(idle)-1]
	z.Reset(out)
	return z
}

func (e *Encoders) giveBack(l Level, z *gzip.Writer) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle[l] = append(e.idle[l], z)
}

// body collects the body of one batch, at one level.
type body struct {
	encoders *Encoders
	level    Level
	zip      *gzip.Writer // nil: not begun, or plain
	out      bytes.Buffer
}

func (b *body) begun() bool { return b.zip != nil || b.out.Len() > 0 }

// add adds text at a level, which is that of the text before it.
func (b *body) add(level Level, text []byte) {
	if level == Plain {
		mustWrite(b.out.Write(text))
		return
	}
	if b.zip == nil {
		b.level, b.zip = level, b.encoders.borrow(level, &b.out)
	}
	mustWrite(b.zip.Write(text))
}

// end returns the body in a slice of its own and of the right size, for a batch
// may wait for minutes. The next body begins.
func (b *body) end() []byte {
	if b.zip != nil {
		mustWrite(0, b.zip.Close())
		b.encoders.giveBack(b.level, b.zip)
		b.zip = nil
	}
	whole := bytes.Clone(b.out.Bytes())
	b.out.Reset()
	return whole
}
