package exchange

import (
	"bytes"
	"time"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes/internal/text"
)

// hole takes n bytes that the peer said and nobody saw. Within a body whose length is
// known, and within a chunk, it is clear where they belong and where it goes on.
func (s *side) hole(at time.Time, n int64) {
	switch s.state {
	case counted:
		s.holeCounted(at, n)
	case chunkData:
		s.talk.holeIn(s, n, n <= s.left)
		if n > s.left {
			s.state, s.zero = torn, false
		} else {
			s.left -= n
			s.endPart(at)
		}
	case untilClose:
		s.talk.holeIn(s, n, true)
	case chunkSize, chunkEnd, trailers, torn:
		s.talk.holeIn(s, n, false)
		s.state, s.zero = torn, false
	case inHead:
		s.talk.holeIn(s, n, false)
		s.talk.headTorn(s)
		s.drift(0)
	case between, adrift:
		s.drift(n)
	case opaque:
		s.talk.all.stats.lostBetween.Add(n)
	}
	s.line = s.line[:0]
}

// holeCounted takes a hole in a body whose length is known, which may go beyond it.
func (s *side) holeCounted(at time.Time, n int64) {
	in := min(n, s.left)
	s.talk.holeIn(s, in, true)
	if s.left -= in; s.left > 0 {
		return
	}
	s.talk.endUnseen(s)
	s.end(at)
	if n > in {
		s.drift(n - in)
	}
}

// drift gives up knowing what message comes next. n bytes of those between were lost.
func (s *side) drift(n int64) {
	s.restHead()
	s.state = adrift
	s.line = s.line[:0]
	s.talk.drifted(s, n)
}

// resync goes on at a head, which is looked for where a segment begins.
func (s *side) resync(at time.Time, p []byte) bool {
	if !s.beginsMessage(p) {
		return false
	}
	s.talk.resynced(s, at)
	s.begin(at)
	return true
}

// beginsMessage reports whether a segment looks like the beginning of a message.
func (s *side) beginsMessage(p []byte) bool {
	if s.from == wire.FromServer {
		return len(p) > 8 && text.HasPrefix(p, "HTTP/1.") && text.Digit(p[7]) && p[8] == ' '
	}
	line := p
	if end := bytes.IndexByte(p, '\n'); end >= 0 {
		line = bytes.TrimSuffix(p[:end], []byte{'\r'})
	}
	method, rest, _ := bytes.Cut(line, []byte{' '})
	switch string(method) {
	case "GET", "POST", "HEAD", "DELETE", "OPTIONS", "PUT", "PATCH":
	default: // also the end of one
		return false
	}
	return text.HasPrefix(rest, "/") && (len(line) == len(p) || bytes.Contains(rest, []byte(" HTTP/1.")))
}

// catchUp looks at the beginning of a segment for where a torn body goes on: with a
// chunk, as servers write one for each piece they send, or with another message.
func (s *side) catchUp(at time.Time, p []byte) {
	if s.beginsMessage(p) {
		s.talk.endUnseen(s)
		s.end(at)
		s.talk.drifted(s, 0)
		s.talk.resynced(s, at)
		s.begin(at)
		return
	}
	end := bytes.Index(p[:min(len(p), 20)], []byte("\r\n"))
	if end < 0 {
		return
	}
	size, ok := parseChunkSize(p[:end])
	if !ok || size == 0 || size > int64(len(p)-end-4) {
		return
	}
	if behind := int64(end) + 2 + size; p[behind] == '\r' && p[behind+1] == '\n' {
		s.state = chunkSize
		s.line = s.line[:0]
	}
}

// tornPart takes a part of a torn body: lines, between which there are those of chunks.
// It ends with a chunk of no bytes, and a line of none behind it.
func (s *side) tornPart(at time.Time, p []byte) []byte {
	end := bytes.IndexByte(p, '\n')
	part := p
	if end >= 0 {
		part = p[:end+1]
	}
	s.talk.tornBody(s, at, part)
	s.line = append(s.line, part[:min(len(part), maxOther-min(len(s.line), maxOther))]...)
	if end < 0 {
		return nil
	}
	last := s.zero && string(s.line) == "\r\n"
	s.zero = string(s.line) == "0\r\n"
	s.line = s.line[:0]
	if last {
		s.zero = false
		s.end(at)
	}
	return p[end+1:]
}
