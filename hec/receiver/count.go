package receiver

import (
	"bytes"
	"io"
	"sync"
)

// counter counts the objects at the top level of JSON text without checking
// it. Brackets do not matter, so the objects of a top-level array count too.
type counter struct {
	objects uint64
	depth   int
	text    bool // inside a string
	escape  bool // the next byte is escaped
}

func (c *counter) count(p []byte) {
	for i := 0; i < len(p); i++ {
		if c.text {
			i = c.skip(p, i)
			continue
		}
		switch p[i] {
		case '"':
			c.text = true
		case '{':
			c.depth++
		case '}':
			if c.depth--; c.depth == 0 {
				c.objects++
			}
		}
	}
}

// skip returns the last byte of the string p[i] is in, or of p.
func (c *counter) skip(p []byte, i int) int {
	if c.escape {
		c.escape = false
		i++
	}
	for i < len(p) {
		quote := bytes.IndexByte(p[i:], '"')
		end := i + quote
		if quote < 0 {
			end = len(p)
		}
		escapes := 0
		for escapes < end-i && p[end-1-escapes] == '\\' {
			escapes++
		}
		odd := escapes%2 == 1
		switch {
		case quote < 0:
			c.escape = odd
			return len(p)
		case !odd:
			c.text = false
			return end
		}
		i = end + 1
	}
	return len(p)
}

var chunks = sync.Pool{New: func() any { return new([256 << 10]byte) }}

func (c *counter) readFrom(r io.Reader) error {
	chunk := chunks.Get().(*[256 << 10]byte)
	defer chunks.Put(chunk)
	for {
		n, err := r.Read(chunk[:])
		c.count(chunk[:n])
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
