package jsonline

// AppendMessage appends the text of a journal's message, whose value is a string, or a list of
// numbers if its bytes are no text, or a list of these if the field occurs more than once: then
// one line for each.
func AppendMessage(dst, value []byte) []byte {
	if len(value) < 2 {
		return dst
	}
	switch value[0] {
	case '"':
		return AppendText(dst, value[1:len(value)-1])
	case '[':
		if i := Space(value, 1); i < len(value) && isDigit(value[i]) {
			return appendBytes(dst, value[1:])
		}
		return appendList(dst, value)
	}
	return dst
}

func appendBytes(dst, numbers []byte) []byte {
	var n, digits int
	for _, c := range numbers {
		if isDigit(c) {
			n, digits = n*10+int(c-'0'), digits+1
			continue
		}
		if digits > 0 {
			dst = append(dst, byte(n))
		}
		n, digits = 0, 0
	}
	return dst
}

func appendList(dst, list []byte) []byte {
	for i, first := Space(list, 1), true; i < len(list) && list[i] != ']'; first = false {
		end := ValueEnd(list, i)
		if end < 0 {
			return dst
		}
		if !first {
			dst = append(dst, '\n')
		}
		dst = AppendMessage(dst, list[i:end])
		if i = Space(list, end); i < len(list) && list[i] == ',' {
			i = Space(list, i+1)
		}
	}
	return dst
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
