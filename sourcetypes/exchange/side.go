package exchange

import (
	"bytes"
	"math"
	"time"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes/internal/text"
)

// side is what one of the two peers says: HTTP/1 messages one after the other. It finds
// where they begin and end, and holds no more of them than a line of a head.
type side struct {
	talk   *conversation
	from   wire.Side
	state  framing
	line   []byte // of a head or of chunks, not complete
	field  []byte // a header field that may go on in the next line
	head   head
	size   int64 // of the head so far
	left   int64 // of the body or the chunk
	large  bool  // the head has room for lines of maxHeadLine
	narrow bool  // there was none
	zero   bool  // of a torn body, the last line was that of a chunk of no bytes
}

// framing is what of a message comes next.
type framing uint8

const (
	between    framing = iota // nothing of the next message was seen
	inHead                    // a line of a head
	counted                   // left bytes of a body
	chunkSize                 // the line before a chunk
	chunkData                 // left bytes of a chunk
	chunkEnd                  // the line end behind it
	trailers                  // the lines behind the last chunk
	untilClose                // a body that ends with the connection
	torn                      // a body of chunks, of which a part was not seen
	adrift                    // what message this is of is not known: a head is waited for
	opaque                    // no HTTP any more
)

const (
	maxHeadLine = 8 << 10
	maxHead     = 1<<20 + 64<<10 // Go refuses a little earlier
)

// data takes a further part of what the peer says.
func (s *side) data(at time.Time, p []byte) {
	switch s.state {
	case adrift:
		if !s.resync(at, p) {
			return
		}
	case torn:
		s.catchUp(at, p)
	case counted, chunkSize:
		if s.talk.skipsBody(s, p) {
			s.state = between
		}
	}
	for len(p) > 0 {
		switch s.state {
		case between:
			p = s.start(at, p)
		case counted, chunkData:
			n := int(min(s.left, int64(len(p))))
			s.take(at, p[:n])
			p = p[n:]
			s.endPart(at)
		case untilClose:
			s.talk.body(s, at, p)
			return
		case chunkSize, chunkEnd:
			p = s.betweenChunks(at, p)
		case torn:
			p = s.tornPart(at, p)
		case adrift, opaque:
			return
		default:
			p = s.inLine(at, p)
		}
	}
}

// take takes a part of a body with a known length.
func (s *side) take(at time.Time, p []byte) {
	s.left -= int64(len(p))
	s.talk.body(s, at, p)
}

// endPart goes on behind a body or a chunk that is complete.
func (s *side) endPart(at time.Time) {
	switch {
	case s.left > 0:
	case s.state == chunkData:
		s.state = chunkEnd
	default:
		s.end(at)
	}
}

// betweenChunks takes what stands before a chunk or behind it, which mostly is there as
// a whole.
func (s *side) betweenChunks(at time.Time, p []byte) []byte {
	if len(s.line) > 0 {
		return s.inLine(at, p)
	}
	if s.state == chunkEnd {
		if len(p) > 1 && p[0] == '\r' && p[1] == '\n' {
			s.state = chunkSize
			return p[2:]
		}
		return s.inLine(at, p)
	}
	size, i := int64(0), 0
	for ; i < len(p) && i < 8 && hexValue[p[i]] >= 0; i++ {
		size = size<<4 | int64(hexValue[p[i]])
	}
	if i == 0 || i+1 >= len(p) || p[i] != '\r' || p[i+1] != '\n' || size == 0 {
		return s.inLine(at, p)
	}
	s.state, s.left = chunkData, size
	return p[i+2:]
}

// hexValue is what a hexadecimal digit stands for; -1: it is none.
var hexValue = func() (t [256]int8) {
	for c := range t {
		t[c] = -1
		if v, ok := text.Hex([]byte{byte(c)}, 1); ok {
			t[c] = int8(v)
		}
	}
	return t
}()

// start begins a message. Line ends before it do not count.
func (s *side) start(at time.Time, p []byte) []byte {
	i := 0
	for i < len(p) && (p[i] == '\r' || p[i] == '\n') {
		i++
	}
	if p = p[i:]; len(p) > 0 {
		s.begin(at)
	}
	return p
}

func (s *side) begin(at time.Time) {
	s.state, s.size = inHead, 0
	s.head.clear()
	s.field = s.field[:0]
	s.talk.begin(s, at)
}

// end ends a message.
func (s *side) end(at time.Time) {
	s.state, s.left = between, 0
	s.line = s.line[:0]
	s.talk.end(s, at)
}

// inLine takes what belongs to a line, and the line if it is complete.
func (s *side) inLine(at time.Time, p []byte) []byte {
	end := bytes.IndexByte(p, '\n')
	part := p
	if end >= 0 {
		part = p[:end]
	}
	s.size += int64(len(part)) + 1
	line := part
	if end < 0 || len(s.line) > 0 || len(part) > s.limit(len(part)) {
		s.keep(part)
		line = s.line
	}
	if end < 0 {
		if s.state == inHead && (s.size > maxHead || !s.talk.plausible(s)) {
			s.talk.refuse(s, at)
		}
		return nil
	}
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	s.takeLine(at, line)
	s.line = s.line[:0]
	return p[end+1:]
}

// takeLine takes a line that is complete.
func (s *side) takeLine(at time.Time, line []byte) {
	switch s.state {
	case inHead:
		s.headLine(at, line)
	case chunkSize:
		size, ok := parseChunkSize(line)
		switch {
		case !ok:
			s.talk.refuse(s, at)
		case size == 0:
			s.state = trailers
		default:
			s.state, s.left = chunkData, size
		}
	case chunkEnd:
		s.state = chunkSize
		if len(line) > 0 {
			s.talk.refuse(s, at)
		}
	case trailers:
		if len(line) == 0 {
			s.end(at)
		}
	}
}

// headLine takes a line of a head.
func (s *side) headLine(at time.Time, line []byte) {
	if s.head.first == nil {
		s.head.first = append(s.head.space[:0], line...)
		if !s.talk.firstLine(s, at) {
			s.talk.refuse(s, at)
		}
		return
	}
	if len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
		more := bytes.TrimSpace(line)
		if len(more) > 0 && len(s.field)+len(more) < s.limit(len(s.field)+len(more)) {
			s.field = append(append(s.field, ' '), more...)
		}
		return
	}
	if len(s.field) > 0 {
		s.head.add(s.field, s.limit(len(s.field)+len(s.head.forwarded)), s.cutAt())
	}
	s.field = append(s.field[:0], line...)
	if s.size > maxHead || s.head.refused {
		s.talk.refuse(s, at)
		return
	}
	if len(line) == 0 {
		s.talk.headEnd(s, at)
		s.restHead()
	}
}

// body begins the body that a head announces.
func (s *side) body(f framing, length int64, at time.Time) {
	s.state, s.left = f, length
	if f == between || f == counted && length == 0 {
		s.end(at)
	}
}

// mostDigits is how many digits of a chunk's size Go's server takes, zeros before it included.
const mostDigits = 16

// parseChunkSize reads the line before a chunk. A size beyond all bounds is one that is
// never reached: a server may have what it wants of a body long before its end.
func parseChunkSize(line []byte) (int64, bool) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i] // an extension
	}
	line = bytes.TrimRight(line, " \t")
	if len(line) == 0 || len(line) > mostDigits {
		return 0, false
	}
	size := uint64(0)
	for _, c := range line {
		if hexValue[c] < 0 {
			return 0, false
		}
		size = size<<4 | uint64(hexValue[c])
	}
	return int64(min(size, math.MaxInt64)), true
}
