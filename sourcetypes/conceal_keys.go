package sourcetypes

import "bytes"

// textKey says whether a key may hold the text of a prompt or of an answer, at
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
		if word == end && (from == 0 || !identByte[key[from-1]] || key[from-1] == '_' || key[from-1] == '-' || upper(key[from]) && lower(key[from-1])) {
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
	textKeys = set("prompt", "prompts", "system", "template", "content", "contents", "thinking", "toolcalls", "tool_calls", "req", "resp",
		"request", "response", "events", "buffer", "acc", "string", "input", "inputs", "output", "query", "message", "messages", "text",
		"texts", "completion", "body", "arguments", "suffix")
	plainTextKeys = set("prompt", "prompts", "content", "contents", "messages", "completion", "text")
)

// textEnds has the last two letters of each of them, textMids the two that
// overlap with these.
var textEnds, textMids = func() (ends, mids pairs) {
	for key := range textKeys {
		n := len(key)
		ends.add(key[n-2], key[n-1])
		mids.add(key[n-3], key[n-2])
	}
	return ends, mids
}()

// nameEnd says whether the name that ends before the = at i is worth a look:
// its last letters are those of a textKey, or it is the level of a line that
// slog's form begins within.
func nameEnd(line []byte, i int) bool {
	if i > 0 && line[i-1] == '"' {
		i--
	}
	if i < 3 {
		return false
	}
	a, b := line[i-2]|0x20, line[i-1]|0x20
	return textEnds.has(a, b) && textMids.has(line[i-3]|0x20, a) || a == 'e' && b == 'l' && i >= 5 && string(line[i-5:i]) == "level"
}

// mayHoldText says whether a key in the text may be a textKey, or a level. It
// takes what stands in quotes for keys too.
func mayHoldText(line []byte) bool {
	for {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			return false
		}
		if nameEnd(line, i) {
			start, end := i, i
			if line[end-1] == '"' {
				start, end = i-1, i-1
			}
			for start > 0 && identByte[line[start-1]] {
				start--
			}
			if name := line[start:end]; textKey(name) || string(name) == "level" {
				return true
			}
		}
		line = line[i+1:]
	}
}

// mayHoldObject says whether the text may hold JSON, or a text introduced by
// its name.
func mayHoldObject(line []byte) bool {
	for {
		i := bytes.IndexByte(line, ':')
		if i < 0 {
			return false
		}
		if i > 1 && (line[i-1] == '"' || line[i-1] == ' ' && line[i-2] == '"' || line[i-1] == 't' && (line[i-2] == 'p' || line[i-2] == 'n')) {
			return true
		}
		line = line[i+1:]
	}
}

// mayHoldQuoted says whether JSON with a text may stand in a quoted value.
func mayHoldQuoted(line []byte) bool {
	for i := 0; ; i++ {
		n := bytes.IndexByte(line[i:], '\\')
		if n < 0 {
			return false
		}
		end := i + n
		for i = end; i < len(line) && line[i] == '\\'; i++ {
		}
		if i+1 >= len(line) {
			return false
		}
		if line[i] != '"' || line[i+1] != ':' {
			continue
		}
		start := end
		for start > 0 && identByte[line[start-1]] {
			start--
		}
		if jsonTextKey(line[start:end]) {
			return true
		}
	}
}

// harmless are keys whose values are neither, in a line whose other values are
// not known. What is not here is hidden.
var harmless = set("time", "level", "source", "msg", "model", "modelPath", "path", "paths", "libDir", "libDirs", "extraEnvs",
	"extra_envs", "devices", "supported", "gpu_count", "layer", "layers", "size", "duration", "count", "status",
	"pid", "port", "total", "free", "available", "free_swap", "library", "compute", "driver", "pci_id", "type", "batchID",
	"seqIdx", "num_outputs", "vocab_size", "gpu", "gpus", "device", "refCount", "backend", "num_ctx", "parallel", "cache",
	"used", "remaining", "limit", "prompt_len", "media", "initial_count", "default", "key", "numParallel",
	"loaded", "required", "reserve", "overhead", "weights", "kv", "graph", "allocated", "id")

func harmlessKey(key []byte) bool {
	return harmless[string(key)] || hasPrefix(key, "runner.") || hasPrefix(key, "OLLAMA_") || hasPrefix(key, "memory.") ||
		hasPrefix(key, "pendingBatch.") || hasPrefix(key, "estimate.")
}

func harmlessMsg(msg []byte) bool {
	return harmlessMsgs[string(msg)] || len(msg) < 40 && bytes.HasSuffix(msg, []byte(" events parsed"))
}

// harmlessMsgs are the messages of lines at TRACE, none of which holds a text.
// What is not here is hidden.
var harmlessMsgs = set("completion request", "embedding request", "generate request", "chat request", "generate handler", "chat handler",
	"CPU discovery completed", "layer to assign", "loading model metadata", "performing CPU discovery", "processing incoming request",
	"refreshing GPU list", "refreshing system information", "runner enumerated devices", "starting runner for device discovery",
	"supported GPU library combinations before filtering", "updating free space",
	"anthropic: converting request", "converted request", "converted response", "builtin parser input", "builtin parser output",
	"harmony event content", "harmony event header", "web_search error", "encoded", "decoded", "adding bos token", "adding eos token",
	"http", "http ", "memory", "load", "reloading", "evaluating", "subprocess", "system",
	"llama-server completion request", "llama-server chat request")

// textualMsg says whether a msg, from its quote on, is of a line that is about
// text, so that only values known to be harmless stay.
func textualMsg(msg []byte) bool {
	if len(msg) > 0 && msg[0] == '"' {
		msg = msg[1:]
	}
	for _, prefix := range textualMsgs {
		if hasPrefix(msg, prefix) {
			return true
		}
	}
	end := closingQuote(msg, 0)
	if end < 0 {
		end = len(msg)
	}
	return bytes.Contains(msg[:end], []byte(" parser ")) || bytes.Contains(msg[:end], []byte("events parsed"))
}

var textualMsgs = []string{
	"anthropic", "converted ", "builtin parser", "harmony", "encoded", "decoded", "web_search", "web_fetch",
	"unknown byte token", "tool", "adding bos token", "adding eos token",
}

func set(keys ...string) map[string]bool {
	m := make(map[string]bool, len(keys))
	for _, k := range keys {
		m[k] = true
	}
	return m
}
