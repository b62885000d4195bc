package file

import (
	"bufio"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
)

// packed is a gzipped file, read as its unpacked text. It is unpacked forwards; reading
// further back than a cursor remembers unpacks it again from its beginning. With two
// cursors, a reader who looks for the end of a long line and returns to its start unpacks
// the file twice at most.
type packed struct {
	plain

	mu      sync.Mutex
	cursors [2]*cursor   // guarded by mu; nil: at the beginning
	known   atomic.Int64 // how much it says, as far as that was found out; grows under mu
	stopped bool         // guarded by mu; there is no more than that
	damage  error        // guarded by mu; why there is no more, nil: it ended
	size    int64        // guarded by mu; of the file, before it stopped
	scratch []byte       // guarded by mu; to skip with
}

// unpack makes a packed of a gzipped file. known is how many unpacked bytes it is known to
// have.
func unpack(f plain, known int64) *packed {
	p := &packed{plain: f}
	p.known.Store(known)
	return p
}

// stat returns the file's attributes, with the known size of the unpacked text as the size.
// It does not wait for unpacking.
func (p *packed) stat() (stat, error) {
	st, err := p.plain.stat()
	st.size = p.known.Load()
	return st, err
}

// damaged returns why nothing more can be read, nil if there may be more or the file has
// ended well.
func (p *packed) damaged() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.damage
}

// ReadAt implements io.ReaderAt. A damaged file ends where the damage begins, until the
// file changes.
func (p *packed) ReadAt(b []byte, at int64) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.refresh(); err != nil {
		return 0, err
	}
	if p.stopped && at >= p.known.Load() {
		return 0, io.EOF
	}
	n, err := p.read(b, at)
	if n < len(b) && err == nil {
		err = io.EOF
	}
	return n, err
}

// refresh forgets where the text ended if the file has been written to since.
func (p *packed) refresh() error {
	if !p.stopped {
		return nil
	}
	st, err := p.plain.stat()
	if err != nil {
		return err
	}
	if st.size != p.size {
		p.stopped, p.damage, p.cursors = false, nil, [2]*cursor{}
	}
	return nil
}

func (p *packed) read(b []byte, at int64) (int, error) {
	c := p.cursor(at)
	if p.scratch == nil {
		p.scratch = make([]byte, 32<<10)
	}
	ended := c.err != nil
	before, err := p.plain.stat() // what is written while it is read may not be read
	if err != nil {
		return 0, err
	}
	n := c.readAt(b, at, p.scratch)
	p.known.Store(max(p.known.Load(), c.end))
	if c.err == nil {
		return n, nil
	}
	if err := c.in.err; err != nil { // of the file, not of what it says
		p.cursors = [2]*cursor{}
		return n, err
	}
	again := p.stopped
	if p.stopped = true; !ended {
		p.size = before.size
	}
	if !errors.Is(c.err, io.EOF) {
		p.damage = c.err
	}
	if again && at >= c.end-restSize {
		c.rest() // there is only that to read
		p.cursors, p.scratch = [2]*cursor{c}, nil
	}
	return n, nil
}

// cursor returns the cursor nearest before at. If there is none, the one that got less far
// starts again.
func (p *packed) cursor(at int64) *cursor {
	var best *cursor
	least := &p.cursors[0]
	for i, c := range p.cursors {
		if c != nil && c.start() <= at && (best == nil || c.end > best.end) {
			best = c
		}
		if *least != nil && (c == nil || c.end < (*least).end) {
			least = &p.cursors[i]
		}
	}
	if best == nil {
		best = &cursor{in: &section{file: p.plain}}
		*least = best
	}
	return best
}

// cursor unpacks a file from its start on and remembers the last bytes unpacked.
type cursor struct {
	in       *section
	unpacker *gzip.Reader // nil: not begun
	end      int64        // of what was unpacked
	memory   []byte       // what stands before end
	least    int          // how much of it is to be remembered
	err      error        // why there is no more
}

func (c *cursor) start() int64 { return c.end - int64(len(c.memory)) }

// readAt fills b with what stands at a place not before start, and remembers it.
func (c *cursor) readAt(b []byte, at int64, scratch []byte) (n int) {
	c.least = max(c.least, len(b))
	if at < c.end {
		n = copy(b, c.memory[at-c.start():])
	}
	for n < len(b) && c.err == nil {
		if gap := at - c.end; gap > 0 {
			c.next(scratch[:min(int64(len(scratch)), gap)])
		} else {
			n += c.next(b[n:])
		}
	}
	return n
}

// next unpacks the next bytes into b.
func (c *cursor) next(b []byte) (n int) {
	if c.unpacker == nil {
		if c.unpacker, c.err = gzip.NewReader(bufio.NewReaderSize(c.in, 16<<10)); c.err != nil {
			c.err = early(c.err)
			return 0
		}
	}
	n, c.err = c.unpacker.Read(b)
	c.remember(b[:n])
	return n
}

// early turns the end of a file before the end of gzip's header into an error of its own.
func early(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (c *cursor) remember(b []byte) {
	c.end += int64(len(b))
	if len(b) >= c.least {
		c.memory, b = c.memory[:0], b[len(b)-c.least:]
	}
	if len(c.memory)+len(b) > 2*c.least {
		c.memory = c.memory[:copy(c.memory, c.memory[len(c.memory)+len(b)-c.least:])]
	}
	c.memory = append(c.memory, b...)
}

// restSize is how many of the last bytes a cursor keeps.
const restSize = 16 * anchorSize

// rest frees the memory that only unpacking needs.
func (c *cursor) rest() {
	c.memory = append([]byte(nil), c.memory[max(0, len(c.memory)-restSize):]...)
	c.unpacker = nil
}

// section reads a file from its beginning, and tells errors of reading it from errors of
// unpacking it.
type section struct {
	file plain
	at   int64
	err  error
}

func (s *section) Read(b []byte) (int, error) {
	n, err := s.file.ReadAt(b, s.at)
	s.at += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// unfinished reports whether a damaged file may become whole by being written on.
func unfinished(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
