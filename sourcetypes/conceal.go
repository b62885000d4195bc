package sourcetypes

import (
	"bytes"

	"ollama-hec/sourcetypes/known"
)

// conceal returns the text of b with prompt and completion text treated as PROMPTS
// says: with off, what is not known to be harmless is replaced; with redacted,
// what is thought to be such text goes through the default redaction even
// where REDACT is off.
//
// Harmless are: a stamp, a level, a place in the source; the messages and the
// words known to stand in the sources (package known); numbers, durations, sizes,
// addresses, paths; the keys that a known message has; what a runner prints of a
// model while it loads it; the stack of a crash. It is one pass from left to right,
// and whatever the text is, a byte is looked at a bounded number of times.
func (n *Normalizer) conceal(b *block) []byte {
	if b.stamped {
		n.speaks = false
	}
	if b.knownRequest() && b.first == len(b.text) {
		return b.text
	}
	c := concealer{n: n, text: b.text, whole: len(uncut(b.text)), out: n.text[:0], tokens: n.tokens[:0]}
	c.all(b)
	n.tokens = c.tokens[:0]
	if c.done == 0 {
		return b.text
	}
	n.text = append(c.out, b.text[c.done:]...)
	return n.text
}

// concealer rewrites a text from left to right.
type concealer struct {
	n     *Normalizer
	text  []byte
	whole int // how long text is without the mark of the input that cut it
	out   []byte
	done  int  // how much of text is in out
	past  int  // where the last value ends, which may be in a later line
	said  bool // the message of a crash has begun, and no stack yet

	level level          // of slog's form, if we are in a line of that
	msg   *known.Message // its message, if that is known
	is    promptMsg      // and what kind it is
	any   bool           // all its keys are harmless

	tokens  []span // of the segment we are in
	strict  bool   // nobody knows what the value is of that they are in
	unknown bool   // there was a word that is not known to be harmless
}

// all walks over the lines of a block.
func (c *concealer) all(b *block) {
	which := c.harmlessLines(b)
	for i := 0; i < len(c.text); {
		end := b.first
		if i > 0 {
			end = lineEnd(c.text, i)
		}
		line := c.text[i:end]
		switch {
		case end <= c.past: // within a value
		case i == 0 && b.form == access:
			c.access(b)
		case which == allLines, which == firstLine && i == 0, which == listLines && (i == 0 || blankOrIndented(line)):
		case b.class == ClassCrash && c.ofCrash(b, line):
		case i == 0 && end == len(c.text):
			c.only(b)
		default:
			c.line(max(i, c.past), end)
		}
		i = end + 1
	}
}

// which lines of a block are harmless whatever they say.
type which uint8

const (
	noLine    which = iota
	firstLine       // of what a runner says of a model
	listLines       // and the list of devices, or of another kind, that it begins
	allLines        // a new key, and what gin says of a debug build
)

func (c *concealer) harmlessLines(b *block) which {
	switch {
	case b.kind == joinFirstRun, hasPrefix(b.text, "[GIN-debug] "):
		return allLines
	case b.form != plain || c.n.speaks || !loadsModel(b.head()):
		return noLine
	case bytes.HasSuffix(bytes.TrimRight(b.head(), " "), []byte(":")):
		return listLines
	}
	return firstLine
}

func blankOrIndented(line []byte) bool { return len(line) == 0 || line[0] == ' ' || line[0] == '\t' }

