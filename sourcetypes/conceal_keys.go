package sourcetypes

import "bytes"

// textKey reports whether a key may hold the text of a prompt or of an answer, at
// any level: by its last part, behind a dot or a space, or, for the plainest
// names, behind any other mark or a capital.
func textKey(key []byte) bool {
	end := len(key)
	if end < 3 || !textEnds.has(key[end-2]|0x20, key[end-1]|0x20) {
		return false
	}
	from, word := end, end
	for from > 0 && key[from-1] != '.' && key[from-1] != ' ' && key[from-1] != '"' {
		from--
		if word == end &&
			(from == 0 || !identByte[key[from-1]] || key[from-1] == '_' || key[from-1] == '-' ||
				upper(key[from]) && lower(key[from-1])) {
			word = from
		}
	}
	var folded [16]byte
	if n := end - from; n <= len(folded) && textKeys[string(fold(folded[:n], key[from:]))] {
		return true
	}
	n := end - word
	return word > from && n <= len(folded) && plainTextKeys[string(fold(folded[:n], key[word:]))]
}

// fold writes src, of as many bytes, to dst with small letters.
func fold(dst, src []byte) []byte {
	for i := range dst {
		dst[i] = src[i]
		if upper(src[i]) {
			dst[i] |= 0x20
		}
	}
	return dst
}

var (
	// The ids of tokens spell a text, too.
	textKeys = set("prompt", "prompts", "system", "template", "content", "contents", "thinking", "toolcalls",
		"tool_calls", "req", "resp",
		"request", "response", "events", "buffer", "acc", "string", "input", "inputs", "output", "query", "message",
		"messages", "text",
		"texts", "ids", "completion", "body", "arguments", "suffix")
	plainTextKeys = set("prompt", "prompts", "content", "contents", "messages", "completion", "text")
)

// textEnds has the last two letters of each of them.
var textEnds = func() (ends pairs) {
	for key := range textKeys {
		ends.add(key[len(key)-2], key[len(key)-1])
	}
	return ends
}()

// mentions reports whether a text holds JSON, quoted or not, with the name of a text.
func mentions(text []byte) bool {
	start := 0
	for i, c := range text {
		if identByte[c] {
			continue
		}
		if i > start && (c == '"' || c == '\\') && textKey(text[start:i]) {
			return true
		}
		start = i + 1
	}
	return false
}

// harmlessKey reports whether a key holds no text in whatever message.
func harmlessKey(key []byte) bool {
	if harmlessKeys[string(key)] {
		return true
	}
	for _, group := range harmlessGroups {
		if hasPrefix(key, group) {
			return true
		}
	}
	return false
}

// prose reports whether a value is several words and does not begin as a path, an address,
// a command or an environment does, or a list of these: they may hold spaces.
func prose(value []byte) bool {
	if bytes.IndexByte(value, ' ') < 0 && bytes.IndexByte(value, '\\') < 0 {
		return false
	}
	value = bytes.TrimPrefix(value, []byte("["))
	for _, place := range placeStarts {
		if hasPrefix(value, place) {
			return false
		}
	}
	drive := len(value) > 2 && lower(value[0]|0x20) && value[1] == ':' && (value[2] == '\\' || value[2] == '/')
	return !drive
}

// placeStarts are what such values begin with, or those of a list.
var placeStarts = []string{"/", "./", "../", "~/", `\\\\`, "http://", "https://", "map[", "OLLAMA_"}

// harmlessKeys are such keys, harmlessGroups are what others begin with.
var (
	harmlessKeys = set("model", "modelPath", "path", "paths", "libDir", "libDirs", "library", "digest", "url",
		"key", "default", "addr",
		"OLLAMA_HOST", "env", "cmd", "version", "remote", "method", "proto", "uri", "dir", "file")
	harmlessGroups = []string{"runner.", "OLLAMA_", "memory.", "layers.", "pendingBatch.", "estimate.", "before.",
		"now.", "http.", "CPU.", "CUDA.", "ROCm.", "Metal.", "Vulkan."}
)

func set(keys ...string) map[string]bool {
	m := make(map[string]bool, len(keys))
	for _, k := range keys {
		m[k] = true
	}
	return m
}
