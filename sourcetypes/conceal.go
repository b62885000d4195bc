package sourcetypes

import "bytes"

// conceal returns the text of b, which mayConceal, with prompt and completion
// text treated as PROMPTS says: with off it is replaced, with redacted it goes
// through the default redaction even where REDACT is off.
//
// It knows the names under which such text stands, wherever in a line the part
// with the names begins. What a crash says, and a text that the runner prints
// over several lines, is not among it.
func (n *Normalizer) conceal(b *block) []byte {
	c := concealer{n: n, text: b.text, out: n.text[:0]}
	head := b.head()
	switch b.form {
	case slogged:
		c.fields(head, b.body, b.level)
	case goLogged:
		if !c.introduced(head, b.body) {
			c.loose(head, b.body)
		}
	case llamaLog:
		c.llama(head, len(head)-len(bytes.TrimLeft(head, ".")))
	case plain, indented:
		if !c.introduced(head, 0) {
			c.loose(head, 0)
		}
	}
	if !b.lasting() {
		for i := b.first + 1; i < len(b.text); {
			end := lineEnd(b.text, i)
			c.loose(b.text[:end], max(i, c.done))
			i = end + 1
		}
	}
	if c.done == 0 {
		return b.text
	}
	n.text = append(c.out, b.text[c.done:]...)
	return n.text
}

// mayConceal says whether it is worth looking closer at b: nearly always it is
// not.
func (b *block) mayConceal() bool {
	joined := b.first < len(b.text)
	switch b.form {
	case access:
		return joined
	case slogged:
		body := b.text[b.body:]
		return b.level != levelInfo || mayHoldText(body) || mayHoldQuoted(body) || joined && mayHoldObject(b.text[b.first:])
	case plain, indented:
		return !b.lasting() && (mayHoldText(b.text) || mayHoldObject(b.text) || runnerSpeaks(b.text))
	}
	return true
}

// lineEnd is where the line that i is in ends.
func lineEnd(text []byte, i int) int {
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
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
	s.from = max(s.from, c.done)
	if s.from >= s.to {
		return
	}
	value := s.of(c.text)
	if maskLen(value) == len(value) {
		return
	}
	c.out = append(c.out, c.text[c.done:s.from]...)
	if c.n.opts.Prompts == Off {
		c.n.counts.Redacted[KindPrompt]++
		c.out = append(c.out, masks[KindPrompt]...)
	} else {
		c.out = append(c.out, c.n.forced.apply(value, 0)...)
	}
	c.done = s.to
}

// hideValue hides the value of a field of line. One in quotes that was cut
// goes on in the lines joined to it.
func (c *concealer) hideValue(line []byte, f *field) {
	s := f.value
	if f.quoted && s.to == len(line) {
		s.to = closingQuote(c.text, s.to)
		if s.to < 0 {
			s.to = len(uncut(c.text))
		}
	}
	c.hide(s)
}

// loose hides the texts in a line, from i on, that is of no form as a whole:
// slog's fields and JSON objects stand in it somewhere.
func (c *concealer) loose(line []byte, i int) {
	if i >= len(line) || !(mayHoldText(line[i:]) || mayHoldObject(line[i:])) {
		return
	}
	c.fields(line, i, levelNone)
}

// fields hides the values in line, from i on, that hold, or may hold, such
// text. The level is the one that stood before, if any.
func (c *concealer) fields(line []byte, i int, at level) {
	var msg []byte // from its quote on
	wary := at == levelTrace
	for i < len(line) {
		f, next, ok := nextField(line, i)
		if !ok {
			if i = skipSpaces(line, i); i == len(line) {
				return
			}
			if wary {
				c.hide(span{i, len(line)}) // not of slog's form
				return
			}
			if line[i] != '{' {
				i = nextWord(line, i)
				continue
			}
			end := min(closingBracket(line, i)+1, len(line))
			c.llama(line[:end], i)
			i = end
			continue
		}
		i = next
		key := f.key.of(line)
		var hidden bool
		switch {
		case string(key) == "level" && at == levelNone:
			at = levelOf(f.value.of(line))
			wary = at == levelTrace
		case string(key) == "msg":
			msg = line[f.value.from:]
			if f.quoted {
				msg = line[f.value.from-1:]
			}
			wary = wary || at == levelDebug && textualMsg(msg)
			hidden = at == levelTrace && !harmlessMsg(f.value.of(line))
		case wary:
			hidden = !harmlessKey(key)
		default:
			hidden = textKey(key) && !counts(msg, &f, line)
		}
		if hidden && at == levelNone && !f.quoted {
			f.value.to = freeEnd(line, f.value.to)
			i = f.value.to
		}
		if hidden {
			c.hideValue(line, &f)
		} else if at != levelInfo && string(key) == "msg" {
			c.introducedIn(line, f.value)
		}
		if !hidden && f.quoted && mayHoldQuoted(f.value.of(line)) {
			c.quotedJSON(line, f.value)
		}
	}
}

