package journald

import (
	"bytes"
	"strconv"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

// entry is one line of `journalctl --output=json`, its values as written
// there. It points into that line.
type entry struct {
	cursor, time           []byte
	message                []byte // JSON: a string, bytes as numbers, null, or a list of these
	lineBreak              []byte // "line-max": journald cut the line here
	stream                 []byte // the connection it came over
	container, priority    []byte // or the container, and by the priority its output
	partial                []byte // "true": the container's runtime cut the line here
	audit                  []byte // set if the kernel's auditing wrote it
	messageID              []byte
	dropped, droppedByUnit []byte // what the rate limit suppressed
	about                  []byte // the unit that a message of the service manager is about
	gone                   []byte // what trim cut off the message
}

// fields are the journal fields an entry is made of, besides those journalctl
// writes always. Each that every entry has costs journalctl a tenth of its time.
const fields = "MESSAGE,_LINE_BREAK,_STREAM_ID,CONTAINER_ID_FULL,PRIORITY,CONTAINER_PARTIAL_MESSAGE," +
	"_AUDIT_TYPE,MESSAGE_ID,N_DROPPED,OBJECT_SYSTEMD_UNIT,UNIT,USER_UNIT"

// parse reads a line and reports whether it is an entry: journalctl also
// writes remarks such as `-- No entries --`.
func (e *entry) parse(line []byte) bool {
	*e = entry{}
	whole := jsonline.Members(line, func(key, value []byte) bool {
		switch string(key) {
		case "MESSAGE":
			e.message = value
		case "__CURSOR":
			e.cursor = text(value)
		case "__REALTIME_TIMESTAMP":
			e.time = text(value)
		case "_LINE_BREAK":
			e.lineBreak = text(value)
		case "_STREAM_ID":
			e.stream = text(value)
		case "CONTAINER_ID_FULL":
			e.container = text(value)
		case "PRIORITY":
			e.priority = text(value)
		case "CONTAINER_PARTIAL_MESSAGE":
			e.partial = text(value)
		case "_AUDIT_TYPE":
			e.audit = text(value)
		case "MESSAGE_ID":
			e.messageID = text(value)
		case "N_DROPPED":
			e.dropped = text(value)
		case "OBJECT_SYSTEMD_UNIT":
			e.droppedByUnit = text(value)
		case "UNIT", "USER_UNIT":
			e.about = text(value)
		case goneKey:
			e.gone = text(value)
		}
		return true
	})
	return whole && len(e.cursor) > 0
}

// cursorOf returns the cursor of the entry in a line; nil if there is none. The key with its
// quotes cannot be part of a value, where a quote is escaped.
func cursorOf(line []byte) []byte {
	const key = `"__CURSOR":"`
	if i := bytes.Index(line, []byte(key)); i >= 0 {
		rest := line[i+len(key):]
		return rest[:max(bytes.IndexByte(rest, '"'), 0)]
	}
	var e entry // before version 236 there are spaces
	if !e.parse(bytes.TrimSuffix(line, []byte{'\n'})) {
		return nil
	}
	return e.cursor
}

// nanos returns when journald received the entry, in nanoseconds since 1970; 0: unknown.
func (e *entry) nanos() int64 { return number(e.time) * 1000 }

// text returns the content of a string value. The fields it is used for hold nothing that JSON
// escapes.
func text(value []byte) []byte {
	if len(value) < 2 || value[0] != '"' {
		return nil
	}
	return value[1 : len(value)-1]
}

func number(digits []byte) int64 {
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' || n > 1<<53 {
			return 0
		}
		n = n*10 + int64(c-'0')
	}
	return n
}

// suppressedID marks what journald logs when its rate limit dropped messages.
const suppressedID = "a596d6fe7bfa4994828e72309e95d61e"

// suppressed returns how many messages of unit the rate limit dropped, if the entry reports
// that. Older versions have no fields for it, only the text: `Suppressed 12 messages from
// /system.slice/ollama.service`.
func (e *entry) suppressed(unit string) int64 {
	message := jsonline.AppendMessage(nil, e.message)
	if len(e.droppedByUnit) > 0 {
		if string(e.droppedByUnit) != unit {
			return 0
		}
	} else if name := message[bytes.LastIndexAny(message, " /")+1:]; string(name) != unit {
		return 0
	}
	if len(e.dropped) > 0 {
		return number(e.dropped)
	}
	words := bytes.Fields(message)
	if len(words) < 2 {
		return 0
	}
	n, _ := strconv.ParseInt(string(words[1]), 10, 64)
	return n
}

// written reports whether the unit's processes wrote the entry themselves. Records of the
// kernel's auditing about them are in the journal under the same unit.
func (e *entry) written() bool { return len(e.audit) == 0 }

// cut reports whether the line goes on in a later entry: journald cuts long
// lines, and so do Docker and Podman before they hand them to it.
func (e *entry) cut() bool { return string(e.lineBreak) == "line-max" || string(e.partial) == "true" }

// caller returns the program that writes this about the unit; the query selects such entries of
// systemd only. What the unit's processes print comes over a stream or from a container, and
// cannot pretend to be systemd.
func (e *entry) caller() string {
	if len(e.about) > 0 && len(e.stream) == 0 && len(e.container) == 0 {
		return "systemd"
	}
	return ""
}

// output returns the output that a container's process wrote to, which its runtime shows by the
// priority. For a unit's processes it is not known.
func (e *entry) output() input.Output {
	switch {
	case len(e.container) == 0:
		return input.Mixed
	case string(e.priority) == "3":
		return input.Stderr
	}
	return input.Stdout
}

// connection identifies the connection that the entry came over: the parts of a line come one
// after the other over one connection.
func (e *entry) connection() connection {
	if len(e.container) > 0 {
		return connection{e.container, e.output()}
	}
	return connection{e.stream, input.Mixed}
}

type connection struct {
	id     []byte
	output input.Output
}

func (c connection) same(d connection) bool { return c.output == d.output && bytes.Equal(c.id, d.id) }
