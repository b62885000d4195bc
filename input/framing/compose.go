package framing

import "bytes"

// parseCompose takes `ollama-1  | text` apart, as docker compose prints it, in
// colours or without; v1 writes ollama_1 and colours the bar too.
func parseCompose(line []byte, p *piece) bool {
	name, rest, ok := barred(line)
	if !ok || bytes.IndexByte(name, '@') >= 0 {
		return false
	}
	p.names.container, p.text = name, rest
	p.strong = numbered(name) || ofOllama(name)
	return true
}

// parseSwarm takes `ollama_ollama.1.x7k2m9qp3z1a@node1    | text` apart, as
// docker service logs prints it.
func parseSwarm(line []byte, p *piece) bool {
	name, rest, ok := barred(line)
	if !ok {
		return false
	}
	task, node, ok := bytes.Cut(name, []byte("@"))
	if !ok || !hostName(node) || len(task) == 0 {
		return false
	}
	p.names.container, p.names.host, p.text, p.strong = task, node, rest, true
	return true
}

// barred takes a name, spaces and a bar off the start of a line; pm2 has a number and
// a bar before the name.
func barred(line []byte) (name, rest []byte, ok bool) {
	start := colours(line, 0)
	if number := bytes.IndexByte(line[start:min(len(line), start+5)], '|'); number > 0 {
		if _, ok := decimal(line[start:start+number], 4); ok {
			start += number + 1
		}
	}
	i := start
	for i < len(line) && i-start < longestName && containerByte[line[i]] {
		i++
	}
	name = line[start:i]
	i += colours(line, i)
	spaces := i
	for i < len(line) && line[i] == ' ' {
		i++
	}
	if len(name) == 0 || i == spaces || i >= len(line) || line[i] != '|' {
		return nil, nil, false
	}
	i++
	i += colours(line, i)
	if i < len(line) {
		if line[i] != ' ' {
			return nil, nil, false
		}
		i++
		i += resets(line, i) // of the prefix; a colour that begins here is the text's
	}
	return name, line[i:], true
}

// containerByte has the bytes that names of containers and tasks may have.
var containerByte = func() (t [256]bool) {
	for c := range t {
		b := byte(c)
		t[c] = b|0x20-'a' < 26 || isDigit(b) || b == '.' || b == '-' || b == '_' || b == '@'
	}
	return t
}()

// numbered reports whether a name ends in - or _ and a number, as those that
// compose gives.
func numbered(name []byte) bool {
	i := len(name)
	for i > 0 && isDigit(name[i-1]) {
		i--
	}
	return i < len(name) && i > 1 && (name[i-1] == '-' || name[i-1] == '_')
}

// colours returns the length of the colour sequences at i.
func colours(b []byte, i int) int {
	start := i
	for i+2 < len(b) && b[i] == 0x1b && b[i+1] == '[' {
		end := i + 2
		for end < len(b) && end-i < 24 && (isDigit(b[end]) || b[end] == ';') {
			end++
		}
		if end >= len(b) || b[end] != 'm' {
			break
		}
		i = end + 1
	}
	return i - start
}

// resets returns the length of the sequences at i that end a colour.
func resets(b []byte, i int) int {
	start := i
	for {
		switch {
		case bytes.HasPrefix(b[i:], []byte("\x1b[0m")):
			i += 4
		case bytes.HasPrefix(b[i:], []byte("\x1b[m")):
			i += 3
		default:
			return i - start
		}
	}
}
