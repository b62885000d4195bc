package sourcetypes

import (
	"bytes"

	"ollama-hec/sourcetypes/known"
)

// A text is judged by segments, which end at a colon, a semicolon, a bar or with
// the text: "read tcp 10.0.0.1:5: connection reset by peer" has two. A segment
// stays if it is made of known phrases and harmless values alone. Of another one
// what comes before its first unknown word stays if that has a phrase in it,
// and all of it goes otherwise.

// tokenTo takes the token at i, which is not a space, and returns its end. An
// escaped line feed ends it, too.
func (c *concealer) tokenTo(i, to int) int {
	start := i
	for i < to && c.text[i] != ' ' && c.text[i] != '\t' && c.text[i] != '\n' {
		if c.text[i] == '\\' && i > start && i+1 < to && c.text[i+1] == 'n' && c.text[i-1] != '\\' {
			break
		}
		i++
	}
	c.tokens = append(c.tokens, span{start, i})
	return i
}

// segment ends the segment at i if the token before ends it.
func (c *concealer) segment(i, to int, sure bool) {
	last := c.text[i-1]
	switch {
	case i == to:
	case last == ':' || last == ';':
		c.close(i-1, sure)
	case last == '|' && c.tokens[len(c.tokens)-1].to-c.tokens[len(c.tokens)-1].from == 1:
		c.tokens = c.tokens[:len(c.tokens)-1]
		c.close(i-1, sure)
	}
}

// flush ends a segment of a line that is of no form before i.
func (c *concealer) flush(i int) {
	c.close(i, true)
	c.strict = false
}

// close judges the segment that ends at end.
func (c *concealer) close(end int, sure bool) {
	phrase := false
	for i := 0; i < len(c.tokens); {
		if n := known.Phrase(func(k int) []byte {
			if i+k >= len(c.tokens) {
				return nil
			}
			return wordOf(c.tokens[i+k].of(c.text), c.strict)
		}); n > 0 {
			i, phrase = i+n, true
			continue
		}
		if n := c.assignment(i); n > 0 {
			i += n
			continue
		}
		if c.harmless(c.tokens[i].of(c.text), i) {
			i++
			continue
		}
		c.unknown = true
		from := c.tokens[i].from
		if !phrase {
			from = c.tokens[0].from
		}
		end = c.trimmed(from, end)
		c.hide(span{from, end}, sure || mentions(c.text[from:end]))
		break
	}
	c.tokens = c.tokens[:0]
}

// harmless reports whether a token, which is the ith of its segment, says nothing.
func (c *concealer) harmless(token []byte, i int) bool {
	word := wordOf(token, c.strict)
	switch {
	case harmlessValue(token):
		return true
	case !c.strict && (namesPlace(token) || i > 0 && hostLike(bytes.TrimRight(token, ":,;"))):
		return true
	case quotedToken(token):
		return false
	}
	return glue[string(word)] || len(word) < len(token) && harmlessValue(word)
}

// trimmed is where the last token of a hidden part ends that ends at end.
func (c *concealer) trimmed(from, end int) int {
	end = min(end, c.tokens[len(c.tokens)-1].to)
	if end == len(c.text) && c.whole > from {
		return c.whole
	}
	return end
}

// assignment is how many tokens name = number has at i; 0 if that is not what is there.
func (c *concealer) assignment(i int) int {
	if i+2 >= len(c.tokens) || string(c.tokens[i+1].of(c.text)) != "=" {
		return 0
	}
	if !codeName(c.tokens[i].of(c.text), c.strict) {
		return 0
	}
	if !amount(bytes.Trim(c.tokens[i+2].of(c.text), "(),")) {
		return 0
	}
	return 3
}

// codeName reports whether a name is one of the code's: a known word or, where it is
// not strict, small letters with a low line or a dot among them.
func codeName(name []byte, strict bool) bool {
	if glue[string(name)] || known.Word(name) {
		return true
	}
	marks := 0
	for _, b := range name {
		switch {
		case b == '_' || b == '.':
			marks++
		case !lower(b) && !digit(b):
			return false
		}
	}
	return !strict && marks > 0 && lower(name[0])
}

// wordOf is a token without the marks around it, or the first word of a value in
// quotes that a line within a line has: error=\"Get. It is all of the token if the value is a text's.
func wordOf(token []byte, strict bool) []byte {
	i := 0
	for i < min(len(token), 64) && keyByte[token[i]] {
		i++
	}
	if i > 0 && i+1 < len(token) && token[i] == '=' && (token[i+1] == '"' || token[i+1] == '\\') {
		if textKey(token[:i]) || !codeName(token[:i], strict) {
			return token
		}
		token = token[i+1:]
	}
	return wordMarks.trim(token)
}

// quotedToken reports whether a token begins or ends in the quotes in which
// llama.cpp writes the text of a token of a model.
func quotedToken(token []byte) bool {
	token = quotedMarks.trim(token)
	return len(token) > 0 && (token[0] == '\'' || token[len(token)-1] == '\'')
}

