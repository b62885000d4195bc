package exchange

import (
	"unicode/utf8"

	"ollama-hec/sourcetypes"
)

// promptEvent writes the event of ollama:prompts, if the request holds a prompt.
func (e *Exchanges) promptEvent(dst []byte, c *conversation, x *exchange) ([]byte, bool) {
	a := &x.asked
	prompt, ok := a.promptText()
	if !a.prompts || !ok || prompt.length == 0 && a.images == 0 {
		return dst, false
	}
	whole := x.knowsAll()
	dst = append(dst, `{"origin":"`+e.opts.Origin+`"`...)
	dst = e.appendText(dst, "model", x.modelName(), maxModel)
	dst = e.appendText(dst, "endpoint", x.path, mostPath)
	if whole && a.hasMessages && !a.direct {
		dst = appendInt(dst, "messages", int64(a.messages))
		for _, role := range [...]struct {
			name string
			n    int
		}{
			{"system_messages", a.systems}, {"user_messages", a.users},
			{"assistant_messages", a.assistants}, {"tool_messages", a.toolMessages},
		} {
			if role.n > 0 {
				dst = appendInt(dst, role.name, int64(role.n))
			}
		}
	}
	if whole {
		if a.system > 0 {
			dst = appendInt(dst, "system_length", a.system)
		}
		dst = appendInt(dst, "prompt_length", prompt.length)
		if a.images > 0 {
			dst = appendInt(dst, "images", int64(a.images))
		}
		if a.tools > 0 {
			dst = appendInt(dst, "tools", int64(a.tools))
		}
	}
	if x.saysLess() {
		dst = appendBool(dst, "partial", true)
	}
	dst = e.appendText(dst, "connection_id", []byte(c.peer.ID), mostHost)
	if e.opts.responses() && x.answer.response.length > 0 {
		full := e.opts.Responses == FullResponses && e.opts.Prompts == sourcetypes.Full
		dst = e.appendLong(dst, "response", &x.answer.response, full)
	}
	dst = e.appendLong(dst, "prompt", prompt, e.opts.Prompts == sourcetypes.Full)
	return append(dst, '}'), true
}

// saysLess reports whether the events may tell less than what was said.
func (x *exchange) saysLess() bool { return x.partial || x.asked.mixed || x.headCut || x.textsCut() }

// textsCut reports whether there was no room for all of the texts that would be told.
func (x *exchange) textsCut() bool {
	prompt, ok := x.asked.promptText()
	return ok && prompt.denied || x.answer.response.denied || x.packed != nil && x.packed.body.denied
}

// appendLong appends a long text, redacted and then cut, and says so where it is. Of a text that was
// cut before, the end goes: it may be a part of a secret.
func (e *Exchanges) appendLong(dst []byte, name string, k *kept, full bool) []byte {
	redacted := e.fields.Prompt(k.text, full)
	if !k.whole() {
		redacted = withoutEnd(redacted, slack)
	}
	fits := fitting(redacted, e.opts.MaxPrompt)
	if !k.whole() || len(fits) < len(redacted) {
		dst = appendBool(dst, name+"_truncated", true)
	}
	return sourcetypes.AppendString(append(dst, `,"`+name+`":`...), fits)
}

// fitting cuts a text so that it takes no more than most bytes as a JSON string, and no
// character of it is cut.
func fitting(b []byte, most int) []byte {
	size := 0
	for i := 0; i < len(b); {
		n, written := 1, 1
		switch c := b[i]; {
		case c == '"', c == '\\', c == '\n', c == '\r', c == '\t':
			written = 2
		case c < 0x20:
			written = 6
		case c >= utf8.RuneSelf:
			_, n = utf8.DecodeRune(b[i:])
			written = max(n, 3) // U+FFFD, if it is none
		}
		if size+written > most {
			return b[:i]
		}
		size += written
		i += n
	}
	return b
}

// release gives back the room that an exchange takes.
func (x *exchange) release() {
	x.asked.release()
	if x.answer.response.from != nil {
		x.answer.response.clear()
	}
	if x.packed != nil {
		x.packed.release()
	}
	if x.answer.packed != nil {
		x.answer.packed.release()
	}
}
