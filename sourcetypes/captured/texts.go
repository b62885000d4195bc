package captured

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
	"ollama-hec/sourcetypes/redact"
)

// member is a member of an event's object.
type member struct {
	key   string
	value json.RawMessage
}

type members []member

// parseMembers reads an object without losing the order of its members.
func parseMembers(object []byte) (ms members, err error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, errors.Join(err, errors.New("not an object"))
	}
	for dec.More() {
		var m member
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		m.key, _ = key.(string) // else it is no object
		if err := dec.Decode(&m.value); err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, nil
}

// get reads the value of a member, and leaves to as it is if there is none of its kind.
func (ms members) get(key string, to any) bool {
	for _, m := range ms {
		if m.key == key {
			return json.Unmarshal(m.value, to) == nil
		}
	}
	return false
}

// request is what an ollama:api event says to know its request by.
func (ms members) request(began time.Time) (r Request, ok bool) {
	var took float64 // milliseconds
	ok = ms.get("http_method", &r.Method) && ms.get("uri_path", &r.Path)
	if !ms.get("status", &r.Status) || !ms.get("response_time_ms", &took) {
		return r, false // nothing was answered
	}
	r.Duration = time.Duration(took * float64(time.Millisecond))
	r.End = began.Add(r.Duration)
	return r, ok
}

// texts apply the settings to the texts of events.
type texts struct {
	options   *Options
	responses exchange.ResponseMode
	usual     redact.Redactor // what REDACT says
	forced    redact.Redactor // what is redacted in texts of people and models, whatever REDACT says
	fields    *sourcetypes.Fields
}

func newTexts(o *Options, hits *[redact.Kinds]int64) texts {
	t := texts{
		options: o, responses: within(o.Responses, o.Prompts),
		usual: redact.Redactor{Set: o.Redact, Hits: hits}, forced: redact.Redactor{Set: redact.Default(), Hits: hits},
	}
	t.forced.Patterns = o.Redact.Patterns
	t.fields = sourcetypes.NewFields(&sourcetypes.Options{Prompts: o.Prompts})
	return t
}

// apply returns an event as it may be shipped: it is the event itself if it may be as it is.
func (t *texts) apply(event []byte, ms members) []byte {
	changed := false
	kept := ms[:0]
	for _, m := range ms {
		if (m.key == "response" || m.key == "response_truncated") && t.responses == exchange.NoResponses {
			changed = true
			continue
		}
		if m.key == "error" && t.options.Prompts == sourcetypes.Off {
			m.value, changed = t.judged(m.value), true
		}
		if value := t.value(m.value, t.of(m.key)); value != nil {
			m.value, changed = value, true
		}
		kept = append(kept, m)
	}
	size := len(event)
	if changed {
		size = kept.size()
	}
	if excess := size - t.options.MaxEvent; t.options.MaxEvent > 0 && excess > 0 {
		changed = kept.cut(excess) || changed
	}
	if !changed {
		return event
	}
	return kept.appendTo(make([]byte, 0, size))
}

// of is what redacts the value of a key.
func (t *texts) of(key string) *redact.Redactor {
	switch {
	case key == "prompt" && t.options.Prompts != sourcetypes.Full,
		key == "response" && t.responses != exchange.FullResponses:
		return &t.forced
	}
	return &t.usual
}

// judged is an error without what a person or a model said, as in a log line.
func (t *texts) judged(raw json.RawMessage) json.RawMessage {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return raw
	}
	return encode(string(t.fields.Error([]byte(text))))
}

// value returns a value redacted, nil if it may stay as it is.
func (t *texts) value(raw json.RawMessage, r *redact.Redactor) json.RawMessage {
	switch raw[0] {
	case '"':
		return redactString(raw, r)
	case '{', '[':
		var v any
		if json.Unmarshal(raw, &v) != nil {
			return nil
		}
		if clean, changed := redactAll(v, r); changed {
			return encode(clean)
		}
	}
	return nil
}

func redactString(raw json.RawMessage, r *redact.Redactor) json.RawMessage {
	text := raw[1 : len(raw)-1]
	if bytes.IndexByte(text, '\\') >= 0 {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return nil
		}
		text = []byte(s)
	}
	clean := r.Apply(text, 0)
	if bytes.Equal(clean, text) {
		return nil
	}
	return encode(string(clean))
}

// redactAll redacts every text of a value, but for names.
func redactAll(v any, r *redact.Redactor) (any, bool) {
	changed := false
	each := func(v any) any {
		clean, is := redactAll(v, r)
		changed = changed || is
		return clean
	}
	switch v := v.(type) {
	case string:
		clean := string(r.Apply([]byte(v), 0))
		return clean, clean != v
	case []any:
		for i := range v {
			v[i] = each(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = each(v[key])
		}
	}
	return v, changed
}

// encode is JSON without the escapes that only a page of HTML needs.
func encode(v any) json.RawMessage {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil { // of what was JSON: never
		return json.RawMessage(`""`)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// size is the length of the object, about.
func (ms members) size() (n int) {
	for _, m := range ms {
		n += len(m.key) + len(m.value) + len(`"":,`)
	}
	return n + 1
}

// cut makes the longest text shorter by as many bytes, and says so in it.
func (ms members) cut(excess int) bool {
	longest := -1
	for i, m := range ms {
		if m.value[0] == '"' && (longest < 0 || len(m.value) > len(ms[longest].value)) {
			longest = i
		}
	}
	var text string
	if longest < 0 || json.Unmarshal(ms[longest].value, &text) != nil {
		return false
	}
	// Each byte of the text is at least one of the JSON's.
	const note = 64
	kept := max(0, len(text)-excess-note)
	for kept > 0 && !utf8.RuneStart(text[kept]) {
		kept--
	}
	ms[longest].value = encode(fmt.Sprintf("%s [ollama-hec: text cut, %d bytes dropped]", text[:kept], len(text)-kept))
	return true
}

func (ms members) appendTo(dst []byte) []byte {
	before := byte('{')
	for _, m := range ms {
		dst = append(append(dst, before), encode(m.key)...)
		dst = append(append(dst, ':'), m.value...)
		before = ','
	}
	if len(ms) == 0 {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}
