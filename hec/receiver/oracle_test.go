package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// plain is parse by encoding/json: the raw text of the objects of a body up to
// the first thing that is none, and whether there was one.
func plain(body []byte) (raw []string, bad bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		array, err := atArray(d, body)
		if err == io.EOF {
			return raw, false
		}
		if array {
			if _, err := d.Token(); err != nil {
				return raw, true
			}
		}
		for first := true; first || array; first = false {
			if array && !d.More() {
				if _, err := d.Token(); err != nil {
					return raw, true
				}
				break
			}
			var o json.RawMessage
			if d.Decode(&o) != nil || o[0] != '{' {
				return raw, true
			}
			raw = append(raw, string(o))
		}
	}
}

// atArray reports whether the next value is an array; io.EOF if there is none.
func atArray(d *json.Decoder, body []byte) (bool, error) {
	rest := bytes.TrimLeft(body[d.InputOffset():], " \t\r\n")
	if len(rest) == 0 {
		return false, io.EOF
	}
	return rest[0] == '[', nil
}

// checkVerdict holds the code and number of a body against the objects in it.
func checkVerdict(t *testing.T, p parsed, raw []string, bad bool) {
	t.Helper()
	wantCode, wantNumber := codeSuccess, -1
	kept := 0
	for i, o := range raw {
		code, _, last := judge(o)
		if last {
			if kept == 0 {
				wantCode = codeNoData
			}
			bad = false
			break
		}
		if code != codeSuccess {
			wantCode, wantNumber, bad = code, i, false
			if code == codeBadIndex {
				wantNumber++
			}
			break
		}
		kept++
	}
	switch {
	case bad:
		wantCode, wantNumber = codeBadFormat, len(raw)
	case len(raw) == 0:
		wantCode = codeNoData
	}
	if p.code != wantCode || p.number != wantNumber {
		t.Fatalf("code %d at %d, want %d at %d", p.code, p.number, wantCode, wantNumber)
	}
}

// judge is the rules for one object, written without the scanner.
func judge(raw string) (code int, skip, last bool) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		panic(err)
	}
	for key := range o {
		if !slices.Contains([]string{"time", "host", "source", "sourcetype", "index", "event", "fields"}, key) {
			return 0, false, true
		}
	}
	event, has := o["event"]
	fields, hasFields := o["fields"]
	if !has {
		if hasFields {
			return 0, true, false
		}
		return codeNoEvent, false, false
	}
	var v any
	json.Unmarshal(event, &v)
	switch v := v.(type) {
	case nil:
		return codeBlankEvent, false, false
	case string:
		if strings.Trim(v, " \t\r\n") == "" {
			return codeBlankEvent, false, false
		}
	case map[string]any:
		if len(v) == 0 {
			return codeBlankEvent, false, false
		}
	case []any:
		if len(v) == 0 {
			return codeBlankEvent, false, false
		}
	}
	if hasFields {
		var f map[string]any
		if fields[0] != '{' || json.Unmarshal(fields, &f) != nil {
			return codeBadFormat, false, false
		}
		if nestedPlain(fields) {
			return codeBadFields, false, false
		}
	}
	if stamp, ok := o["time"]; ok {
		var text string
		if stamp[0] != '"' {
			text = string(stamp)
		} else {
			json.Unmarshal(stamp, &text)
		}
		if !decimal(text) {
			return codeBadFields, false, false
		}
	}
	for _, key := range []string{"host", "source", "sourcetype", "index"} {
		if v, ok := o[key]; ok && v[0] != '"' {
			return codeBadFormat, false, false
		}
	}
	if index, ok := o["index"]; ok {
		var s string
		json.Unmarshal(index, &s)
		if s != "" && s != "main" {
			return codeBadIndex, false, false
		}
	}
	return 0, false, false
}

// nestedPlain walks the tokens of fields: nothing but values, and arrays of values.
func nestedPlain(fields []byte) bool {
	d := json.NewDecoder(bytes.NewReader(fields))
	depth := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
			if depth > 1 && tok == json.Delim('{') || depth > 2 {
				return true
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

func decimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!point || digits(fraction))
}

// checkPrefix: the events are, in order, the objects that have an event.
func checkPrefix(t *testing.T, p parsed, raw []string) {
	t.Helper()
	i := 0
	for _, o := range raw {
		if i == len(p.events) {
			return
		}
		if _, skip, _ := judge(o); skip {
			continue
		}
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(o)); err != nil {
			t.Fatal(err)
		}
		if got := string(p.events[i].Line); got != want.String() {
			t.Fatalf("event %d is %s, want %s", i, got, want.String())
		}
		i++
	}
	if i < len(p.events) {
		t.Fatalf("%d events, only %d objects with one", len(p.events), i)
	}
}