// line walks over text[i:to], which is a line or the rest of one.
func (c *concealer) line(i, to int) {
	start := i
	if i == 0 || c.text[i-1] == '\n' {
		for i < to && c.text[i] == '.' {
			i++
		}
		i += codeHead(c.text[i:to])
	}
	c.level, c.msg, c.is, c.any = levelNone, nil, noPromptMsg, false
	from := i
	for i < to {
		switch at := c.text[i]; {
		case at == ' ' || at == '\t':
			i++
		case at == '{' && i+1 < to && (c.text[i+1] == '"' || c.text[i+1] == ' '):
			c.flush(i)
			i = c.object(i, to)
			from = i
		case at == '[' && hasPrefix(c.text[i:to], "[GIN] "):
			c.flush(i)
			i = c.accessWithin(i, to)
			from = i
		default:
			if i > from && c.text[i-1] != ' ' && c.text[i-1] != '\t' {
				i = c.token(i, to) // in the middle of a word: no field begins here
				continue
			}
			f, next, ok := fieldAt(c.text, i, to, c.level != levelNone)
			if !ok {
				i = c.token(i, to)
				continue
			}
			c.flush(i)
			i = max(c.field(&f, to), next)
			c.past, from = i, i
		}
	}
	before := c.done
	c.flush(to)
	if c.done >= to && c.done > before && c.level == levelNone && introduces(c.text[start:to]) {
		c.n.speaks = true
	}
}

// fieldAt reads key=value at i, which is not a space, of a line that ends at to. In
// slog's form a key is whatever stands before the =.
func fieldAt(text []byte, i, to int, slog bool) (f field, next int, ok bool) {
	if text[i] == '"' {
		end := closingQuote(text[:to], i+1)
		if end < 0 || end+1 >= to || text[end+1] != '=' {
			return f, i, false
		}
		f.key, f.quotedKey = span{i + 1, end}, true
		i = end + 2
	} else {
		start := i
		for i < to && (keyByte[text[i]] || slog && text[i] != '=' && text[i] != ' ' && text[i] != '"') {
			i++
		}
		if i == start || i == to || text[i] != '=' {
			return f, start, false
		}
		f.key = span{start, i}
		i++
	}
	if i < to && text[i] == '"' {
		f.quoted, f.value = true, span{i + 1, len(text)}
		if end := closingQuote(text, i+1); end >= 0 {
			f.value.to = end
			return f, end + 1, true
		}
		return f, len(text), true // it was cut
	}
	f.value = span{i, i}
	for f.value.to < to && text[f.value.to] != ' ' {
		f.value.to++
	}
	return f, f.value.to, true
}

// keyByte has what stands in a key without quotes.
var keyByte = func() (t [256]bool) {
	for c := range t {
		t[c] = identByte[c] || c == '.' || c == '!'
	}
	return t
}()

// field hides the value of a field unless it is harmless, and returns where to go on.
func (c *concealer) field(f *field, to int) int {
	key, value := f.key.of(c.text), f.value.of(c.text)
	end := f.value.to
	if c.level == levelNone && !f.quotedKey && !codeName(key, false) && !textKey(key) && !harmlessKey(key) {
		f.value.from = f.key.from
		key = nil
	}
	switch {
	case string(key) == "level" && c.level == levelNone && levelName(value):
		c.level = levelOf(value)
		return end
	case string(key) == "msg" && c.level != levelNone && c.msg == nil:
		c.message(f)
		return end
	case string(key) == "source" && sourcePlace(value):
		return end
	case key == nil:
		c.hide(span{f.value.from, freeEnd(c.text, end, to)}, true)
		return c.done
	case len(value) == 0, c.any, c.msg != nil && c.msg.Has(key), harmlessKey(key) && !prose(value):
		c.query(f.value.from, f.value.to) // of a uri, or of a url
		return end
	case c.level != levelNone && !textKey(key) && string(key) != "from":
		c.named(f)
		return end
	case c.counts(f):
		return end
	}
	sure := textKey(key) || string(key) == "from" && value[0] == '[' // of decoded: ids again
	if sure || c.level == levelNone && !f.quoted && !harmlessValue(value) {
		if !f.quoted && c.level == levelNone {
			end = freeEnd(c.text, end, to)
		}
		if end == len(c.text) {
			end = c.whole
		}
		c.hide(span{f.value.from, end}, sure || c.level != levelInfo)
		return end
	}
	c.strict = !errorKeys[string(key)]
	c.words(f.value, sure || c.level != levelInfo)
	c.strict = false
	return end
}

// named judges the value of a field in slog's form whose key is not a text's.
func (c *concealer) named(f *field) {
	as := asValueStrictly
	c.strict = !errorKeys[string(f.key.of(c.text))]
	if !c.strict {
		as = asValue
	}
	c.judge(f.value, as, c.level != levelInfo)
	c.strict = false
}

