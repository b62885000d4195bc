package exchange

import (
	"bytes"
	"encoding/binary"
)

// What of a JSON text nobody wants is passed over as fast as memory is read: images in
// base64, lists of token numbers, embeddings.

// lookAhead is how far the end of a string is looked for at once: what lies before the
// next backslash is looked at twice.
const lookAhead = 1 << 10

// skip passes over an object or a list.
func (s *scanner) skip(p []byte) []byte {
	i := 0
	for i < len(p) {
		i += plain(p[i:])
		if i == len(p) {
			break
		}
		c := p[i]
		i++
		switch c {
		case '"':
			s.state = inSkippedString
			return p[i:]
		case '{', '[':
			s.skipped++
		case '}', ']':
			if s.skipped--; s.skipped == 0 {
				s.endSkipped(c - 2) // ASCII has an opening bracket two before its closing one
				return p[i:]
			}
		}
	}
	return nil
}

// skipString passes over a string.
func (s *scanner) skipString(p []byte) []byte {
	text := p[:min(len(p), lookAhead)]
	end := bytes.IndexByte(text, '"')
	if end >= 0 {
		text = text[:end]
	}
	if slash := bytes.IndexByte(text, '\\'); slash >= 0 {
		s.state = inSkippedEscape
		return p[slash+1:]
	}
	if end < 0 {
		return p[len(text):]
	}
	if s.skipped > 0 {
		s.state = inSkipped
	} else {
		s.endSkipped('"')
	}
	return p[end+1:]
}

// endSkipped ends a value that was passed over.
func (s *scanner) endSkipped(first byte) { s.done(first, nil) }

// plain measures what is neither a bracket nor a quote at the start of p. Numbers,
// commas and spaces are passed over eight at a time: none of them has the bit 0x40.
func plain(p []byte) int {
	i := 0
	for ; len(p)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(p[i:])
		quotes := w ^ 0x2222222222222222
		if (w|(quotes-0x0101010101010101)&^quotes>>1)&0x4040404040404040 != 0 {
			break
		}
	}
	for i < len(p) {
		switch p[i] {
		case '"', '{', '}', '[', ']':
			return i
		}
		i++
		if i%8 == 0 && len(p)-i >= 8 {
			return i
		}
	}
	return i
}

// ordinary measures what neither ends a string nor is an escape at the start of p, eight
// bytes at a time.
func ordinary(p []byte) int {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	i := 0
	for ; len(p)-i >= 8; i += 8 {
		w := binary.LittleEndian.Uint64(p[i:])
		quotes, slashes := w^0x22*ones, w^0x5c*ones
		if ((quotes-ones)&^quotes|(slashes-ones)&^slashes|(w-0x20*ones)&^w)&high != 0 {
			break
		}
	}
	for i < len(p) && !endsText[p[i]] {
		i++
	}
	return i
}
