package sourcetypes

// llama hides the texts in llama.cpp's own log, JSON or key="value", and in any
// other JSON, from i on: llama.cpp logs them at VERBOSE.
func (c *concealer) llama(line []byte, i int) {
	object := i < len(line) && line[i] == '{'
	for i = max(i, c.done); i < len(line); i++ {
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
		case object:
			end := closingQuote(line, i+1)
			if end < 0 {
				return
			}
			at = skipJSONSpaces(line, end+1)
			if at == len(line) || line[at] != ':' {
				i = end
				continue
			}
			if key, at = line[i+1:end], skipJSONSpaces(line, at+1); at == len(line) {
				return
			}
		default:
			continue
		}
		isText := jsonTextKey(key)
		to := at + 1
		switch line[at] {
		case '"':
			if to = closingQuote(line, at+1); to < 0 {
				to = len(line)
				if isText {
					to = len(c.text)
				}
			}
			if isText {
				c.hide(span{at + 1, to})
			}
		case '[', '{':
			if isText {
				to = closingBracket(line, at)
				c.hide(span{at + 1, to})
			}
		}
		if isText || line[at] == '"' {
			i = to
		} else {
			i = at
		}
	}
}

func skipJSONSpaces(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\t') {
		i++
	}
	return i
}

// jsonTextKey is textKey for JSON, where message is what slog calls msg.
func jsonTextKey(key []byte) bool {
	return llamaTexts[string(key)] || textKey(key) && string(key) != "message"
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

// quotedJSON hides the texts in a JSON object that stands in a quoted value,
// at whatever depth of quotes.
func (c *concealer) quotedJSON(line []byte, s span) {
	for i := s.from; i < s.to; i++ {
		if line[i] != ':' || i < 3 || line[i-1] != '"' || line[i-2] != '\\' {
			continue
		}
		end := i - 1
		for end > s.from && line[end-1] == '\\' {
			end--
		}
		start := end
		for start > s.from && line[start-1] != '\\' && line[start-1] != '"' {
			start--
		}
		at := skipJSONSpaces(line, i+1)
		if at >= s.to || !jsonTextKey(line[start:end]) {
			continue
		}
		to := s.to
		switch n := openingQuote(line, at); {
		case n > 1:
			v := value{text: line[:s.to], at: at}
			if _, to, _ = v.quoted(n - 1); to > at+n {
				c.hide(span{at + n, to})
			}
		case line[at] == '[' || line[at] == '{':
			c.hide(span{at + 1, to}) // all that follows: a bracket may stand in a text
		default:
			continue
		}
		i = to
	}
}
