package sourcetypes

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// promptEvent is what is known of a prompt. A length below 0 is not known, and
// so is an empty text elsewhere.
type promptEvent struct {
	origin   string
	length   int
	images   []byte // digits
	format   []byte
	formats  bool // format is known, even if empty
	model    []byte
	endpoint string
	prompt   []byte
	prompts  bool // prompt is known, even if empty
}

// shipPrompt emits the ollama:prompts event of a slog line, if it has one.
func (n *Normalizer) shipPrompt(b *block) {
	p, ok := n.readPrompt(b)
	if !ok {
		return
	}
	dst := append(n.json[:0], `{"origin":"`...)
	dst = append(dst, p.origin...)
	dst = append(dst, '"')
	if p.length >= 0 {
		dst = append(dst, `,"prompt_length":`...)
		dst = strconv.AppendInt(dst, int64(p.length), 10)
	}
	if len(p.images) > 0 {
		dst = append(dst, `,"images":`...)
		dst = append(dst, p.images...)
	}
	if p.formats {
		dst = append(dst, `,"format":`...)
		dst = n.appendText(dst, p.format)
	}
	if len(p.model) > 0 {
		dst = append(dst, `,"model":`...)
		dst = n.appendText(dst, p.model)
	}
	if p.endpoint != "" {
		dst = append(dst, `,"endpoint":"`...)
		dst = append(dst, p.endpoint...)
		dst = append(dst, '"')
	}
	if p.prompts {
		r := &n.forced
		if n.opts.Prompts == Full {
			r = &n.redact
		}
		dst = append(dst, `,"prompt":`...)
		dst = appendString(dst, r.apply(p.prompt, 0))
	}
	dst = append(dst, '}')
	n.json = dst
	n.put(Prompts, b, dst)
}

// promptMsgs are the messages of the lines that are about one prompt. The same
// keys are counts in other lines: "loading cache slot" prompt=13.
type promptMsg uint8

const (
	noPromptMsg promptMsg = iota
	requestMsg            // text at DEBUG, to 0.6.8
	embeddingMsg
	completionMsg  // 0.7.0 on: length at DEBUG, text at TRACE
	llamaServerMsg // 0.30 on: length
	loggedMsg      // a file has it
)

// promptMsgOf is what kind of line it is that has this msg, from its quote on.
func promptMsgOf(msg []byte) promptMsg {
	switch {
	case len(msg) < 2 || msg[0] != '"':
	case hasPrefix(msg, `"generate request"`),
		hasPrefix(msg, `"chat request"`),
		hasPrefix(msg, `"generate handler"`),
		hasPrefix(msg, `"chat handler"`):
		return requestMsg
	case hasPrefix(msg, `"embedding request"`):
		return embeddingMsg
	case hasPrefix(msg, `"completion request"`):
		return completionMsg
	case hasPrefix(msg, `"llama-server completion request"`), hasPrefix(msg, `"llama-server chat request"`):
		return llamaServerMsg
	case hasPrefix(msg, logged):
		return loggedMsg
	}
	return noPromptMsg
}

// logged begins the msg of the line of OLLAMA_DEBUG_LOG_REQUESTS.
const logged = `"logged to `

// promptMsg is what kind of line b is, by its msg.
func (b *block) promptMsg() promptMsg {
	if b.msg == 0 {
		return noPromptMsg
	}
	return promptMsgOf(b.head()[b.msg:])
}

func (b *block) saysLogged() bool { return b.saysMsg(logged) }

// readPrompt reads what a line tells about a prompt.
func (n *Normalizer) readPrompt(b *block) (p promptEvent, ok bool) {
	is := b.promptMsg()
	switch is {
	case noPromptMsg:
		return p, false
	case loggedMsg:
		return n.readLogged(b)
	}
	p = promptEvent{origin: "debug_log", length: -1}
	if b.level == levelTrace {
		p.origin = "trace_log"
	}
	line := uncut(b.head())
	whole := len(line) == b.first
	for i := b.body; ; {
		f, next, more := nextField(line, i)
		if !more {
			break
		}
		i = next
		value := f.value.of(line)
		switch key := f.key.of(line); string(key) {
		case "prompt":
			if is == completionMsg && b.level != levelTrace && !f.quoted && number(value) {
				p.length, _ = strconv.Atoi(string(value))
			} else if is != embeddingMsg {
				n.setPrompt(&p, &f, line, whole)
			}
		case "input", "content":
			if is == embeddingMsg {
				n.setPrompt(&p, &f, line, whole)
			}
		case "prompt_len":
			if length, err := strconv.Atoi(string(value)); err == nil {
				p.length = length
			}
		case "images":
			if len(value) > 0 && len(value) < 10 && len(bytes.Trim(value, "0123456789")) == 0 {
				p.images = value
			}
		case "format":
			p.format, p.formats = f.appendValue(nil, line), true
		case "model":
			p.model = f.appendValue(nil, line)
		}
	}
	if is != llamaServerMsg && !p.prompts && p.length < 0 {
		return p, false // only a template, or a system prompt
	}
	if is == completionMsg && !p.prompts && (b.trace || b.textFollows) {
		return p, false // its text comes in a line of its own
	}
	if !p.prompts && n.bodies && (is == completionMsg || is == llamaServerMsg) {
		return p, false // the request's body has been read
	}
	return p, true
}

