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
		r.confirm(c)
		progress = g.endRead(&r)
	}
	if !r.bare || !g.frames.Unframed() {
		g.frames.Unwrap(c, input.Position(r.first), g.framesEnd(&r, progress))
	}
	g.released()
	return progress
}

// framesEnd returns Ended instead of progress if a line that has begun gets no more parts,
// also not from the next file of its source.
func (g *generation) framesEnd(r *pass, progress input.Progress) input.Progress {
	switch {
	case g.owner.options.Once:
		return input.Idle // next time there may be more
	case r.atEnd && r.final:
		return input.Ended
	}
	return progress
}

// recallFraming takes over how the lines of g's source were framed before, if nothing is
// known of g itself.
func (g *generation) recallFraming() {
	if !g.frames.Decided() {
		g.frames.Follow(g.owner.framings.Of(g.source))
	}
}

// released frees what only a Read uses.
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
	g.busy, g.wake = false, false
	g.pending = g.frames.Pending()
	g.mu.Unlock()
	if wake {
		g.owner.wakeUp()
	}
}

func (g *generation) beginRead() (pass, input.Progress) {
	g.mu.Lock()
	g.busy = true
	if g.file == nil && !g.state.isOver() && !g.state.astray() {
		g.mu.Unlock()
		err := g.owner.reopen(g)
		g.mu.Lock()
		if err != nil {
			g.attention = idle
			g.mu.Unlock()
			return pass{}, input.Idle
		}
	}
	defer g.mu.Unlock()
	switch {
	case g.state.isOver():
		return pass{}, g.endLocked()
	case g.state.astray(), g.file == nil: // closed again meanwhile
		g.attention = idle
		return pass{}, input.Idle
	}
	rested := g.rested
	g.attention, g.rested = reading, false
	g.used.Store(g.owner.descriptors.clock.Add(1))
	at, where := g.fingerprint, g.progress
	where.rested = rested
	return pass{
		file: g.file, packed: g.packed, wanted: g.owner.options.MaxLine, maxLine: g.owner.options.MaxLine,
		fingerprint: at, progress: where,
		mtime: g.seen.mtime, departed: g.state.left(), final: g.state == quiet || g.packed && g.limit == endless,
		frames: &g.frames, start: g.off, first: g.off, found: found{next: g.handed},
	}, input.Idle
}

func (g *generation) endRead(r *pass) input.Progress {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.err != nil || r.changed {
		g.failReadLocked(r)
		return input.Idle
	}
	g.owner.counters.cutLines.Add(uint64(r.cut))
	g.written = r.mtime
	if r.longHead != nil {
		g.head = append(g.head, r.longHead[len(g.head):]...)
	}
	if r.off != g.off {
		g.before = append(g.before[:0], r.after...)
		g.marks = append(g.marks, markOf(r.off, g.before))
	}
	g.off, g.scanned, g.blank, g.handed = r.off, r.scanned, r.blank, r.next
	g.lines, g.as = r.lines, r.as
	// the bytes before off are checked each time, the beginning while it is short
	g.rested = g.rested || r.atEnd && (g.off == 0 || len(g.head) < headSize)
	if !r.atEnd {
		g.attention = queued
		return input.More
	}
	if p, ok := r.file.(*packed); ok && p.damaged() != nil {
		g.owner.notices.damaged(g.path, p.damaged())
	}
	switch {
	case g.limit >= 0:
		g.becomeLocked(runsOut)
	case r.departed && g.becomeLocked(empties):
		g.wake = true // a successor may be waiting
	case r.final && g.state == quiet && g.gone:
		g.becomeLocked(runsOut)
	}
	switch {
	case g.state.isOver():
		return g.endLocked()
	case g.attention == readingAgain:
		g.attention = queued
		return input.More
	}
	g.attention = idle
	return input.Idle
}

// endLocked ends g, and returns the progress that tells its reader so.
func (g *generation) endLocked() input.Progress {
	g.becomeLocked(reports)
	g.wake = true
	return input.Ended
}

// failReadLocked handles what went wrong in a Read.
func (g *generation) failReadLocked(r *pass) {
	g.attention, g.rested = idle, true
	switch {
	case g.limit >= 0: // there is no later in which to find out
		if r.err != nil {
			g.owner.notices.unreadable(g.path, r.err)
		}
		g.becomeLocked(runsOut)
		g.news, g.wake = true, true
	case r.changed:
		g.becomeLocked(displaces)
		g.most = g.off // how much more there was is not known
		g.wake = true
	case stale(r.err) || errors.Is(r.err, os.ErrClosed):
		g.owner.closeFileLocked(g)
	default:
		g.owner.notices.unreadable(g.path, r.err)
	}
}

