package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/redact"
)

// censor applies today's PROMPTS and REDACT to events that were made under earlier ones.
// What was redacted then stays redacted, so the stricter of the two holds.
//
// It turns each event back into a line, as Ollama would have written it, and normalizes
// that line like any other. The lines before it are not known.
type censor struct {
	options sourcetypes.Options
	values  redact.Redactor // of what is no text
}

func newCensor(o *sourcetypes.Options) *censor {
	c := &censor{*o, redact.Redactor{Set: o.Redact, Hits: new([redact.Kinds]int64)}}
	c.options.APIEvents, c.options.Skip, c.options.ReadBody = true, 0, nil
	return c
}

// errPrompt is the error for an event that may not be sent at all.
var errPrompt = errors.New("prompts are not sent: PROMPTS=off")

// apply returns an event in the form of HEC, a JSON object, as it may be sent.
func (c *censor) apply(event json.RawMessage) (json.RawMessage, error) {
	var envelope struct {
		Sourcetype string `json:"sourcetype"`
	}
	_ = json.Unmarshal(event, &envelope) // an event that is not ours is treated as text
	var body func(json.RawMessage) (json.RawMessage, error)
	switch envelope.Sourcetype {
	case sourcetypes.Prompts.String():
		if c.options.Prompts == sourcetypes.Off {
			return nil, errPrompt
		}
		body = c.strings(c.prompt)
	case sourcetypes.API.String():
		body = c.request
	case sourcetypes.Connection.String(), sourcetypes.Health.String():
		body = c.strings(c.value)
	default:
		body = c.strings(func(_, text string) string { return c.text(text) })
	}
	return members(event, func(key string, value json.RawMessage) (json.RawMessage, error) {
		if key != "event" {
			return value, nil
		}
		return body(value)
	})
}

// text returns the text of one or more lines as it may stand in ollama:server.
func (c *censor) text(text string) string {
	got := strings.Join(c.normalize(sourcetypes.Server, strings.Split(text, "\n")...), "\n")
	if withoutBlanks(got) == withoutBlanks(text) {
		return text // only blank lines are gone
	}
	return got
}

func withoutBlanks(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(strings.TrimRight(line, "\n") + "\n")
		}
	}
	return out.String()
}

// prompt returns a value of ollama:prompts as it may be sent.
func (c *censor) prompt(key, text string) string {
	if key != "prompt" && key != "response" {
		return c.text(text)
	}
	line := `time=2026-01-01T00:00:00.000Z level=DEBUG source=routes.go:1 msg="chat request" prompt=` + strconv.Quote(text)
	var made struct{ Prompt *string }
	events := c.normalize(sourcetypes.Prompts, line)
	if len(events) != 1 || json.Unmarshal([]byte(events[0]), &made) != nil || made.Prompt == nil {
		return "[REDACTED:prompt]" // it cannot be judged
	}
	return *made.Prompt
}

// request returns an object of ollama:api as it may be sent.
func (c *censor) request(object json.RawMessage) (json.RawMessage, error) {
	var target struct {
		Path  string `json:"uri_path"`
		Query string `json:"uri_query"`
	}
	_ = json.Unmarshal(object, &target) // likewise
	asked := target
	if whole := asked.Path; whole != "" || asked.Query != "" {
		if asked.Query != "" {
			whole += "?" + asked.Query
		}
		line := `[GIN] 2026/01/01 - 00:00:00 | 200 |         1ms |       127.0.0.1 | POST     ` + strconv.Quote(whole)
		events := c.normalize(sourcetypes.API, line)
		if len(events) == 0 || json.Unmarshal([]byte(events[0]), &target) != nil {
			target.Path, target.Query = c.text(asked.Path), c.text(asked.Query)
		}
	}
	return c.strings(func(key, text string) string {
		switch key {
		case "uri_path":
			return target.Path
		case "uri_query":
			return target.Query
		}
		return c.value(key, text)
	})(object)
}

// value returns a value of an event that is made of values, as ollama:api is, as it may be sent.
// Only an error quotes what people write: an address or a name is no text that PROMPTS hides.
func (c *censor) value(key, text string) string {
	if key == "error" {
		return c.text(text)
	}
	return string(c.values.Apply([]byte(text), 0))
}

// normalize returns the events of one sourcetype that lines become.
func (c *censor) normalize(of sourcetypes.Sourcetype, lines ...string) (bodies []string) {
	norm := sourcetypes.NewNormalizer(&c.options, 0, input.Carry{}, func(ev *sourcetypes.Event) {
		if ev.Sourcetype == of {
			bodies = append(bodies, string(ev.Body))
		}
	})
	for i, line := range lines {
		norm.Add(&input.Record{Text: []byte(line), Next: input.Position(i + 1)})
	}
	norm.Flush()
	return bodies
}

// strings returns a function that rewrites the strings of a JSON value, each by the key it
// belongs to.
func (c *censor) strings(rewrite func(key, text string) string) func(json.RawMessage) (json.RawMessage, error) {
	var value func(key string, v json.RawMessage) (json.RawMessage, error)
	value = func(key string, v json.RawMessage) (json.RawMessage, error) {
		switch v = bytes.TrimSpace(v); {
		case len(v) == 0:
			return v, nil
		case v[0] == '"':
			var text string
			if err := json.Unmarshal(v, &text); err != nil {
				return nil, err
			}
			if made := rewrite(key, text); made != text {
				return quoted(made)
			}
		case v[0] == '{':
			return members(v, value)
		case v[0] == '[':
			var list []json.RawMessage
			if err := json.Unmarshal(v, &list); err != nil {
				return nil, err
			}
			for i := range list {
				var err error
				if list[i], err = value(key, list[i]); err != nil {
					return nil, err
				}
			}
			return append(append([]byte{'['}, bytes.Join(asBytes(list), []byte{','})...), ']'), nil
		}
		return v, nil
	}
	return func(v json.RawMessage) (json.RawMessage, error) { return value("", v) }
}

func asBytes(list []json.RawMessage) [][]byte {
	all := make([][]byte, len(list))
	for i := range list {
		all[i] = list[i]
	}
	return all
}

// members rewrites the values of a JSON object and keeps the order of its keys.
func members(
	object json.RawMessage, rewrite func(key string, value json.RawMessage) (json.RawMessage, error),
) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	made := []byte{'{'}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, err
		}
		key, _ := token.(string)
		if value, err = rewrite(key, value); err != nil {
			return nil, err
		}
		name, err := quoted(key)
		if err != nil {
			return nil, err
		}
		if len(made) > 1 {
			made = append(made, ',')
		}
		made = append(append(append(made, name...), ':'), value...)
	}
	return append(made, '}'), nil
}

// quoted returns text as a JSON string, without the escapes that only HTML needs.
func quoted(text string) (json.RawMessage, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(text)
	return bytes.TrimSuffix(out.Bytes(), []byte{'\n'}), err
}
