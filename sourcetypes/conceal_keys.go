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
		"texts", "completion", "body", "arguments", "suffix", "question", "answer", "instructions", "system_prompt", "generated_text",
		"token_text", "to_eval")
	plainTextKeys = set("prompt", "prompts", "content", "contents", "messages", "completion", "text")
)

// textEnds has the last two letters of each of them.
var textEnds = func() (t pairs) {
	for key := range textKeys {
		t.add(key[len(key)-2], key[len(key)-1])
	}
	for key := range llamaTexts {
		t.add(key[len(key)-2], key[len(key)-1])
	}
	return t
}()

// mayHoldText says whether a key in the text may be a textKey, or one in JSON.
// It looks at two letters of each key, and takes what stands in quotes for
// keys too.
func mayHoldText(text []byte) bool {
	if bytes.Contains(text, []byte(`":`)) {
		return true
	}
	for line := text; ; {
		i := bytes.IndexByte(line, '=')
		if i < 0 {
			return false
		}
		end := i
		if end > 0 && line[end-1] == '"' {
			end--
		}
		if end >= 2 && textEnds.has(line[end-2]|0x20, line[end-1]|0x20) {
			start := end
			for start > 0 && identByte[line[start-1]] {
				start--
			}
			if textKey(line[start:end]) {
				return true
			}
		}
		line = line[i+1:]
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
