package sourcetypes

import "bytes"

// conceal returns the text of b with prompt and completion text treated as
// PROMPTS says: with off it is replaced, with redacted it goes through the
// default redaction even where REDACT is off.
//
// It knows the places where Ollama writes such text into a line. What a crash
// says, and a text that the runner prints over several lines, is not among them.
func (n *Normalizer) conceal(b *block) []byte {
	switch b.form {
	case slogged:
		if b.level == levelInfo && !mayHoldText(b.text[b.body:]) {
			return b.text
		}
	case access, blank, indented:
		return b.text
	}
	c := concealer{n: n, text: b.text, out: n.text[:0]}
	switch b.form {
	case slogged, goLogged:
		c.slog(b)
	case llamaLog:
		c.llama(b.head())
	case plain:
		if b.class == ClassRunner {
			c.runner(b.head())
		}
	}
	if c.done == 0 {
		return b.text
	}
	n.text = append(c.out, b.text[c.done:]...)
	return n.text
}

// concealer rewrites a text from left to right.
type concealer struct {
	n    *Normalizer
	text []byte
	out  []byte
	done int // how much of text is in out
}

// hide replaces text[s], or redacts it.
func (c *concealer) hide(s span) {
	value := s.of(c.text)
	if len(value) == 0 || maskLen(value) == len(value) {
		return
	}
	if c.n.opts.Prompts == Off {
		c.n.counts.Redacted[KindPrompt]++
		c.out = append(c.out, c.text[c.done:s.from]...)
		c.out = append(c.out, masks[KindPrompt]...)
	} else {
		c.out = append(c.out, c.text[c.done:s.from]...)
		c.out = append(c.out, c.n.forced.apply(value, 0)...)
	}
	c.done = s.to
}

// slog hides the values of a slog line that hold, or may hold, such text.
func (c *concealer) slog(b *block) {
	line := b.head()
	is := b.promptMsgOf()
	wary := b.level == levelTrace || b.level == levelDebug && b.msg > 0 && textualMsg(line[b.msg:])
	i := b.body
	if b.form == goLogged { // file:line: LEVEL message key=value …
		i = firstField(line, i)
	}
	for {
		f, next, ok := nextField(line, i)
		if !ok {
			break
		}
		i = next
		key := f.key.of(line)
		var hidden bool
		if wary {
			hidden = !harmlessKey(key)
		} else {
			hidden = textKey(key) && !b.counts(is, &f, line)
		}
		if hidden {
			c.hide(f.value)
		}
	}
	if wary && i < len(line) {
		if i = skipSpaces(line, i); i < len(line) {
			c.hide(span{i, len(line)}) // not of slog's form
		}
	}
}

// counts says whether the value of a key that may hold a text is a number
// here, or what a runner is asked to load.
func (b *block) counts(is promptMsg, f *field, line []byte) bool {
	key, value := f.key.of(line), f.value.of(line)
	switch {
	case is == requestMsg || is == embeddingMsg:
		return string(key) == "images"
	case string(key) == "request" && b.saysMsg("load "):
		return true
	case string(key) == "template":
		return !b.saysMsg(`"generate handler"`) && !b.saysMsg(`"chat handler"`)
	}
	return len(value) > 0 && digit(value[0]) && !f.quoted && len(value) < 20
}

// firstField is where the first key=value of a free text begins.
func firstField(line []byte, i int) int {
	eq := bytes.IndexByte(line[i:], '=')
	if eq < 0 {
		return len(line)
	}
	for eq += i; eq > i && line[eq-1] != ' '; {
		eq--
	}
	return eq
}

// textKey says whether a key may hold the text of a prompt or of an answer, at
// any level.
func textKey(key []byte) bool {
	switch string(key) {
	case "prompt", "system", "template", "content", "thinking", "toolCalls", "tool_calls", "req", "resp", "request", "response",
		"events", "buffer", "acc", "string", "input", "output", "query", "message", "messages", "text", "completion", "body",
		"arguments", "suffix":
		return true
	}
	return false
}

// mayHoldText says whether a key in the line may be a textKey. It looks at two
// letters of each key, and takes what stands in quotes for keys too.
func mayHoldText(line []byte) bool {
	for {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			return false
		}
		if i >= 2 && textEnds.has(line[i-2], line[i-1]) {
			start := i
			for start > 0 && identByte[line[start-1]] {
				start--
			}
			if textKey(line[start:i]) {
				return true
			}
		}
		line = line[i+1:]
	}
}

// textEnds has the last two letters of each textKey.
var textEnds = func() (t pairs) {
	for _, end := range []string{"pt", "em", "te", "nt", "ng", "ls", "eq", "sp", "st", "se", "ts", "er", "cc", "ut", "ry", "ge", "es", "xt", "on", "dy", "ix"} {
		t.add(end[0], end[1])
	}
	return t
}()

