package exchange

import (
	"bytes"
	"time"
)

// answer reads the body of an answer as it comes: one JSON object, lines of JSON, or
// server-sent events. Of what is streamed, a chunk that only adds some text costs a look
// at its end; every other line is scanned.
type answer struct {
	answered
	scan     scanner
	endpoint *endpoint
	form     form
	packed   *packed // of one that is compressed

	usual int    // the form of chunks that fitted last
	line  []byte // of one that is not complete, up to maxLine
	over  bool   // the line is longer than that: the scanner reads on
	event []byte // the name of a server-sent event

	holes int64 // bytes of the body that were never seen
	torn  bool  // the beginning of what is in line was not seen
	early bool  // the first content may have been in a hole
}

// form is how an answer's body is written.
type form uint8

const (
	unread form = iota
	single
	lines  // of JSON
	events // sent by the server
)

const (
	maxLine = 8 << 10
	maxTail = 2 << 10 // of a text whose beginning is missing
)

// body begins the body.
func (a *answer) body(e *endpoint, f form) {
	a.endpoint, a.form = e, f
	if f == single {
		a.scan.begin(e.answers, &a.answered)
	}
}

// write takes a further part of the body.
func (a *answer) write(at time.Time, p []byte) {
	switch {
	case a.form == unread:
	case a.form == single && a.torn:
		a.addTail(p)
	case a.packed != nil:
		a.packed.add(p)
	case a.form == single:
		a.scan.feed(p)
	default:
		a.addLines(at, p)
	}
}

// hole takes n bytes of the body that were never seen. What was in the middle of being
// read is incomplete; what comes later is not.
func (a *answer) hole(n int64) {
	a.holes += n
	a.early = a.early || a.first.IsZero()
	a.torn, a.over = true, false
	a.line = a.line[:0]
	if a.packed != nil {
		a.form = unread
	}
}

// addLines takes a part of a streamed answer.
func (a *answer) addLines(at time.Time, p []byte) {
	for {
		end := bytes.IndexByte(p, '\n')
		if end < 0 {
			a.addPart(p)
			return
		}
		if len(a.line) == 0 && !a.over && !a.torn {
			a.takeLine(at, p[:end])
		} else {
			a.addPart(p[:end])
			a.endLine(at)
		}
		p = p[end+1:]
	}
}

// addPart takes a part of a line that is not complete.
func (a *answer) addPart(p []byte) {
	switch {
	case a.torn:
		a.addTail(p)
	case a.over:
		a.scan.feed(p)
	case len(a.line)+len(p) > maxLine:
		head := len(a.line)
		a.line = append(a.line, p[:min(len(p), maxLine-head)]...)
		json := a.json(a.line)
		a.over = true
		a.scan.state = broken
		if json != nil {
			a.scanLine(json)
		}
		a.scan.feed(p[min(len(p), maxLine-head):])
		a.line = a.line[:0]
	default:
		a.line = append(a.line, p...)
	}
}

// endLine ends a line that came in parts.
func (a *answer) endLine(at time.Time) {
	switch {
	case a.torn:
		a.salvage(a.line)
		a.torn = false
	case a.over:
		a.closeLine(at)
	default:
		a.takeLine(at, a.line)
	}
	a.line, a.over = a.line[:0], false
}

// takeLine takes a line that is complete.
func (a *answer) takeLine(at time.Time, line []byte) {
	json := a.json(line)
	if json == nil {
		return
	}
	if !a.texts && !a.first.IsZero() && len(a.model.text) > 0 && a.adds(json) {
		a.chunks++
		return
	}
	a.scanLine(json)
	a.closeLine(at)
}

// json is the JSON in a line; nil if there is none.
func (a *answer) json(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	if a.form == lines {
		if len(line) == 0 || line[0] != '{' {
			return nil
		}
		return line
	}
	if name, ok := bytes.CutPrefix(line, []byte("event:")); ok || len(line) == 0 {
		a.event = append(a.event[:0], bytes.TrimSpace(name[:min(len(name), maxOther)])...)
		return nil
	}
	data, ok := bytes.CutPrefix(line, []byte("data:"))
	a.done = a.done || lasts[string(a.event)] || string(data) == " [DONE]"
	if data = bytes.TrimLeft(data, " "); !ok || len(data) == 0 || data[0] != '{' {
		return nil
	}
	return data
}

// lasts are the names of events behind which there is none.
var lasts = map[string]bool{
	"message_stop": true, "response.completed": true, "response.failed": true, "response.incomplete": true,
}

func (a *answer) scanLine(json []byte) {
	a.content = false
	a.mute = bytes.HasPrefix(a.event, []byte("response.")) && string(a.event) != "response.output_text.delta"
	a.scan.begin(a.endpoint.answers, &a.answered)
	a.scan.feed(json)
}

// closeLine counts a line that was scanned.
func (a *answer) closeLine(at time.Time) {
	a.scan.finish()
	if a.form == events {
		a.dropZeros()
	}
	if !a.content {
		return
	}
	a.content = false
	a.chunks++
	if a.first.IsZero() {
		a.first = at
	}
}

// end ends the body.
func (a *answer) end(at time.Time) {
	if a.packed != nil && a.form != unread {
		packed := a.packed
		a.packed, a.early = nil, true
		packed.unpack(at, func(p []byte) (more bool) {
			a.write(at, p)
			return a.form != single || a.scan.reads()
		})
		a.response.denied = a.response.denied || packed.body.denied
		packed.release()
	}
	switch {
	case a.form == single && a.torn:
		a.salvage(a.line)
	case a.form == single:
		a.scan.finish()
	case (a.form == lines || a.form == events) && (len(a.line) > 0 || a.over):
		a.endLine(at)
	}
}

// usual is a form in which chunks come that only add some text: how they end, from the
// text's last quote on, and what stands before its first one.
type usual struct{ start, name, end string }

var usuals = func() (all []usual) {
	for _, u := range []struct {
		start, end string
		names      []string
	}{
		{"", `","done":false}`, []string{`"response":"`, `"thinking":"`}},
		{"", `"},"done":false}`, []string{`"content":"`, `"thinking":"`}},
		{"", `"},"finish_reason":null}]}`, []string{`"content":"`, `"reasoning":"`}},
		{`{"type":"content_block_delta"`, `"}}`, []string{`"text":"`, `"thinking":"`, `"partial_json":"`}},
	} {
		for _, name := range u.names {
			all = append(all, usual{u.start, name, u.end})
		}
	}
	return all
}()

// adds reports whether a chunk only adds some text that is not empty. It is sure only of
// the usual forms: of what it is not, the scanner reads all.
func (a *answer) adds(json []byte) bool {
	if usuals[a.usual].fits(json) {
		return true
	}
	for i := range usuals {
		if usuals[i].fits(json) {
			a.usual = i
			return true
		}
	}
	return false
}

func (u *usual) fits(json []byte) bool {
	end := len(json) - len(u.end)
	if end <= len(u.name)+len(u.start) || string(json[end:]) != u.end || string(json[:len(u.start)]) != u.start {
		return false
	}
	quote := end - 1
	for quote > 0 && json[quote] != '"' {
		quote--
	}
	name := quote + 1 - len(u.name)
	return quote < end-1 && name >= 0 && string(json[name:quote+1]) == u.name && json[end-1] != '\\'
}
