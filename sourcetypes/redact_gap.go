package sourcetypes

// gapEnd is where the white space at i ends, as it stands, escaped (\t, \\n)
// or percent-encoded. It goes over so many ends of lines.
func gapEnd(b []byte, i, lines int) int {
	for i < len(b) {
		end, c := i+1, b[i]
		switch c {
		case '\\':
			for end < len(b) && b[end] == '\\' {
				end++
			}
			if end == len(b) {
				return i
			}
			c = escapeOf(b[end])
			end++
		case '%':
			if c = percentByte(b[i:]); c == '%' {
				return i
			}
			end = i + 3
		}
		switch {
		case c == '\n' && lines > 0:
			lines--
		case c != ' ' && c != '\t' && c != '\r':
			return i
		}
		i = end
	}
	return i
}

// escapeOf is what a letter behind a backslash stands for, if it is white space.
func escapeOf(letter byte) byte {
	switch letter {
	case 't':
		return '\t'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	}
	return 0
}

// percentByte is the byte that %xx at the start of b stands for; % if it is none.
func percentByte(b []byte) byte {
	if len(b) < 3 {
		return '%'
	}
	v, ok := hexValue(b[1:], 2)
	if !ok {
		return '%'
	}
	return byte(v)
}

// openingQuote measures the quote at i and the backslashes before it; 0 if
// there is none.
func openingQuote(b []byte, i int) int {
	start := i
	for i < len(b) && b[i] == '\\' {
		i++
	}
	if i < len(b) && (b[i] == '"' || b[i] == '\'' || b[i] == '`') {
		return i + 1 - start
	}
	return 0
}

// closes says whether the quote at i closes the text that i stands in, rather
// than opening one.
func (q *quotes) closes(b []byte, i int) bool {
	if i+1 < len(b) && (wordByte[b[i+1]] || b[i+1] == '\\') {
		return false
	}
	return b[i] == '"' && q.inside(b, i)
}

// wordByte has what a word may begin with that no text ends with.
var wordByte = func() (t [256]bool) {
	for c := range t {
		t[c] = identByte[c] || c >= 0x80
	}
	return t
}()
