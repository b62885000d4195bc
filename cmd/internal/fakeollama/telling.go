package fakeollama

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// telling is an answer that is being sent.
type telling struct {
	ask   *ask
	words []string
	w     http.ResponseWriter
	next  func(said int) bool // waits for a word; false: nobody listens any more
}

// send sends a piece at once.
func (t *telling) send(format string, args ...any) {
	_, _ = fmt.Fprintf(t.w, format, args...) // or the client has gone, which next tells
	_ = http.NewResponseController(t.w).Flush()
}

// each calls f for each word. It returns false if the answer breaks off.
func (t *telling) each(f func(word string)) bool {
	for said, word := range t.words {
		if !t.next(said) {
			return false
		}
		if t.ask.Model == Failing && said == 2 {
			t.send("%s\n", `{"error":"an error was encountered while running the model: unexpected EOF"}`)
			return false
		}
		f(quoted(word))
	}
	return true
}

func quoted(word string) string {
	text, err := json.Marshal(word)
	if err != nil { // of a string: never
		return `""`
	}
	return string(text)
}

// native answers /api/chat and /api/generate.
func (t *telling) native(operation string) {
	said := func(text string) string {
		if operation == "chat" {
			return `"message":{"role":"assistant","content":` + text + `}`
		}
		return `"response":` + text
	}
	begin := fmt.Sprintf(`{"model":%s,"created_at":%q,`, quoted(t.ask.Model), createdAt)
	end := `,"done":true,"done_reason":"stop",` + fmt.Sprintf(took, t.ask.promptTokens(), len(t.words)) + "}"
	if !t.ask.streams(true) {
		if t.each(func(string) {}) {
			says(t.w, http.StatusOK, begin+said(quoted(strings.Join(t.words, "")))+end)
		}
		return
	}
	t.w.Header().Set("Content-Type", "application/x-ndjson")
	if t.each(func(word string) { t.send("%s%s,\"done\":false}\n", begin, said(word)) }) {
		t.send("%s%s%s\n", begin, said(`""`), end)
	}
}

// openAI answers /v1/chat/completions.
func (t *telling) openAI() {
	usage := fmt.Sprintf(`"usage":{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d}`,
		t.ask.promptTokens(), len(t.words), t.ask.promptTokens()+len(t.words))
	begin := func(object string) string {
		return fmt.Sprintf(`{"id":"chatcmpl-1","object":%q,"created":1767323045,"model":%s,"system_fingerprint":"fp_ollama",`,
			object, quoted(t.ask.Model))
	}
	if !t.ask.streams(false) {
		if t.each(func(string) {}) {
			says(t.w, http.StatusOK, begin("chat.completion")+
				`"choices":[{"index":0,"message":{"role":"assistant","content":`+quoted(strings.Join(t.words, ""))+
				`},"finish_reason":"stop"}],`+usage+"}\n")
		}
		return
	}
	t.w.Header().Set("Content-Type", "text/event-stream")
	chunk := begin("chat.completion.chunk")
	choice := func(text, reason string) string {
		return `"choices":[{"index":0,"delta":{"role":"assistant","content":` + text + `},"finish_reason":` + reason + `}]`
	}
	if !t.each(func(word string) { t.send("data: %s%s}\n\n", chunk, choice(word, "null")) }) {
		return
	}
	t.send("data: %s%s}\n\n", chunk, choice(`""`, `"stop"`))
	if t.ask.Options.Usage {
		t.send("data: %s\"choices\":[],%s}\n\n", chunk, usage)
	}
	t.send("data: [DONE]\n\n")
}

// anthropic answers /v1/messages.
func (t *telling) anthropic() {
	begin := `{"id":"msg_1","type":"message","role":"assistant","model":` + quoted(t.ask.Model)
	usage := fmt.Sprintf(`"usage":{"input_tokens":%d,"output_tokens":%d}`, t.ask.promptTokens(), len(t.words))
	if !t.ask.streams(false) {
		if t.each(func(string) {}) {
			says(t.w, http.StatusOK, begin+`,"content":[{"type":"text","text":`+quoted(strings.Join(t.words, ""))+
				`}],"stop_reason":"end_turn",`+usage+"}")
		}
		return
	}
	t.w.Header().Set("Content-Type", "text/event-stream")
	event := func(name, rest string) { t.send("event: %s\ndata: {\"type\":%q%s}\n\n", name, name, rest) }
	event("message_start", `,"message":`+begin+`,"content":[],"usage":{"input_tokens":1,"output_tokens":0}}`)
	event("content_block_start", `,"index":0,"content_block":{"type":"text","text":""}`)
	if !t.each(func(word string) {
		event("content_block_delta", `,"index":0,"delta":{"type":"text_delta","text":`+word+`}`)
	}) {
		return
	}
	event("content_block_stop", `,"index":0`)
	event("message_delta", `,"delta":{"stop_reason":"end_turn"},`+usage)
	event("message_stop", "")
}
