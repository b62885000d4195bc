package sourcetypes

// commandFlag finds the value behind --password or its like, whose first dash is at i.
func commandFlag(text []byte, i int, q *quotes) (h hit, ok bool) {
	start := i + 2
	end := start
	for end < len(text) && identByte[text[end]] {
		end++
	}
	if end == start || gapEnd(text, end, 1) == end {
		return h, false
	}
	name, ok := parseName(text, start, end)
	if !ok || name.header {
		return h, false
	}
	v := value{text: text, quotes: q, name: name, start: start, sep: ' ', at: gapEnd(text, end, 1)}
	if v.at == len(text) || text[v.at] == '-' {
		return h, false
	}
	v.name.bare = false
	return v.find(false)
}

// element finds what stands in <password>…</password>, whose first > is at i.
func element(text []byte, i int) (h hit, ok bool) {
	start := wordStart(text, i, &nameByte)
	if start == i || start == 0 || text[start-1] != '<' {
		return h, false
	}
	name, ok := parseName(text, start, i)
	if !ok {
		return h, false
	}
	end := i + 1
	for end < len(text) && text[end] != '<' && text[end] != '"' && text[end] != '\n' {
		end++
	}
	if value := text[i+1 : end]; len(value) == 0 || maskLen(value) == len(value) || !hasPrefix(text[end:], "</") {
		return h, false
	}
	return hit{from: i + 1, to: end, kind: name.kind}, true
}