// glue are single words that stand between values. A text made of these alone says
// nothing.
var glue = set("a", "after", "an", "and", "are", "as", "at", "attempt", "be", "by", "bytes", "cannot", "code",
	"connect", "connection",
	"default", "device", "devices", "dial", "done", "EOF", "error", "exit", "failed", "failed:", "file", "for",
	"found", "from", "GET", "Get", "GiB", "GPU", "has",
	"Head", "id", "in", "INFO", "is", "it", "KiB", "layers", "level", "loading", "lookup", "main", "max", "MB",
	"MiB", "min", "model", "ms", "n", "no", "not",
	"of", "offset", "ollama", "on", "open", "or", "panic", "part", "parser", "Patch", "POST", "Post", "prompt",
	"Put", "read", "reason", "request", "response",
	"retrying", "s", "server", "signal", "size", "slot", "slots", "srv", "status", "stop", "SIGABRT", "SIGSEGV",
	"SIGBUS", "SIGILL", "task", "tasks", "tcp", "tcp4", "tcp6",
	"tensor", "that", "the", "time", "to", "token", "tokens", "total", "type", "udp", "unix", "version", "was",
	"waiting", "with", "write", "writing", "que", "INF", "WRN", "ERR", "aborted", "Aborted",
	"killed", "timeout", "ROCm", "CUDA", "cuBLAS", "tls", "x509", "http", "net/http", "json", "remote", "local",
	"exited", "processing", "took", "system", "free", "used", "available",
	"unsupported", "abort", "downloading", "uploading", "part(s", "INTERNAL_ERROR", "PROTOCOL_ERROR",
	"REFUSED_STREAM", "CANCEL", "NO_ERROR",
	"ENHANCE_YOUR_CALM", "FLOW_CONTROL_ERROR", "accept4", "Transport", "http2", "TypeError", "Recovery", "stalled",
	"connectex", "getaddrinfow", "wsarecv", "wsasend", "bind", "listen", "accept", "proxyconnect", "Proxy",
	"Forbidden", "Unauthorized", "string", "but", "this", "into", "its", "line", "column", "value", "key", "name",
	"length", "count", "tid", "timestamp")

// codeHead measures the name of the function, and of the part of the server, that llama.cpp
// writes before what it says: "srv  update_slots: ", "common_chat_peg_parse: ",
// "VERB [update_slots] ".
func codeHead(line []byte) int {
	i := 0
	for words := 0; words < 2; words++ {
		start := i
		for i < min(len(line), start+maxName) && (keyByte[line[i]] || headBytes[line[i]]) {
			i++
		}
		word := line[start:i]
		switch {
		case i == start || i == len(line):
			return 0
		case line[i] == ':' && (words == 1 || functionName(word)):
			return i + 1
		case line[i] == ' ' && words == 1 && word[0] == '[' && word[len(word)-1] == ']':
			return i
		case line[i] != ' ' || words == 1 || !serverParts[string(word)] && !llamaLevel(word):
			return 0
		}
		i = skipSpaces(line, i)
	}
	return 0
}

const maxName = 64

func functionName(word []byte) bool {
	return bytes.IndexByte(word, '_') >= 0 || glue[string(word)] || string(word) == "operator()"
}

var serverParts = set("srv", "slot", "que", "res", "init", "load")

// introduces reports whether a line says that a text of several lines follows.
func introduces(line []byte) bool {
	for _, word := range textIntros {
		if bytes.Contains(line, word) {
			return true
		}
	}
	return false
}

var textIntros = [][]byte{
	[]byte("output"), []byte("input"), []byte("request"), []byte("response"), []byte("rompt"), []byte("essage"),
	[]byte("rammar"),
	[]byte("schema"), []byte("template"), []byte("exception"), []byte("content"), []byte("chunk"),
	[]byte("=== BEGIN"),
}

// loadsModel reports whether a line without a stamp is what a runner says of a model or
// of a device: its text comes from the model's file or from the driver.
func loadsModel(line []byte) bool {
	from := 0
	for from < len(line) && (line[from] == '.' || line[from] == '~') {
		from++
	}
	line = line[from:min(len(line), from+64)]
	end := 0
	for end < len(line) && line[end] != ':' && line[end] != ' ' {
		end++
	}
	if end == 0 || end == len(line) || line[end] != ':' {
		return false
	}
	name := line[:end]
	for _, family := range loaderFamilies[name[0]] {
		if hasPrefix(name, family) {
			return true
		}
	}
	return loaders[string(name)]
}

// loaders are the functions of llama.cpp that print this, and loaderFamilies are
// how the names of others begin.
var loaders = set("llama_model_loader", "print_info", "load_tensors", "load", "init_tokenizer", "load_vocab",
	"create_tensor", "load_hparams",
	"load_all_data", "load_arch", "load_stats", "system_info", "graph_reserve", "sched_reserve", "create_memory",
	"set_abort_callback", "resolve_fused_ops",
	"llama.cpp", "build", "build_info", "llama_model_load", "llama_model_load_from_file_impl",
	"llama_load_model_from_file", "llama_model_quantize", "device_info", "update",
	"alloc_compute_meta", "alloc_tensor_range", "warmup", "load_backend", "register_backend", "register_device")

var loaderFamilies = byFirst(
	"ggml_", "llm_load_", "llama_kv_", "llama_context", "llama_new_context", "llama_init", "llama_memory",
	"llama_model_load", "llama_params_fit", "llama_build",
	"clip_", "common_init_", "common_params_fit", "common_fit", "common_memory", "mtmd_init", "load_gguf",
)
