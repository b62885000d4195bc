package sourcetypes

import (
	"bytes"

	"ollama-hec/input"
)

// form is what a line looks like, before anything is joined to it.
type form uint8

const (
	plain    form = iota // no stamp and no form of its own
	blank                // nothing but white space
	indented             // begins with white space
	access               // [GIN] with its stamp
	slogged              // time=… level=… source=… msg=…
	goLogged             // 2023/10/06 13:38:58 …
	llamaLog             // llama.cpp's JSON, or its INFO [main] … timestamp=…
)

// level is that of a slog line, as far as anything depends on it.
type level uint8

const (
	levelNone level = iota
	levelTrace
	levelDebug
	levelInfo // and above
)

// line is one record, cleaned, and what its first bytes show it to be.
type line struct {
	text    []byte
	form    form
	level   level
	stamped bool
	strict  bool // of an access line: all but path and query is known to be harmless
	colour  colour
	moved   bool // text is the cleaner's, not the chunk's
	zoned   bool // the stamp names its zone
	offset  int32
	torn    bool // there is a hole in it
	at      Stamp
	behind  int // of a slog line: where the stamp ends that it begins with; 0: with none
	body    int // where free text begins: the rest is a stamp and fixed words
	msg     int // of a slog line: where the value of msg begins; 0: it has none
	request request
}

// read finds out what kind of line text is. It keeps text.
func (n *Normalizer) read(l *line, text []byte) {
	l.text, l.form, l.level, l.stamped, l.colour = text, plain, levelNone, false, unchanged
	l.at, l.behind, l.body, l.msg, l.moved, l.torn, l.zoned, l.offset = Stamp{}, 0, 0, 0, false, false, false, 0
	if len(text) > 31 && text[0] == '[' && n.readAccess(l, text, 0) && l.strict {
		return // a strict access line has nothing to clean
	}
	if dirty(text) {
		if bytes.IndexByte(text, 0) >= 0 {
			hole, _ := input.Hole(text)
			l.torn = hole >= 0
		}
		clean, was := n.clean.line(text)
		if was.invalid {
			n.counts.Invalid++
		}
		l.colour, l.moved = was.colour, was.rewritten
		l.text, text = clean, clean
	}
	from := 0
	if len(text) > 0 && text[0] == '.' {
		// Progress dots are written one by one: what another process
		// logs meanwhile stands on the same line.
		from = len(text) - len(bytes.TrimLeft(text, "."))
	}
	n.readForm(l, text, from)
}

// readForm finds the form of text, which is clean, as it looks from there on.
func (n *Normalizer) readForm(l *line, text []byte, from int) {
	l.form = plain
	if from == len(text) {
		if from == 0 {
			l.form = blank
		}
		return
	}
	switch c := text[from]; {
	case c == 't':
		n.readSlog(l, text, from)
	case c == '[':
		n.readAccess(l, text, from)
	case digit(c):
		n.readGoLog(l, text, from)
	case from == 0 && (c == ' ' || c == '\t'):
		rest := bytes.TrimLeft(text[from:], " \t")
		if len(rest) == 0 {
			l.form = blank
		} else if l.colour != unchanged && digit(rest[0]) && n.readGoLog(l, text, len(text)-len(rest)) {
			break // gin's Recovery: a space, a colour, then the stamp
		} else {
			l.form = indented
		}
	default:
		n.readLlama(l, text, from)
	}
}

// readSlog reads the stamp and the level of a line of slog's TextHandler.
func (n *Normalizer) readSlog(l *line, text []byte, from int) {
	b := text[from:]
	if len(b) < 25 || string(b[:5]) != "time=" {
		return
	}
	at, offset, length := n.clock.rfc3339(b[5:])
	if length == 0 {
		return
	}
	l.form, l.stamped, l.at = slogged, true, at
	l.offset, l.zoned = offset, true
	i := 5 + length
	l.body = from + i
	if from == 0 {
		l.behind = i
	}
	if len(b) < i+8 || string(b[i:i+7]) != " level=" {
		return
	}
	i += 7
	switch b[i] {
	case 'T':
		l.level = levelTrace
	case 'D':
		l.level = levelDebug
		if len(b) > i+5 && b[i+5] == '-' { // DEBUG-4, as a handler without the name writes it
			l.level = levelTrace
		}
	default:
		l.level = levelInfo
	}
	for i < len(b) && b[i] != ' ' {
		i++
	}
	if len(b) > i+8 && string(b[i:i+8]) == " source=" {
		for i += 8; i < len(b) && sourceByte[b[i]]; i++ {
		}
	}
	if len(b) > i+5 && string(b[i:i+5]) == " msg=" {
		l.body, l.msg = from+i, from+i+5
	}
}

// sourceByte has what stands in source=server.go:496.
var sourceByte = func() (t [256]bool) {
	for c := range t {
		t[c] = identByte[c] || c == '.' || c == ':' || c == '/'
	}
	return t
}()

// readGoLog reads the stamp of a line of Go's log package.
func (n *Normalizer) readGoLog(l *line, text []byte, from int) bool {
	at, length := n.clock.goLog(text[from:])
	if length == 0 {
		return false
	}
	l.form, l.stamped, l.at, l.body = goLogged, true, at, from+length
	return true
}

// readLlama reads the two forms llama.cpp's server has had for its own log.
func (n *Normalizer) readLlama(l *line, text []byte, from int) {
	b := text[from:]
	var digits []byte
	switch {
	case b[0] == '{' && len(b) > 1 && b[1] == '"':
		i := bytes.Index(b, []byte(`"timestamp":`))
		if i < 0 {
			return
		}
		digits = b[i+len(`"timestamp":`):]
	case b[0] >= 'A' && b[0] <= 'Z':
		word := bytes.IndexByte(b[:min(len(b), 9)], ' ')
		if word < 0 || !llamaLevel(b[:word]) || len(b) < word+3 || b[word+1] != '[' {
			return
		}
		l.form = llamaLog
		i := bytes.LastIndex(b, []byte(" timestamp="))
		if i < 0 {
			return
		}
		digits = b[i+len(" timestamp="):]
	default:
		return
	}
	seconds, length := int64(0), 0
	for length < len(digits) && length < 11 && digit(digits[length]) {
		seconds = seconds*10 + int64(digits[length]-'0')
		length++
	}
	if length == 0 || length == 11 || length < len(digits) && digits[length] == '.' {
		return // a text, milliseconds or a fraction: not llama.cpp
	}
	l.form, l.stamped, l.at = llamaLog, true, Stamp{Nanos: seconds * 1e9}
}

func llamaLevel(b []byte) bool {
	switch string(b) {
	case "INFO", "WARN", "WARNING", "ERR", "ERROR", "VERB", "DEBUG":
		return true
	}
	return false
}
