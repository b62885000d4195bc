package file

import (
	"bytes"
	"errors"
	"io"
	"os"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

// The least a buffer must hold to make out lines in; a smaller one is replaced.
const (
	bufferMin     = 4 << 10
	bufferDefault = 256 << 10
)

// Read implements input.Stream. It never decides what became of a file: where
// the bytes before the offset are not those that were read, it reads nothing
// and leaves that to Run.
func (g *generation) Read(c *input.Chunk) input.Progress {
	c.Records = c.Records[:0]
	if len(c.Buf) < bufferMin {
		c.Buf = make([]byte, bufferDefault)
	}
	g.recallFraming()
	r, progress := g.beginRead()
	if r.file != nil {
		r.read(c)
		progress = g.endRead(&r)
	}
	g.frames.Unwrap(c, input.Position(r.first), g.framesEnd(&r, progress))
	g.released()
	return progress
}

// framesEnd is Ended if a line that has begun gets no more parts: nor in a file
// that comes after, as it waited for one.
func (g *generation) framesEnd(r *reading, progress input.Progress) input.Progress {
	switch {
	case g.owner.options.Once:
		return input.Idle // next time there may be more
	case r.atEnd && r.final:
		return input.Ended
	}
	return progress
}

// recallFraming has g read as its source was before, if nothing is known of g itself.
func (g *generation) recallFraming() {
	if !g.frames.Decided() {
		g.frames.Follow(g.owner.framings.Of(g.source))
	}
}

// released lets go of what only a Read may touch.
func (g *generation) released() {
	kept, news := g.frames.News()
	if news {
		g.owner.framings.Note(g.source, kept)
		g.owner.notices.framed(g.source, g.frames.Says())
	}
	g.mu.Lock()
	if news {
		g.framing = kept
	}
	wake := g.wake
	g.reading, g.wake = false, false
	g.pending = g.frames.Pending()
	g.mu.Unlock()
	if wake {
		g.owner.wakeUp()
	}
}

// reading is one Read under way.
type reading struct {
	file    content
	wanted  int   // bytes that a line of the program's may have
	maxLine int   // and a physical one
	limit   int64 // negative: none

	// As in generation; before and head are its own.
	off, scanned, blank     int64
	before, head            []byte
	rested, departed, final bool
	mtime                   int64 // not after the file was last written to

	frames   *framing.Frames
	encoding framing.Encoding
	first    int64 // where the first record begins
	atEnd    bool
	changed  bool // the file is not what was read
	err      error
	cut      int    // lines
	next     int64  // the end of the last record
	after    []byte // what before becomes
	longHead []byte // what head becomes, nil: as it was
}

func (g *generation) beginRead() (reading, input.Progress) {
	g.mu.Lock()
	g.reading = true
	if g.file == nil && !g.over && !g.suspect {
		g.mu.Unlock()
		err := g.owner.reopen(g)
		g.mu.Lock()
		if err != nil {
			g.announced = false
			g.mu.Unlock()
			return reading{}, input.Idle
		}
	}
	defer g.mu.Unlock()
	switch {
	case g.over:
		return reading{}, g.end()
	case g.suspect, g.file == nil: // closed again meanwhile
		g.announced = false
		return reading{}, input.Idle
	}
	rested := g.rested
	g.again, g.rested = false, false
	g.used.Store(g.owner.descriptors.clock.Add(1))
	return reading{
		file: g.file, wanted: g.owner.options.MaxLine, maxLine: g.owner.options.MaxLine, limit: g.limit,
		off: g.off, scanned: g.scanned, blank: g.blank, before: g.before, head: g.head,
		mtime: g.seen.mtime, rested: rested, departed: g.departed, final: g.final || g.packed && g.limit == endless,
		next: g.handed, frames: &g.frames, first: g.off,
	}, input.Idle
}

func (g *generation) endRead(r *reading) input.Progress {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.owner.counters.cutLines.Add(uint64(r.cut))
	if r.err != nil || r.changed {
		g.failRead(r)
		return input.Idle
	}
	g.written = r.mtime
	if r.longHead != nil {
		g.head = append(g.head, r.longHead[len(g.head):]...)
	}
	if r.off != g.off {
		g.before = append(g.before[:0], r.after...)
		g.marks = append(g.marks, markOf(r.off, g.before))
	}
	g.off, g.scanned, g.blank, g.handed = r.off, r.scanned, r.blank, r.next
	// the bytes before off are checked each time, the beginning while it is short
	g.rested = g.rested || r.atEnd && (g.off == 0 || len(g.head) < headSize)
	if !r.atEnd {
		return input.More
	}
	if p, ok := r.file.(*packed); ok && p.damaged() != nil {
		g.owner.notices.damaged(g.path, p.damaged())
	}
	switch {
	case g.limit >= 0:
		g.withoutMore()
	case r.departed && !g.drained:
		g.drained, g.wake = true, true // a successor may be waiting
	case r.final && g.final && g.gone:
		g.withoutMore()
	}
	switch {
	case g.over:
		return g.end()
	case g.again:
		return input.More
	}
	g.announced = false
	return input.Idle
}

// end needs mu.
func (g *generation) end() input.Progress {
	g.ended, g.wake = true, true
	return input.Ended
}

// failRead needs mu.
func (g *generation) failRead(r *reading) {
	g.announced, g.rested = false, true
	switch {
	case g.limit >= 0: // there is no later in which to find out
		if r.err != nil {
			g.owner.notices.unreadable(g.path, r.err)
		}
		g.withoutMore()
		g.news, g.wake = true, true
	case r.changed:
		g.suspect, g.most = true, g.off // how much more there was is not known
		g.wake = true
	case stale(r.err) || errors.Is(r.err, os.ErrClosed):
		g.owner.closeFile(g)
	default:
		g.owner.notices.unreadable(g.path, r.err)
	}
}

// read finds the next records.
func (r *reading) read(c *input.Chunk) {
	if r.rested && !r.sameHead(c.Buf) {
		return
	}
	if int64(len(r.before))+r.scanned >= int64(len(c.Buf)) {
		r.readLong(c)
		return
	}
	lead := len(r.before)
	n, ok := r.readAt(c.Buf, r.off+r.blank-int64(lead))
	if !ok {
		return
	}
	if n < lead || !bytes.Equal(c.Buf[:lead], r.before) {
		r.changed = true
		return
	}
	at := lead
	r.encoding = framing.EncodingOf(r.head)
	if r.off == 0 {
		r.encoding = framing.EncodingOf(c.Buf[:n])
		if at = r.skipBlank(c.Buf[:n]); at < 0 {
			return
		}
	}
	r.first = r.off
	r.limitLines(c.Buf[at:n])
	at = r.split(c, at, n)
	r.scanned = int64(n - at)
	if n > at && r.atEnd && r.final {
		r.add(c, c.Buf[at:n:n], r.scanned, r.off+r.scanned)
		at = n
	}
	r.after = c.Buf[max(0, at-anchorSize):at]
}

// split makes records of the lines in c.Buf[at:n] and returns where they end.
func (r *reading) split(c *input.Chunk, at, n int) int {
	buf := c.Buf[:n]
	for {
		i, size := r.encoding.LineEnd(buf[at:], r.off&1 == 1)
		if i < 0 {
			return at
		}
		line := buf[at : at+i : at+i]
		at += i + size
		r.add(c, line, int64(i), r.off+int64(i+size))
	}
}

// limitLines decides where physical lines are cut. data is where the next begins.
func (r *reading) limitLines(data []byte) {
	if r.encoding != framing.UTF8 {
		r.maxLine = 2 * r.frames.Limit(nil, r.wanted) // bytes for a letter
		return
	}
	r.maxLine = r.frames.Limit(data, r.wanted)
}

// add makes a record of a line of size bytes, of which line has at least those
// that a record may have, and goes on at next.
func (r *reading) add(c *input.Chunk, line []byte, size, next int64) {
	most := r.maxLine
	if r.encoding != framing.UTF8 {
		text := r.encoding.Append(make([]byte, 0, len(line)), line)
		if r.off == 0 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		line, size, most = text, int64(len(text))+(size-int64(len(line)))/2, most/2
	}
	if size > int64(most) {
		text, cut := input.Limit(line, size, most)
		if cut {
			line = text
			r.cut++
		}
	}
	c.Records = append(c.Records, input.Record{Text: line, Next: input.Position(next)})
	r.off, r.next, r.scanned = next, next, 0
}

// skipBlank returns where in the first bytes of a file the NULs end that a
// writer leaves who goes on at its old offset after a truncation; negative if
// there is nothing else yet. Until there is, the file may be filled from the
// beginning as well.
func (r *reading) skipBlank(data []byte) int {
	n := 0
	for n < len(data) && data[n] == 0 {
		n++
	}
	if r.encoding != framing.UTF8 {
		n &^= 1 // a zero may be the half of a letter
	}
	r.blank += int64(n)
	switch {
	case n < len(data):
		r.off, r.blank = r.blank, 0
		return n
	case r.atEnd:
		r.scanned, r.blank = r.blank, 0
		return -1
	case n > 0:
		return -1
	}
	return 0
}

// sameHead makes sure that the file still begins as it did, and learns more of
// its beginning if there is more.
func (r *reading) sameHead(buf []byte) bool {
	n, err := r.file.ReadAt(buf[:headSize], 0)
	switch {
	case err != nil && err != io.EOF:
		r.err = err
		return false
	case !bytes.HasPrefix(buf[:n], r.head):
		r.changed = true
		return false
	case n > len(r.head) && tells(buf[:n]):
		r.longHead = bytes.Clone(buf[:n])
	}
	if r.off == 0 {
		r.scanned, r.blank = 0, 0
	}
	return true
}

// readAt reads at pos what fits and may be read, and notes whether that was
// all there is.
func (r *reading) readAt(buf []byte, pos int64) (int, bool) {
	if r.limit >= 0 {
		buf = buf[:max(0, min(int64(len(buf)), r.limit-pos))]
	}
	n, err := r.file.ReadAt(buf, pos)
	if err != nil && err != io.EOF {
		r.err = err
		return 0, false
	}
	r.atEnd = n < len(buf) || r.limit >= 0 && pos+int64(n) >= r.limit
	return n, true
}
