package framing

import (
	"bytes"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

// parseDocker takes a line of a json-file log apart and leaves its text
// escaped. Docker ends a line's last part, and only that, with \n.
func parseDocker(line []byte) (frame, bool) {
	if f, ok := parsePlain(line); ok {
		return f, true
	}
	var f frame
	var text, stream, stamp bool
	whole := jsonline.Members(line, func(key, value []byte) bool {
		content, isText := content(value)
		switch string(key) {
		case "log":
			f.text, text = content, isText
		case "stream":
			f.output, stream = output(content)
		case "time":
			f.time, stamp = parseStamp(content)
		}
		return true
	})
	f.last = endsLine(f.text)
	return f, whole && text && stream && stamp
}

// writtenByDocker reports whether a line that parseDocker reads has no members but
// Docker's: a log shipper adds its own, and leaves out the \n that ends a line.
func writtenByDocker(line []byte) bool {
	return jsonline.Members(line, func(key, _ []byte) bool {
		switch string(key) {
		case "log", "stream", "time", "attrs":
			return true
		}
		return false
	})
}

// parsePlain reads the lines of a container without attributes in the one way
// Docker writes them, which is most of them.
func parsePlain(line []byte) (frame, bool) {
	const begin = `{"log":"`
	var f frame
	if len(line) < len(begin) || string(line[:len(begin)]) != begin {
		return f, false
	}
	end := jsonline.StringEnd(line, len(begin)-1)
	if end < 0 {
		return f, false
	}
	f.text = line[len(begin) : end-1]
	f.last = endsLine(f.text)
	const stdout, stderr = `,"stream":"stdout","time":"`, `,"stream":"stderr","time":"`
	rest := line[end:]
	if len(rest) < len(stdout) {
		return f, false
	}
	switch string(rest[:len(stdout)]) {
	case stdout:
		f.output = input.Stdout
	case stderr:
		f.output = input.Stderr
	default:
		return f, false
	}
	stamp, ok := bytes.CutSuffix(rest[len(stdout):], closing)
	if ok {
		f.time, ok = parseStamp(stamp)
	}
	return f, ok
}

var closing = []byte(`"}`)

// unescape decodes the JSON escapes of the text, in place, and drops its line feed.
func (f *frame) unescape() {
	text := f.text
	if f.last {
		text = text[:len(text)-len(`\n`)]
	}
	if bytes.IndexByte(text, '\\') >= 0 {
		text = jsonline.AppendText(text[:0], text)
	}
	f.text = text
}

// endsLine reports whether the text ends in an escaped line feed, and not in the letter n after
// an escaped backslash.
func endsLine(escaped []byte) bool {
	n := len(escaped)
	if n < 2 || escaped[n-1] != 'n' {
		return false
	}
	slashes := 0
	for i := n - 2; i >= 0 && escaped[i] == '\\'; i-- {
		slashes++
	}
	return slashes%2 == 1
}

func content(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	return value[1 : len(value)-1], true
}

func output(name []byte) (input.Output, bool) {
	switch string(name) {
	case "stdout":
		return input.Stdout, true
	case "stderr":
		return input.Stderr, true
	}
	return input.Mixed, false
}