// message judges the value of msg.
func (c *concealer) message(f *field) {
	value := f.value.of(c.text)
	c.msg, c.is = known.MessageOf(value), noPromptMsg
	if f.quoted {
		c.is = promptMsgOf(c.text[f.value.from-1:])
	}
	c.any = string(value) == "subprocess" || string(value) == "system"
	if c.msg != nil || c.level != levelTrace && c.constant(value) {
		return
	}
	c.msg = &noKeys
	c.strict = c.level == levelTrace
	c.words(f.value, c.level != levelInfo)
	c.strict = false
}

// noKeys is what is known of a message that is not known.
var noKeys known.Message

// errorKeys are what errors stand under, which name paths and hosts.
var errorKeys = set("error", "err", "detail", "reason", "msg", "message", "string")

// constant reports whether a message is made of known words alone and not of what
// an error said: one of a newer version, which is not known as a whole.
func constant(msg []byte) bool {
	if errorMarks.any(msg) {
		return false
	}
	words := 0
	for word := range bytes.FieldsSeq(msg) {
		word = messageMarks.trim(word)
		if words++; words > maxWords ||
			len(word) > 1 && !known.Word(word) && !harmlessValue(word) &&
				!hostLike(word) { // as the keys of a model are, general.name
			return false
		}
	}
	return true
}

// maxWords is how many words a message has at most that is taken on trust.
const maxWords = 16

// counts reports whether the value is a number where a text of the same key would not be
// one.
func (c *concealer) counts(f *field) bool {
	key, value := f.key.of(c.text), f.value.of(c.text)
	switch {
	case !textKey(key):
		return value[0] != '[' && harmlessValue(value)
	case f.quoted || c.level == levelTrace || !amount(value):
		return false
	case c.is == requestMsg || c.is == embeddingMsg:
		return string(key) == "images"
	}
	return true
}

// words judges a value word by word, as it is remembered.
func (c *concealer) words(s span, sure bool) {
	as := byWord
	if c.strict {
		as = byWordStrictly
	}
	c.judge(s, as, sure)
}

// judge judges a value unless it is remembered.
func (c *concealer) judge(s span, as judged, sure bool) {
	text := s.of(c.text)
	id := c.n.verdicts.id(as, text)
	if c.n.verdicts.has(id, as, text) {
		return
	}
	c.unknown = false
	if as < asValue || text[0] == '[' || !harmlessValue(text) {
		c.eachWord(s, sure)
	}
	if !c.unknown {
		c.n.verdicts.add(id, as, text)
	}
}

// eachWord judges a value word by word.
func (c *concealer) eachWord(s span, sure bool) {
	for i := s.from; i < s.to; {
		switch {
		case c.text[i] == ' ', c.text[i] == '\t', c.text[i] == '\n':
			i++
			continue
		case c.text[i] == '\\' && i+1 < s.to && (c.text[i+1] == 'n' || c.text[i+1] == 't' || c.text[i+1] == 'r'):
			i += 2
			continue
		}
		i = c.tokenTo(i, s.to)
		c.segment(i, s.to, sure)
	}
	c.close(s.to, sure)
}

// token takes the token at i of a line that is of no form, and what it ends.
func (c *concealer) token(i, to int) int {
	i = c.tokenTo(i, to)
	c.strict = c.level != levelNone
	c.segment(i, to, true)
	return i
}

// hide replaces text[s], or redacts it if it is surely what a person or a model said.
func (c *concealer) hide(s span, sure bool) {
	s.from = max(s.from, c.done)
	if s.from >= s.to || c.n.opts.Prompts == Redacted && !sure {
		return
	}
	value := s.of(c.text)
	if maskLen(value) == len(value) {
		return
	}
	c.out = append(c.out, c.text[c.done:s.from]...)
	if c.n.opts.Prompts == Off {
		c.n.counts.Redacted[KindPrompt]++
		c.out = append(c.out, KindPrompt.Mask()...)
	} else {
		c.out = append(c.out, c.n.forced.apply(value, 0)...)
	}
	c.done = s.to
}
