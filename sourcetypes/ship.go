package sourcetypes

import "bytes"

// ship emits the events of a block.
func (n *Normalizer) ship(b *block) {
	n.counts.Classes[b.class]++
	n.counts.Blank += int64(b.blanks)
	if b.class.set()&n.opts.Skip != 0 && !(b.class == ClassRunner && speaksOfFailure(b.text)) {
		n.counts.Skipped++
		n.recognize(b, nil)
	} else {
		text := n.serverText(b)
		n.put(Server, b, text)
		n.recognize(b, text)
	}
	switch b.form {
	case access:
		if n.opts.APIEvents {
			n.put(API, b, n.accessEvent(b))
			if b.request.route == nil {
				n.shipGlued(b)
			}
		}
	case slogged:
		if n.opts.APIEvents && b.level == levelInfo && b.saysHTTP() {
			n.put(API, b, n.httpEvent(b))
		}
		if n.opts.Prompts != Off && (b.level != levelInfo || b.saysLogged()) {
			n.shipPrompt(b)
		}
		if b.class == ClassStartup && b.saysMsg(`"server config"`) {
			n.bodies = false
		}
	}
}

// shipGlued emits the events of the access lines that stand behind the first one
// in the same line.
func (n *Normalizer) shipGlued(b *block) {
	line := b.head()
	behind := func() int { return b.request.target.to + 1 }
	for next := behind(); next < len(line) && n.readAccess(&b.line, line, next); next = behind() {
		n.put(API, b, n.accessEvent(b))
	}
}

// put emits an event of a block.
func (n *Normalizer) put(s Sourcetype, b *block, body []byte) {
	if body == nil {
		return
	}
	n.counts.Events[s]++
	n.ev = Event{
		Sourcetype: s, Time: b.at, Unsure: b.unsure, Host: b.host, Program: b.program, Caller: b.caller, Body: body,
	}
	n.emit(&n.ev)
}

// serverText is what may be shipped of a block's text.
func (n *Normalizer) serverText(b *block) []byte {
	text, from := b.text, b.body
	if n.conceals() && b.caller == "" {
		text = n.conceal(b)
	}
	if b.form == access && !b.strict {
		from = 0
	}
	return n.redact.apply(text, from)
}

// conceals reports whether PROMPTS asks for more than REDACT does anyway.
func (n *Normalizer) conceals() bool {
	return n.opts.Prompts == Off || n.opts.Prompts == Redacted && !(n.opts.Redact.Secrets && n.opts.Redact.Emails)
}

// head is the first line of the block.
func (b *block) head() []byte { return b.text[:b.first] }

// saysMsg reports whether the line's msg begins so, quote and all.
func (b *block) saysMsg(value string) bool { return b.msg > 0 && hasPrefix(b.text[b.msg:], value) }

// classifySlog finds what the stream must remember of a slog line.
func (n *Normalizer) classifySlog(b *block) {
	b.trace = n.carry.Trace
	switch {
	case b.level == levelTrace:
		n.carry.Trace = true
	case b.level != levelInfo:
	case b.saysMsg(`"server config"`):
		b.class = ClassStartup
		n.carry.Trace = tracing(b.text)
	case startupMsg(b.text[max(b.msg, 0):]):
		b.class = ClassStartup
	}
}

// classifyGoLog does so for a line of the Go log, whose message begins behind
// file:line: and, for a time, the level.
func (n *Normalizer) classifyGoLog(b *block) {
	rest := b.text[b.body:]
	if i := bytes.Index(rest, []byte(": ")); i >= 0 {
		rest = rest[i+2:]
	}
	rest = bytes.TrimPrefix(rest, []byte("INFO "))
	switch {
	case hasPrefix(rest, "server config"):
		b.class = ClassStartup
		n.carry.Trace = tracing(b.text)
	case startupMsg(rest):
		b.class = ClassStartup
	}
}

// tracing reports whether the server config in text has TRACE on.
func tracing(text []byte) bool {
	i := bytes.Index(text, []byte("OLLAMA_DEBUG:"))
	if i < 0 {
		return false
	}
	v := text[i+len("OLLAMA_DEBUG:"):]
	return hasPrefix(v, "DEBUG-") || hasPrefix(v, "TRACE") || hasPrefix(v, "2")
}

// startupMsg reports whether a message, with its quote or without, is one that a
// server logs when it starts.
func startupMsg(msg []byte) bool {
	if len(msg) > 0 && msg[0] == '"' {
		msg = msg[1:]
	}
	if len(msg) == 0 {
		return false
	}
	for _, s := range startupMsgs[msg[0]] {
		if hasPrefix(msg, s) {
			return true
		}
	}
	return false
}

var startupMsgs = byFirst(
	"server config", "total blobs", "total unused blobs removed", "Listening on ", "starting llm scheduler",
	"discovering available GPUs", "inference compute", "entering low vram mode", "extracting embedded files",
	"Dynamic LLM libraries", "looking for compatible GPUs", "no compatible GPUs were discovered",
	"Detecting GPU type", "no GPU detected", "Nvidia GPU detected", "Radeon GPU detected", "request debug logging enabled",
	"vram-based default context", "experimental Vulkan support", "Ollama cloud disabled",
)

// byFirst has texts by their first byte.
func byFirst(texts ...string) (t [256][]string) {
	for _, s := range texts {
		t[s[0]] = append(t[s[0]], s)
	}
	return t
}

// runnerLine reports whether a line without a stamp is of the form the model
// runner writes: name: text, a name in columns before it, or progress dots.
func runnerLine(text []byte) bool {
	if text[0] == '.' {
		return len(bytes.Trim(text, ".")) == 0
	}
	if hasPrefix(text, "prompt eval time ") {
		return true
	}
	if text[0] == '~' {
		text = text[1:]
	}
	i := 0
	for words := 0; i < len(text) && words < 4; words++ {
		start := i
		for i < len(text) && (identByte[text[i]] || text[i] == '.' || text[i] == '~') {
			i++
		}
		if i == start || i == len(text) {
			return false
		}
		if text[i] == ':' {
			return i+1 == len(text) || text[i+1] == ' '
		}
		if text[i] != ' ' {
			return false
		}
		i = skipSpaces(text, i)
	}
	return false
}

// speaksOfFailure reports whether a word in a runner's text is one of failure.
func speaksOfFailure(text []byte) bool {
	before := byte(0)
	for i, c := range text {
		if failureBegins[c] && !(lower(before | 0x20)) {
			for _, word := range failureWords {
				if len(text)-i >= len(word) && equalFold(text[i:i+len(word)], word) {
					return true
				}
			}
		}
		before = c
	}
	return false
}

var failureWords = []string{
	"error",
	"fail",
	"out of memory",
	"unable",
	"abort",
	"exception",
	"fatal",
	"cannot",
	"could not",
	"couldn't",
	"no space",
}

var failureBegins = func() (t [256]bool) {
	for _, word := range failureWords {
		t[word[0]], t[word[0]&^0x20] = true, true
	}
	return t
}()