// read finds the next records.
func (r *pass) read(c *input.Chunk) {
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
	r.encoding = r.lastEncoding()
	if r.off == 0 {
		if at = r.skipBlank(c.Buf[:n]); at < 0 {
			return
		}
	}
	r.first = r.off
	r.limitLines(c.Buf[at:n])
	at = r.split(c, at, n)
	if r.atEnd && r.final {
		at = r.splitLast(c, at, n)
	}
	r.scanned = int64(n - at)
	r.after = c.Buf[max(0, at-anchorSize):at]
}

// split makes records of the lines in c.Buf[at:n] and returns where they end.
func (r *pass) split(c *input.Chunk, at, n int) int {
	buf := c.Buf[:n]
	if r.encoding == framing.UTF8 && bytes.IndexByte(buf[at:], 0) < 0 {
		return r.splitPlain(c, buf, at)
	}
	for r.tells(n - at) {
		r.writtenIn(r.encoding.At(buf[at:]))
		i, size := r.encoding.LineEnd(buf[at:], false)
		if i < 0 {
			break
		}
		line := buf[at : at+i : at+i]
		if torn := r.tear(c, line); torn > 0 {
			at += torn
			continue
		}
		at += i + size
		r.add(c, line, int64(i), r.off+int64(i+size))
	}
	return at
}

// tells reports whether so many bytes from a line's beginning on say how it is written, or
// there are no more.
func (r *pass) tells(bytes int) bool { return bytes >= framing.TellingLine || r.atEnd }

// splitLast makes records of what is left in c.Buf[at:n], which no line's end follows any more.
func (r *pass) splitLast(c *input.Chunk, at, n int) int {
	for at < n {
		line := c.Buf[at:n:n]
		if torn := r.tear(c, line); torn > 0 {
			at = r.split(c, at+torn, n)
			continue
		}
		r.add(c, line, int64(n-at), r.off+int64(n-at))
		at = n
	}
	return at
}

// splitPlain is split where every line is in UTF-8 and holds no NUL.
func (r *pass) splitPlain(c *input.Chunk, buf []byte, at int) int {
	first, records := at, c.Records
	r.bare = len(records) == 0
	next := r.off - int64(at) // what of the file is before buf
	for r.tells(len(buf) - at) {
		i := bytes.IndexByte(buf[at:], '\n')
		if i < 0 {
			break
		}
		line := buf[at : at+i : at+i]
		if i > r.maxLine {
			line = r.limited(line, int64(i), r.maxLine)
		}
		r.bare = r.bare && (i == 0 || !framing.Marked(line[0]))
		at += i + 1
		records = append(records, input.Record{
			Text: line, Next: input.Position(next + int64(at)), Written: r.mtime,
		})
	}
	if c.Records = records; at > first {
		r.took(next + int64(at))
	}
	return at
}

// skipBlank returns where the NULs at the start of a file end. A writer leaves them who
// goes on at its old offset after a truncation. It is negative if there is nothing else
// yet: until then the file may be filled from the beginning as well.
func (r *pass) skipBlank(data []byte) int {
	n := 0
	for n < len(data) && data[n] == 0 {
		n++
	}
	even := n &^ 1 // a zero may be the half of a letter
	switch {
	case n < len(data) && r.tells(len(data)-even):
		if r.encoding = framing.EncodingOf(data[even:]); r.encoding != framing.UTF8 {
			n = even
		}
		if r.off, r.blank = r.blank+int64(n), 0; r.off > 0 {
			r.lines, r.as = true, r.encoding
		}
		return n
	case r.atEnd:
		r.scanned, r.blank = r.blank+int64(n), 0
	default:
		r.blank += int64(even)
	}
	return -1
}

// confirm takes back what was read unless the file still holds, afterwards, what makes it g's: it
// may have been truncated and written anew while it was read, before the first byte or between two. A gzipped file
// is not, and going back in it is dear.
func (r *pass) confirm(c *input.Chunk) {
	if len(c.Records) > 0 && !r.packed && r.err == nil && !r.changed {
		r.changed = !r.stays() && r.err == nil
	}
	if r.err != nil || r.changed {
		c.Records = c.Records[:0]
	}
}

// stays reports whether the file holds what it is known by.
func (r *pass) stays() bool {
	head := r.head
	if r.longHead != nil {
		head = r.longHead
	}
	if !r.rested && r.start > 0 {
		head = nil // the bytes before tell
	}
	return r.holds(head, 0) && r.holds(r.before, r.start-int64(len(r.before)))
}

// holds reports whether the file holds these bytes, at most headSize, at a place.
func (r *pass) holds(want []byte, at int64) bool {
	if len(want) == 0 {
		return true
	}
	buf := heads.Get().(*[headSize]byte)
	defer heads.Put(buf)
	n, err := r.file.ReadAt(buf[:len(want)], at)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	return bytes.Equal(buf[:n], want)
}

// sameHead checks that the file still begins as it did, and extends the known beginning if
// there is more.
func (r *pass) sameHead(buf []byte) bool {
	n, err := r.file.ReadAt(buf[:headSize], 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
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