// harmless are keys whose values are neither, in a line whose other values are
// not known. What is not here is hidden.
var harmless = set("time", "level", "source", "msg", "model", "modelPath", "path", "paths", "libDir", "libDirs", "extraEnvs",
	"extra_envs", "devices", "supported", "gpu_count", "layer", "layers", "size", "duration", "count", "status",
	"pid", "port", "total", "free", "available", "free_swap", "library", "compute", "driver", "pci_id", "type", "batchID",
	"seqIdx", "num_outputs", "vocab_size", "gpu", "gpus", "device", "refCount", "backend", "num_ctx", "parallel", "cache",
	"used", "remaining", "limit", "prompt_len", "media", "initial_count", "default", "key", "numParallel",
	"loaded", "required", "reserve", "overhead", "weights", "kv", "graph", "allocated", "id")

func harmlessKey(key []byte) bool {
	return harmless[string(key)] || hasPrefix(key, "runner.") || hasPrefix(key, "OLLAMA_") || hasPrefix(key, "memory.") ||
		hasPrefix(key, "pendingBatch.") || hasPrefix(key, "estimate.")
}

// textualMsg says whether a msg, from its quote on, is of a line that is about
// text, so that only values known to be harmless stay.
func textualMsg(msg []byte) bool {
	if len(msg) > 0 && msg[0] == '"' {
		msg = msg[1:]
	}
	for _, prefix := range textualMsgs {
		if hasPrefix(msg, prefix) {
			return true
		}
	}
	end := closingQuote(msg, 0)
	if end < 0 {
		end = len(msg)
	}
	return bytes.Contains(msg[:end], []byte(" parser ")) || bytes.Contains(msg[:end], []byte("events parsed"))
}

var textualMsgs = []string{
	"anthropic", "converted ", "builtin parser", "harmony", "encoded", "decoded", "web_search", "web_fetch",
	"unknown byte token", "tool", "adding bos token", "adding eos token",
}

// llama hides the texts in llama.cpp's own log, JSON or key="value": it logs
// them at VERBOSE.
func (c *concealer) llama(line []byte) {
	for i := c.done; i < len(line); i++ {
		if line[i] != '"' {
			continue
		}
		var key []byte
		at := i // of the opening quote of the value
		switch {
		case i > 0 && line[i-1] == '=':
			start := i - 1
			for start > 0 && identByte[line[start-1]] {
				start--
			}
			key = line[start : i-1]
		case line[0] == '{':
			end := closingQuote(line, i+1)
			if end < 0 || end+2 >= len(line) {
				return
			}
			if line[end+1] != ':' {
				i = end
				continue
			}
			key, at = line[i+1:end], end+2
		default:
			continue
		}
		to := at + 1
		switch line[at] {
		case '"':
			if to = closingQuote(line, at+1); to < 0 {
				to = len(line)
			}
			if llamaTexts[string(key)] {
				c.hide(span{at + 1, to})
			}
		case '[', '{':
			if llamaTexts[string(key)] {
				to = closingBracket(line, at)
				c.hide(span{at + 1, to})
			}
		}
		if llamaTexts[string(key)] || line[at] == '"' {
			i = to
		} else {
			i = at
		}
	}
}

var llamaTexts = set("prompt", "content", "text", "request", "response", "cached", "to_eval", "token_text", "system_prompt",
	"generated_text", "input", "messages", "probs", "stopping_word", "antiprompt", "stop", "grammar", "data")

// closingBracket finds the bracket that closes the one at i, or the end.
func closingBracket(b []byte, i int) int {
	depth := 0
	for ; i < len(b); i++ {
		switch b[i] {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i
			}
		case '"':
			if i = closingQuote(b, i+1); i < 0 {
				return len(b)
			}
		}
	}
	return len(b)
}

// runner hides what follows the words with which a verbose llama-server
// introduces a text.
func (c *concealer) runner(line []byte) {
	if len(line) < 5 || !runnerSpeaks(line[:4]) {
		return
	}
	for _, words := range runnerTexts {
		if i := bytes.Index(line, []byte(words)); i >= 0 {
			if i = skipSpaces(line, i+len(words)); i < len(line) {
				c.hide(span{i, len(line)})
			}
			return
		}
	}
}

var runnerTexts = []string{
	"request: ", "response: ", "formatted prompt", "prompt token ", "next token: ", "Parsed message: ", "Parsing input",
	"Parsing chat message: ", "stopped by ", "prompt: ",
}

// runnerSpeaks says whether a line of llama-server begins so that one of
// runnerTexts may be in it.
func runnerSpeaks(begin []byte) bool {
	switch string(begin) {
	case "srv ", "slot", "Pars", "main", "next", "form", "que ", "comm":
		return true
	}
	return false
}

func set(keys ...string) map[string]bool {
	m := make(map[string]bool, len(keys))
	for _, k := range keys {
		m[k] = true
	}
	return m
}
