package framing

import "bytes"

// parseCRI takes a line `TIME STREAM TAGS TEXT` apart. The first of the tags,
// which colons divide, is P for a part of a line and F for its end.
func parseCRI(line []byte) (frame, bool) {
	var f frame
	stamp, rest, ok := bytes.Cut(line, space)
	if !ok {
		return f, false
	}
	if f.time, ok = parseStamp(stamp); !ok {
		return f, false
	}
	stream, rest, ok := bytes.Cut(rest, space)
	if !ok {
		return f, false
	}
	if f.output, ok = output(stream); !ok {
		return f, false
	}
	tags, text, _ := bytes.Cut(rest, space)
	if len(tags) == 0 || len(tags) > 1 && tags[1] != ':' {
		return f, false
	}
	f.text, f.last = text, tags[0] == 'F'
	return f, f.last || tags[0] == 'P'
}

var space = []byte{' '}
