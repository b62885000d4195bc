package file

import (
	"bytes"
	"errors"
	"io"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

// readLong looks for the end of a line that does not fit the buffer. It keeps
// nothing of it: the beginning is read again once the end is found.
func (r *pass) readLong(c *input.Chunk) {
	overlap := min(r.scanned, anchorSize)
	start := r.off + r.scanned - overlap
	var head [framing.TellingLine]byte
	begins, err := r.file.ReadAt(head[:], r.off)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
		return
	}
	if r.encoding = r.lastEncoding(); r.off == 0 {
		r.encoding = framing.EncodingOf(head[:begins])
	}
	r.encoding = r.encoding.At(head[:begins])
	r.limitLines(nil)
	n, ok := r.readAt(c.Buf, start)
	if !ok {
		return
	}
	if int64(n) < overlap || r.endsLine(c.Buf[:overlap], start) {
		// not what was scanned: from the start of the line again
		r.scanned, r.atEnd = 0, false
		return
	}
	if i, size := r.encoding.LineEnd(c.Buf[:n], (start-r.off)&1 == 1); i >= 0 {
		r.atEnd = false
		length := r.scanned - overlap + int64(i)
		r.addLong(c, length, length+int64(size))
		return
	}
	r.scanned += int64(n) - overlap
	if r.atEnd && r.final {
		r.addLong(c, r.scanned, r.scanned)
	}
}

// endsLine reports whether a line ends in b, which stands at start.
func (r *pass) endsLine(b []byte, start int64) bool {
	i, _ := r.encoding.LineEnd(b, (start-r.off)&1 == 1)
	return i >= 0
}

// addLong makes a record of a line of length bytes that takes up size bytes.
func (r *pass) addLong(c *input.Chunk, length, size int64) {
	lead := len(r.before)
	most := int64(r.maxLine) + input.LeastHole // to see a hole that begins where the line is cut
	need := lead + int(min(length, most))
	if len(c.Buf) < need {
		c.Buf = make([]byte, max(need, min(2*len(c.Buf), lead+int(most))))
	}
	n, err := r.file.ReadAt(c.Buf[:need], r.off-int64(lead))
	line := c.Buf[lead:need:need]
	switch {
	case n < need && err != nil || !bytes.Equal(c.Buf[:lead], r.before):
		r.changed = true
		return
	case r.endsLine(line, r.off):
		r.scanned, r.atEnd = 0, false
		return
	}
	if hole := r.holeIn(line); hole >= 0 {
		r.addTorn(c, line[:hole], length)
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

// addTorn makes a record of text, which a hole follows within a long line: what comes
// behind it is another one. Without text it passes over the hole.
func (r *pass) addTorn(c *input.Chunk, text []byte, length int64) {
	next := r.off + int64(len(text))
	if len(text) == 0 {
		next = r.holeEnd(r.off + length)
	}
	var last [anchorSize]byte
	after, err := readBefore(r.file, next, int(min(next, anchorSize)), &last)
	if err != nil {
		r.changed = true
		return
	}
	r.after, r.atEnd = bytes.Clone(after), false
	if len(text) > 0 {
		r.add(c, text, int64(len(text)), next)
	}
	r.passOver(next)
}

// holeEnd returns where the zeros at off end, but at most end.
func (r *pass) holeEnd(end int64) int64 {
	var buf [len(zeros)]byte
	for at := r.off; at < end; {
		n, err := r.file.ReadAt(buf[:min(int64(len(buf)), end-at)], at)
		if !bytes.Equal(buf[:n], zeros[:n]) {
			return at + int64(bytes.IndexFunc(buf[:n], func(c rune) bool { return c != 0 }))
		}
		if at += int64(n); err != nil {
			return at
		}
	}
	return end
}

var zeros [32 << 10]byte
