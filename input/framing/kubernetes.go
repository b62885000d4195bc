package framing

import "bytes"

// parseKubectl takes `[pod/ollama-0/ollama] text` apart.
func parseKubectl(line []byte, p *piece) bool {
	const head = "[pod/"
	if !bytes.HasPrefix(line, []byte(head)) {
		return false
	}
	end := bytes.IndexByte(line[:min(len(line), 2*longestName)], ']')
	if end < 0 || end+1 < len(line) && line[end+1] != ' ' {
		return false
	}
	pod, container, ok := bytes.Cut(line[len(head):end], []byte("/"))
	if !ok || !label(pod) || !label(container) {
		return false
	}
	p.names.pod, p.names.container, p.text, p.strong = pod, container, oneSpace(line, end+1), true
	return true
}

// parseKubetail takes `[ollama-0 ollama] text` apart, and without the container.
func parseKubetail(line []byte, p *piece) bool {
	if len(line) == 0 || line[0] != '[' {
		return false
	}
	end := bytes.IndexByte(line[:min(len(line), 2*longestName)], ']')
	if end < 0 || end+1 < len(line) && line[end+1] != ' ' {
		return false
	}
	pod, container, two := bytes.Cut(line[1:end], []byte(" "))
	if !label(pod) || two && !label(container) {
		return false
	}
	p.names.pod, p.names.container, p.text, p.weak = pod, container, oneSpace(line, end+1), !ofPod(pod)
	return true
}

// parseStern takes `ollama-0 ollama text` apart, as stern prints it, in colours or
// without.
func parseStern(line []byte, p *piece) bool {
	if sternRemark(line, p) {
		return true
	}
	pod, i := word(line, 0)
	container, i := word(line, i)
	if !label(pod) || !label(container) {
		return false
	}
	p.names.pod, p.names.container, p.text, p.weak = pod, container, line[i:], !ofPod(pod)
	return true
}

// parseSternNamespaced takes `ai ollama-0 ollama text` apart, as stern prints it
// for more than one namespace.
func parseSternNamespaced(line []byte, p *piece) bool {
	if sternRemark(line, p) {
		return true
	}
	namespace, i := word(line, 0)
	pod, i := word(line, i)
	container, i := word(line, i)
	if !label(namespace) || !label(pod) || !label(container) {
		return false
	}
	p.names.namespace, p.names.pod, p.names.container = namespace, pod, container
	p.text, p.weak = line[i:], !ofPod(pod)
	return true
}

// sternRemark takes `+ ollama-0 › ollama` apart, by which stern says that it now follows a log,
// or with - that it no longer does.
func sternRemark(line []byte, p *piece) bool {
	i := colours(line, 0)
	if i+1 >= len(line) || line[i] != '+' && line[i] != '-' || line[i+1] != ' ' {
		return false
	}
	if !bytes.Contains(line[:min(len(line), 3*longestName)], []byte(" › ")) {
		return false
	}
	p.remark, p.text = true, line[len(line):]
	return true
}

// ofPod reports whether a name looks as those that Kubernetes gives to pods: with a
// number, or a random end.
func ofPod(name []byte) bool {
	dash := bytes.LastIndexByte(name, '-')
	return dash > 0 && (numbered(name) || len(name)-dash-1 == 5)
}

// word returns the word at i with its colours, and where the next begins; nil if no space ends
// it.
func word(line []byte, i int) (w []byte, next int) {
	i += colours(line, i)
	start := i
	for i < len(line) && i-start < longestName && containerByte[line[i]] {
		i++
	}
	w = line[start:i]
	i += resets(line, i)
	if i >= len(line) || line[i] != ' ' {
		return nil, i
	}
	return w, i + 1 + resets(line, i+1)
}

// label reports whether b is a name as Kubernetes allows them.
func label(b []byte) bool {
	if len(b) == 0 || len(b) > longestName {
		return false
	}
	for i, c := range b {
		alnum := c-'a' < 26 || isDigit(c)
		if !alnum && (c != '-' && c != '.' || i == 0 || i == len(b)-1) {
			return false
		}
	}
	return true
}
