package file

import (
	"bytes"

	"ollama-hec/input"
)

// readLong looks for the end of a line that does not fit the buffer. It keeps
// nothing of it: the beginning is read again once the end is found.
func (r *pass) readLong(c *input.Chunk) {
	overlap := min(r.scanned, anchorSize)
	n, ok := r.readAt(c.Buf, r.off+r.scanned-overlap)
	if !ok {
		return
	}
	if int64(n) < overlap || bytes.IndexByte(c.Buf[:overlap], '\n') >= 0 {
		// not what was scanned: from the start of the line again
		r.scanned, r.atEnd = 0, false
		return
	}
	if i := bytes.IndexByte(c.Buf[overlap:n], '\n'); i >= 0 {
		r.atEnd = false
		length := r.scanned + int64(i)
		r.addLong(c, length, length+1)
		return
	}
	r.scanned += int64(n) - overlap
	if r.atEnd && r.final {
		r.addLong(c, r.scanned, r.scanned)
	}
}

// addLong makes a record of a line of length bytes that takes up size bytes.
func (r *pass) addLong(c *input.Chunk, length, size int64) {
	lead := len(r.before)
	need := lead + int(min(length, int64(r.maxLine)+1))
	if len(c.Buf) < need {
		c.Buf = make([]byte, max(need, min(2*len(c.Buf), lead+r.maxLine+1)))
	}
	n, err := r.file.ReadAt(c.Buf[:need], r.off-int64(lead))
	line := c.Buf[lead:need:need]
	switch {
	case n < need && err != nil || !bytes.Equal(c.Buf[:lead], r.before):
		r.changed = true
		return
	case bytes.IndexByte(line, '\n') >= 0:
		r.scanned, r.atEnd = 0, false
		return
	}
	next := r.off + size
	var last [anchorSize]byte
	after, err := readBefore(r.file, next, int(min(next, anchorSize)), &last)
	if err != nil {
		r.changed = true
		return
	}
	if text := bytes.TrimSuffix(after, []byte("\n")); length > int64(len(line)) && bytes.HasSuffix(text, []byte("\r")) {
		length-- // of the terminator
	}
	r.after = bytes.Clone(after)
	r.add(c, line, length, next)
}
