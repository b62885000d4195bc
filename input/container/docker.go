package container

import (
	"bytes"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

// parseDocker takes a line of a json-file log apart and leaves its text
// escaped. Docker ends a line's last part, and only that, with \n.
func parseDocker(line []byte) (frame, bool) {
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

// unescape turns the text into what it says, in place, without its line feed.
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

// endsLine tells an escaped line feed at the end from the letter n after an
// escaped backslash.
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
