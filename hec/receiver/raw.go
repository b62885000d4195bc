package receiver

import (
	"bytes"
	"encoding/json"
	"net/url"
)

// lines takes the lines of a raw body as events, with the metadata of the
// query string. Blank lines are none.
func lines(body []byte, query url.Values, token Token) parsed {
	p := parsed{number: -1}
	about := Event{
		Time: query.Get("time"), Host: query.Get("host"), Source: query.Get("source"),
		Sourcetype: query.Get("sourcetype"), Index: query.Get("index"),
	}
	switch {
	case about.Time != "" && !epoch(about.Time):
		p.code = codeBadFields
		return p
	case !token.allows(about.Index):
		p.code = codeBadIndex
		return p
	}
	for line := range bytes.Lines(body) {
		line = bytes.TrimRight(line, "\r\n")
		if len(bytes.TrimSpace(line)) > 0 {
			p.events = append(p.events, about.raw(line))
		}
	}
	if len(p.events) == 0 {
		p.code = codeNoData
	}
	return p
}

// raw is the event of one line, in the envelope it would have come in.
func (e Event) raw(line []byte) Event {
	e.Event = quote(string(line))
	e.Line = append(e.Line, '{')
	if e.Time != "" {
		time := []byte(e.Time)
		if !json.Valid(time) { // leading zeros
			time = quote(e.Time)
		}
		e.Line = append(append(append(e.Line, `"time":`...), time...), ',')
	}
	for _, m := range [...]struct{ key, value string }{
		{"host", e.Host}, {"source", e.Source}, {"sourcetype", e.Sourcetype}, {"index", e.Index},
	} {
		if m.value != "" {
			e.Line = append(append(append(e.Line, `"`+m.key+`":`...), quote(m.value)...), ',')
		}
	}
	e.Line = append(append(append(e.Line, `"event":`...), e.Event...), '}')
	return e
}

// quote is s as JSON, invalid UTF-8 replaced.
func quote(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
