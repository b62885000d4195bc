package sourcetypes

// field is one key=value of a slog line, where it stands in the line. Quotes
// are not part of key and value; what they hold is escaped.
type field struct {
	key, value span
	quotedKey  bool
	quoted     bool
}

// nextField reads the field at i, or behind the spaces there. next is where it
// ends. It is not ok if there is no field: at the end of the line, or where
// something else stands.
func nextField(b []byte, i int) (f field, next int, ok bool) {
	i = skipSpaces(b, i)
	if i == len(b) {
		return f, i, false
	}
	if b[i] == '"' {
		end := closingQuote(b, i+1)
		if end < 0 || end+1 >= len(b) || b[end+1] != '=' {
			return f, i, false
		}
		f.key, f.quotedKey = span{i + 1, end}, true
		i = end + 2
	} else {
		start := i
		for i < len(b) && b[i] != '=' && b[i] != ' ' && b[i] != '"' && b[i] != '\n' {
			i++
		}
		if i == len(b) || b[i] != '=' {
			return f, start, false
		}
		f.key = span{start, i}
		i++
	}
	if i < len(b) && b[i] == '"' {
		end := closingQuote(b, i+1)
		if end < 0 { // cut short
			f.value, f.quoted = span{i + 1, len(b)}, true
			return f, len(b), true
		}
		f.value, f.quoted = span{i + 1, end}, true
		return f, end + 1, true
	}
	end := len(b)
	for j, c := range b[i:] {
		if c == ' ' || c == '\n' {
			end = i + j
			break
		}
	}
	f.value = span{i, end}
	return f, end, true
}
