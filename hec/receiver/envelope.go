package receiver

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"
)

// Event is one event taken. Its parts are the receiver's own copy and may be kept.
type Event struct {
	// Time is the text of the number or string received, "" if there was none.
	Time                            string
	Host, Source, Sourcetype, Index string
	// Event and Fields are JSON as received; Fields is nil if there was none.
	Event, Fields json.RawMessage
	// Line is the whole envelope on one line, keys in the order received.
	Line json.RawMessage
	// Request is Request.N of the request the event came in.
	Request uint64
}

// parsed is what a body came to.
type parsed struct {
	events []Event
	code   int // codeSuccess, or why not all of it was taken
	number int // invalid-event-number; -1: none

	// What Splunk loses without a word.
	unknownKey int // objects from the first with an unknown key on, that one included
	fieldsOnly int // objects with fields and no event
	invalid    int // objects that are not valid UTF-8
}

// parse takes the events of a body as splunkd does, in order, up to the first
// object it refuses.
func parse(body []byte, token Token) parsed {
	p := parsed{number: -1}
	o := objects{scanner: scanner{b: body}}
	for o.more() {
		if p.unknownKey > 0 {
			p.unknownKey++
			continue
		}
		if !utf8.Valid(o.raw) {
			p.invalid++
		}
		if o.unknown {
			p.unknownKey++
			continue
		}
		e, code := o.event(token)
		switch {
		case code != codeSuccess:
			p.code, p.number = code, o.n
			if code == codeBadIndex {
				p.number++ // as splunkd counts
			}
			return p
		case e.Event == nil:
			p.fieldsOnly++
		default:
			p.events = append(p.events, e)
		}
	}
	switch {
	case p.unknownKey > 0:
		if len(p.events)+p.fieldsOnly == 0 {
			p.code = codeNoData
		}
	case o.bad:
		p.code, p.number = codeBadFormat, o.n
	case o.n == 0:
		p.code = codeNoData
	}
	return p
}

// objects iterates over a body: objects one after the other, with or without
// whitespace between, or arrays of them, which splunkd takes as well.
type objects struct {
	scanner
	n       int  // objects before the current one
	began   bool // there is a current one
	inside  bool // an array
	bad     bool // what follows is no object
	raw     []byte
	unknown bool // the object has a key HEC does not know

	time, host, source, sourcetype, index, body, fields []byte
}

// more moves to the next object; false at the end or where o.bad.
func (o *objects) more() bool {
	if o.began {
		o.n++
		o.began = false
		if o.inside && !o.separated() {
			return false
		}
	} else if o.bad {
		return false
	}
	for !o.inside {
		if !o.space() {
			return false
		}
		if o.b[o.i] != '[' {
			break
		}
		o.i++
		o.inside = !o.next(']')
	}
	return o.object()
}

// separated passes what follows an element of an array and reports whether
// an object is due.
func (o *objects) separated() bool {
	if o.next(']') {
		o.inside = false
		return true
	}
	o.bad = !o.next(',')
	return !o.bad
}

func (o *objects) object() bool {
	if !o.space() || o.b[o.i] != '{' {
		o.bad = true
		return false
	}
	*o = objects{scanner: o.scanner, n: o.n, inside: o.inside}
	o.spaced = false
	from := o.i
	if !o.scanner.object(1, o.member) {
		o.bad = true
		return false
	}
	o.raw, o.began = o.b[from:o.i:o.i], true
	return true
}

func (o *objects) member(key, value []byte) {
	name := key[1 : len(key)-1]
	if bytes.IndexByte(name, '\\') >= 0 {
		name = []byte(unquote(key))
	}
	switch string(name) {
	case "time":
		o.time = value
	case "host":
		o.host = value
	case "source":
		o.source = value
	case "sourcetype":
		o.sourcetype = value
	case "index":
		o.index = value
	case "event":
		o.body = value
	case "fields":
		o.fields = value
	default:
		o.unknown = true
	}
}

// event checks the current object; an Event without Event is one splunkd skips.
func (o *objects) event(token Token) (Event, int) {
	switch {
	case o.body == nil && o.fields == nil:
		return Event{}, codeNoEvent
	case o.body == nil:
		return Event{}, codeSuccess
	case blank(o.body):
		return Event{}, codeBlankEvent
	}
	e := Event{Event: o.body, Fields: o.fields}
	if o.fields != nil {
		if code := flat(o.fields); code != codeSuccess {
			return Event{}, code
		}
	}
	if o.time != nil {
		if e.Time = string(o.time); o.time[0] == '"' {
			e.Time = unquote(o.time)
		}
		if !epoch(e.Time) {
			return Event{}, codeBadFields
		}
	}
	for _, m := range [...]struct {
		to   *string
		from []byte
	}{{&e.Host, o.host}, {&e.Source, o.source}, {&e.Sourcetype, o.sourcetype}, {&e.Index, o.index}} {
		switch {
		case m.from == nil:
		case m.from[0] != '"':
			return Event{}, codeBadFormat
		default:
			*m.to = unquote(m.from)
		}
	}
	if !token.allows(e.Index) {
		return Event{}, codeBadIndex
	}
	e.Line = o.line()
	return e, codeSuccess
}

// line is the object without whitespace between its tokens.
func (o *objects) line() []byte {
	if !o.spaced {
		return o.raw
	}
	var b bytes.Buffer
	if err := json.Compact(&b, o.raw); err != nil {
		panic(err) // the scanner has accepted it
	}
	return b.Bytes()
}

// blank: null, a string of nothing but space, an empty object or array.
func blank(value []byte) bool {
	switch value[0] {
	case 'n':
		return true
	case '"':
		if c := value[1]; c != ' ' && c != '\\' && c != '"' {
			return false
		}
		return strings.Trim(unquote(value), " \t\r\n") == ""
	case '{', '[':
		s := scanner{b: value, i: 1}
		return s.next(value[0] + 2) // its closing bracket
	}
	return false
}

// flat says what splunkd makes of indexed fields: an object without objects in it.
func flat(fields []byte) int {
	if fields[0] != '{' {
		return codeBadFormat
	}
	nested := false
	s := scanner{b: fields}
	s.object(1, func(_, value []byte) {
		switch value[0] {
		case '{':
			nested = true
		case '[':
			nested = nested || bytes.ContainsAny(value[1:], "{[") && deep(value)
		}
	})
	if nested {
		return codeBadFields
	}
	return codeSuccess
}

// deep: an array holds an object or an array, and not only their brackets in a string.
func deep(array []byte) bool {
	var elements []json.RawMessage
	if err := json.Unmarshal(array, &elements); err != nil {
		return true
	}
	return slices.ContainsFunc(elements, func(e json.RawMessage) bool { return e[0] == '{' || e[0] == '[' })
}

// epoch: seconds as decimal text. An exponent is refused, as by splunkd.
func epoch(s string) bool {
	c := scanner{b: []byte(s)}
	c.accept('-')
	return c.digits() && (!c.accept('.') || c.digits()) && c.i == len(s)
}

// unquote is the text of a JSON string.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		panic(err) // the scanner has accepted it
	}
	return s
}
