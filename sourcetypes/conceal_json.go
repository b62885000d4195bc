package sourcetypes

// object walks over the JSON that begins at i in a line that ends at to, hides the
// texts in it that are not known to be harmless, and returns where it ends: behind
// the bracket that closes it, or with the line. It takes whatever is there for
// JSON, since a line may be cut.
func (c *concealer) object(i, to int) int {
	var key []byte
	depth := 0
	for i < to {
		switch c.text[i] {
		case '{', '[':
			depth++
			i++
		case '}', ']':
			if depth--; depth <= 0 {
				return i + 1
			}
			i++
		case ',', ':', ' ', '\t':
			i++
		case '"':
			end := closingQuote(c.text[:to], i+1)
			if end < 0 {
				c.string(key, span{i + 1, to})
				return to
			}
			next := end + 1
			for next < to && (c.text[next] == ' ' || c.text[next] == '\t') {
				next++
			}
			if next < to && c.text[next] == ':' {
				key = c.text[i+1 : end]
				c.name(span{i + 1, end})
				i = next + 1
				continue
			}
			c.string(key, span{i + 1, end})
			i = end + 1
		default:
			start := i
			for i < to && !jsonMark[c.text[i]] {
				i++
			}
			if word := c.text[start:i]; !harmlessValue(word) {
				c.hide(span{start, i}, true)
			}
		}
	}
	return to
}

var jsonMark = func() (t [256]bool) {
	for _, c := range []byte("{}[],:\" \t") {
		t[c] = true
	}
	return t
}()

// name hides a name that is not one.
func (c *concealer) name(s span) {
	for _, b := range s.of(c.text) {
		if !keyByte[b] {
			c.hide(s, true)
			return
		}
	}
}

// string hides the text of a string unless the name it stands under, or what it is made
// of, is harmless.
func (c *concealer) string(key []byte, s span) {
	switch value := s.of(c.text); {
	case harmlessJSON[string(key)], len(value) == 0:
	case jsonTexts[string(key)] || textKey(key) && string(key) != "message":
		c.hide(s, true)
	case string(key) == "msg" && constant(value), harmlessValue(value):
	default:
		c.strict = !errorKeys[string(key)]
		c.words(s, true)
		c.strict = false
	}
}

// harmlessJSON are the names under which llama.cpp's server wrote what holds no text.
var harmlessJSON = set("function", "level", "tid", "timestamp", "time", "build", "commit", "model", "hostname",
	"method", "path", "remote_addr", "system_info",
	"source", "stream", "type", "object", "finish_reason", "role", "id", "version", "n_threads_http", "port",
	"status")

var jsonTexts = set("cached", "to_eval", "token_text", "system_prompt", "generated_text", "probs", "stopping_word",
	"antiprompt", "stop", "grammar", "data")