// freeEnd is where a text ends, outside slog's form, of which a word ends at i:
// before the next name and its =, or with the line.
func freeEnd(line []byte, i int) int {
	for i < len(line) {
		start := skipSpaces(line, i)
		name := start
		for name < len(line) && nameByte[line[name]] {
			name++
		}
		if name > start && name < len(line) && line[name] == '=' {
			return i
		}
		for i = name; i < len(line) && line[i] != ' '; i++ {
		}
	}
	return i
}

// nextWord is behind the word, or only the quote, at i, and not behind a brace.
func nextWord(line []byte, i int) int {
	if line[i] == '"' {
		return i + 1
	}
	for i++; i < len(line) && line[i] != ' ' && line[i] != '"' && line[i] != '{'; i++ {
	}
	return i
}

// levelOf reads what slog writes for a level.
func levelOf(name []byte) level {
	switch {
	case hasPrefix(name, "TRACE"), hasPrefix(name, "DEBUG-"):
		return levelTrace
	case hasPrefix(name, "DEBUG"):
		return levelDebug
	}
	return levelInfo
}

// counts says whether the value of a key that may hold a text is a number in a
// line with this msg, or what a runner is asked to load.
func counts(msg []byte, f *field, line []byte) bool {
	key, value := f.key.of(line), f.value.of(line)
	switch is := promptMsgOf(msg); {
	case is == requestMsg || is == embeddingMsg:
		return string(key) == "images"
	case string(key) == "request" && hasPrefix(msg, "load "):
		return true
	case string(key) == "template":
		return !hasPrefix(msg, `"generate handler"`) && !hasPrefix(msg, `"chat handler"`)
	}
	return !f.quoted && amount(value)
}

// amount says whether b is a number, perhaps with a unit.
func amount(b []byte) bool {
	number := bytes.TrimLeft(b, "-.0123456789")
	return len(number) < len(b) && len(b)-len(number) < 20 && (len(number) == 0 || len(number) < 4 && lower(number[0]|0x20) || hasPrefix(number, "µs"))
}

// introduced hides what follows the words with which a text is introduced, to
// the end of all, and what there is to hide before. It says whether there are
// such words.
func (c *concealer) introduced(line []byte, from int) bool {
	words := textIntros
	if from == 0 && runnerSpeaks(line) {
		words = runnerTexts
	}
	for _, words := range words {
		i := bytes.Index(line[from:], []byte(words))
		if i < 0 {
			continue
		}
		if i = skipSpaces(line, from+i+len(words)); i < len(line) && !amount(line[i:]) {
			c.loose(line[:i], from)
			c.hide(span{i, len(c.text)})
			return true
		}
	}
	return false
}

// introducedIn is introduced for what a msg says.
func (c *concealer) introducedIn(line []byte, msg span) {
	for _, words := range textIntros {
		i := bytes.Index(msg.of(line), []byte(words))
		if i < 0 {
			continue
		}
		if text := (span{msg.from + i + len(words), msg.to}); !amount(text.of(line)) {
			c.hide(text)
			return
		}
	}
}

// runnerTexts are those of a verbose llama-server, textIntros those of the Go log.
var (
	runnerTexts = []string{
		"request: ", "response: ", "formatted prompt", "prompt token ", "next token: ", "Parsed message: ", "Parsing input",
		"Parsing chat message: ", "stopped by ", "prompt: ",
	}
	textIntros = []string{"prompt: ", "content: "}
)

// runnerSpeaks says whether a line of llama-server begins so that one of
// runnerTexts may be in it.
func runnerSpeaks(line []byte) bool {
	if len(line) < 5 {
		return false
	}
	switch string(line[:4]) {
	case "srv ", "slot", "Pars", "main", "next", "form", "que ", "comm":
		return true
	}
	return false
}