// setPrompt takes a value as the prompt's text, and its length if it is whole,
// which it is not at the end of a line that was cut.
func (n *Normalizer) setPrompt(p *promptEvent, f *field, line []byte, whole bool) {
	n.text = f.appendValue(n.text[:0], line)
	p.prompt, p.prompts = n.text, true
	if f.value.to < len(line) || whole && !f.quoted {
		p.length = len(n.text)
	}
}

// requestEndpoints are the endpoints whose request bodies are logged to files, by
// their form in the file's name.
var requestEndpoints = map[string]string{
	"api_generate":          "/api/generate",
	"api_chat":              "/api/chat",
	"v1_chat_completions":   "/v1/chat/completions",
	"v1_completions":        "/v1/completions",
	"v1_responses":          "/v1/responses",
	"v1_messages":           "/v1/messages",
	"v1_embeddings":         "/v1/embeddings",
	"api_embed":             "/api/embed",
	"api_embeddings":        "/api/embeddings",
	"v1_images_generations": "/v1/images/generations",
}

// readLogged reads the line of OLLAMA_DEBUG_LOG_REQUESTS, which names the file
// that holds the request's body.
func (n *Normalizer) readLogged(b *block) (p promptEvent, ok bool) {
	p = promptEvent{origin: "request_log", length: -1}
	rest := b.head()[b.msg+len(logged):]
	i := bytes.Index(rest, []byte(", replay using curl"))
	if i < 0 {
		return p, false
	}
	path := string(appendUnquoted(nil, rest[:i]))
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	name, isBody := strings.CutSuffix(name, "_body.json")
	if !isBody || !strings.Contains(path, "ollama-request-logs-") || strings.Contains(path, "..") {
		return p, false
	}
	if _, route, found := strings.Cut(name, "_"); found {
		p.endpoint = requestEndpoints[route]
	}
	if n.opts.ReadBody == nil {
		return p, true
	}
	if body, err := n.opts.ReadBody(path); err == nil {
		p.readBody(body)
	}
	n.bodies = p.prompts
	return p, true
}

// readBody takes from a request's body what is known of the prompt.
func (p *promptEvent) readBody(body []byte) {
	var r struct {
		Model    string          `json:"model"`
		Prompt   json.RawMessage `json:"prompt"`
		Input    json.RawMessage `json:"input"`
		System   json.RawMessage `json:"system"`
		Images   []any           `json:"images"`
		Format   json.RawMessage `json:"format"`
		Messages []struct {
			Content json.RawMessage `json:"content"`
			Images  []any           `json:"images"`
		} `json:"messages"`
	}
	if json.Unmarshal(body, &r) != nil {
		return
	}
	p.model = []byte(r.Model)
	if len(r.Format) > 0 {
		p.format, p.formats = r.Format, true
		var s string
		if json.Unmarshal(r.Format, &s) == nil {
			p.format = []byte(s)
		}
	}
	images := len(r.Images)
	var texts []string
	texts = appendTexts(texts, r.System)
	texts = appendTexts(texts, r.Prompt)
	texts = appendTexts(texts, r.Input)
	for _, m := range r.Messages {
		texts = appendTexts(texts, m.Content)
		images += len(m.Images)
	}
	if images > 0 {
		p.images = strconv.AppendInt(nil, int64(images), 10)
	}
	if len(texts) > 0 {
		p.prompt, p.prompts = []byte(strings.Join(texts, "\n")), true
		p.length = len(p.prompt)
	}
}

// appendTexts appends the texts of a prompt or of a message's content: a
// string, a list of them, or a list of parts that have a text or a content.
func appendTexts(texts []string, raw json.RawMessage) []string {
	var v any
	if len(raw) == 0 || json.Unmarshal(raw, &v) != nil {
		return texts
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, part := range v {
				walk(part)
			}
		case map[string]any:
			walk(v["text"])
			walk(v["content"])
		}
	}
	walk(v)
	return texts
}
