// Package spool keeps events on disk between the process that captured them and the one that
// ships them. It defines how an event is written as a line, and in which files lines are kept.
//
// A line is {"v":1,"time":NANOSECONDS,"sourcetype":"…","fields":{…},"event":{…}}, without
// fields where there are none. Only lines of files that lie in a spool's own directory are
// events: a line that merely looks like one, in any other file, is text.
package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Record is one complete event, as it is sent to Splunk.
type Record struct {
	Time       time.Time         // of the event
	Sourcetype string            // ollama:api, ollama:prompts, ollama:connection, ollama:hec:health
	Fields     map[string]string // HEC fields, such as container_name; nil for none
	Event      []byte            // one JSON object without line ends
}

// version is the version of a line's form. Lines of other versions are not read.
const version = 1

// AppendLine appends the record as a line, its end included.
func (r *Record) AppendLine(dst []byte) []byte {
	dst = append(dst, `{"v":1,"time":`...)
	dst = strconv.AppendInt(dst, r.Time.UnixNano(), 10)
	dst = append(dst, `,"sourcetype":`...)
	dst = appendString(dst, r.Sourcetype)
	if len(r.Fields) > 0 {
		before := byte('{')
		dst = append(dst, `,"fields":`...)
		for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
			dst = appendString(append(dst, before), name)
			dst = appendString(append(dst, ':'), r.Fields[name])
			before = ','
		}
		dst = append(dst, '}')
	}
	dst = append(dst, `,"event":`...)
	dst = append(dst, r.Event...)
	return append(dst, "}\n"...)
}

func appendString(dst []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // of a string: never
		return append(dst, `""`...)
	}
	return append(dst, text...)
}

// Parse reads a line without its end. The record's Event is a copy.
func Parse(line []byte) (Record, error) {
	var l struct {
		V          int               `json:"v"`
		Time       *int64            `json:"time"`
		Sourcetype string            `json:"sourcetype"`
		Fields     map[string]string `json:"fields"`
		Event      json.RawMessage   `json:"event"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return Record{}, fmt.Errorf("not a line of the spool: %w", err)
	}
	switch {
	case l.V != version:
		return Record{}, fmt.Errorf("version %d of a line of the spool, and only %d is known", l.V, version)
	case l.Time == nil || l.Sourcetype == "":
		return Record{}, errors.New("a line of the spool without a time or a sourcetype")
	case len(l.Event) == 0 || l.Event[0] != '{':
		return Record{}, errors.New("a line of the spool without an event")
	case bytes.IndexByte(l.Event, '\n') >= 0:
		return Record{}, errors.New("an event that is no single line")
	}
	return Record{Time: time.Unix(0, *l.Time), Sourcetype: l.Sourcetype, Fields: l.Fields, Event: l.Event}, nil
}
