package file

import (
	"bytes"
	"errors"
	"io"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

// pass is one Read under way.
type pass struct {
	file     content
	packed   bool
	wanted   int // bytes that a line of the program's may have
	maxLine  int // and a physical one
	departed bool
	final    bool
	mtime    int64 // not after the file was last written to
	frames   *framing.Frames
	encoding framing.Encoding
	start    int64 // where reading began
	first    int64 // where the first record begins
	bare     bool  // no record begins with a hole or with an encoding's mark

	// As in generation; before and head are its own.
	fingerprint
	progress

	found
}

// found is the result of a Read so far.
type found struct {
	atEnd    bool
	changed  bool // the file is not what was read
	err      error
	cut      int    // lines
	next     int64  // the end of the last record
	after    []byte // what before becomes
	longHead []byte // what head becomes, nil: as it was
}

// limitLines sets how long a line may be before it is cut. data is where the next line
// begins.
func (r *pass) limitLines(data []byte) {
	if r.encoding != framing.UTF8 {
		r.maxLine = 2 * r.frames.Limit(nil, r.wanted) // bytes for a letter
		return
	}
	r.maxLine = r.frames.Limit(data, r.wanted)
}

// lastEncoding is how the line before is written, as far as is known.
func (r *pass) lastEncoding() framing.Encoding {
	if r.lines {
		return r.as
	}
	return framing.EncodingOf(r.head)
}

// writtenIn notes how the next line is written.
func (r *pass) writtenIn(e framing.Encoding) {
	switch {
	case r.encoding == framing.UTF8 && e != framing.UTF8:
		r.maxLine *= 2 // bytes for a letter
	case r.encoding != framing.UTF8 && e == framing.UTF8:
		r.maxLine /= 2
	}
	r.encoding = e
}

// add makes a record of a line of size bytes and continues at next. line has the bytes of
// it that a record may hold.
func (r *pass) add(c *input.Chunk, line []byte, size, next int64) {
	most := r.maxLine
	if r.encoding != framing.UTF8 {
		text := r.encoding.Append(make([]byte, 0, len(line)), line)
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
		line, size, most = text, int64(len(text))+(size-int64(len(line)))/2, most/2
	}
	line = r.limited(line, size, most)
	r.bare = false // nobody looked
	c.Records = append(c.Records, input.Record{Text: line, Next: input.Position(next), Written: r.mtime})
	r.took(next)
}

// limited returns what a record may hold of a line of size bytes, of which it may hold most.
func (r *pass) limited(line []byte, size int64, most int) []byte {
	if size <= int64(most) {
		return line
	}
	text, cut := input.Limit(line, size, most)
	if !cut {
		return line
	}
	r.cut++
	return text
}

// took notes that the lines up to next are records.
func (r *pass) took(next int64) {
	r.off, r.next, r.scanned = next, next, 0
	r.lines, r.as = true, r.encoding
}

// tear makes a record of what stands before a hole in line and passes over the hole: what is
// behind it is another line. It returns how much of line that is; 0 if there is no hole, or
// none before the place where the line is cut.
func (r *pass) tear(c *input.Chunk, line []byte) int {
	hole := r.holeIn(line)
	if hole < 0 {
		return 0
	}
	end := hole
	for end < len(line) && line[end] == 0 {
		end++
	}
	if hole > 0 {
		r.add(c, line[:hole:hole], int64(hole), r.off+int64(hole))
	}
	r.passOver(r.off + int64(end-hole))
	return end
}

// holeIn is where a hole begins in a line of which a record would show that; -1 if none does.
// In UTF-16 zeros are letters.
func (r *pass) holeIn(line []byte) int {
	if r.encoding != framing.UTF8 {
		return -1
	}
	if hole, _ := input.Hole(line[:min(len(line), r.maxLine+input.LeastHole)]); hole <= r.maxLine {
		return hole
	}
	return -1
}

// passOver passes over a hole that ends at next.
func (r *pass) passOver(next int64) {
	r.off, r.scanned = next, 0
	r.lines, r.as = true, r.encoding
}

// readAt fills buf from pos as far as reading is allowed, and notes whether that was all
// there is.
func (r *pass) readAt(buf []byte, pos int64) (int, bool) {
	if r.limit >= 0 {
		buf = buf[:max(0, min(int64(len(buf)), r.limit-pos))]
	}
	n, err := r.file.ReadAt(buf, pos)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
		return 0, false
	}
	r.atEnd = n < len(buf) || r.limit >= 0 && pos+int64(n) >= r.limit
	return n, true
}
