package sourcetypes

import (
	"bytes"
	"net/url"
)

// harmlessValue reports whether a token is of a form that holds no text wherever it
// stands: a number, a size, a time, an address, a version, a hash.
func harmlessValue(token []byte) bool {
	if plainNumber(token) {
		return true
	}
	if quotedToken(token) {
		return false
	}
	token = valueMarks.trim(token)
	if from, to, ok := bytes.Cut(token, []byte("->")); ok && len(token) <= maxValue {
		return hostLike(from) && hostLike(to)
	}
	if len(token) == 0 || signs.all(token) {
		return true
	}
	if len(token) > maxValue {
		return false
	}
	return constants[string(token)] || numeric(token) || hash(token) || addressLike(token) ||
		numbered(token) || assigned(token)
}

// plainNumber reports whether a token is a number, an amount or a time, without marks around
// it. It is a short way to what harmlessValue says of most of them.
func plainNumber(b []byte) bool {
	if len(b) == 0 || len(b) > 40 || !digit(b[0]) || hasPrefix(b, "0x") {
		return false
	}
	letters := 0
	for _, c := range b {
		switch {
		case digit(c), c == '.', c == ':', c == '-', c == '+':
		case lower(c | 0x20):
			letters++
		default:
			return false
		}
	}
	return letters <= 4 && identByte[b[len(b)-1]] && b[len(b)-1] != '-'
}

// namesPlace reports whether a token is a path or an address of the web, which holds no
// text where an error or a runner names it.
func namesPlace(token []byte) bool {
	token = placeMarks.trim(token)
	return len(token) <= maxValue && bytes.IndexByte(token, '"') < 0 && (urlLike(token) || pathLike(token))
}

// maxValue is how long such a token may be.
const maxValue = 512

var constants = set("true", "false", "nil", "null", "none", "<nil>", "N/A", "n/a", "GGUF", "GGML", "OK", "INFO",
	"WARN", "WARNING", "ERROR", "DEBUG", "TRACE",
	"VERBOSE", "VERB", "cpu", "CPU", "gpu", "string", "uint32", "int32", "uint64", "float32", "bool", "array",
	"metal", "Metal", "vulkan", "Vulkan", "cuda", "rocm", "ollama", "[GIN-debug]")

// numeric: digits, what stands between them, and at most four letters of a unit.
func numeric(b []byte) bool {
	if hasPrefix(b, "0x") {
		for _, c := range b[2:] {
			if !hexDigit(c) {
				return false
			}
		}
		return len(b) > 2 && len(b) <= 34
	}
	digits, letters := 0, 0
	for _, c := range b {
		switch {
		case digit(c):
			digits++
		case lower(c | 0x20), c >= 0x80:
			letters++
		case c < ' ':
			return false
		}
	}
	if digits == 0 || letters > 4 || bytes.IndexByte(b, '\'') >= 0 {
		return false
	}
	return digit(b[0]) || len(b) > 1 && numberStart[b[0]] && digit(b[1])
}

// hash: sha256:… or sha256-…, or hex digits alone, also of a part of one.
func hash(b []byte) bool {
	prefixed := hasPrefix(b, "sha256")
	if prefixed {
		b = bytes.TrimLeft(b[len("sha256"):], ":-")
	}
	number := false
	for _, c := range b {
		if !hexDigit(c) && c != '-' {
			return false
		}
		number = number || digit(c)
	}
	return prefixed || number && len(b) >= 8
}

// addressLike: an IPv4 or an IPv6 address, perhaps with a port.
func addressLike(b []byte) bool {
	return hostLike(b) && (bytes.Count(b, []byte(":")) > 1 || digit(b[0]) && addressBytes.all(b))
}

// hostLike: names with dots between them and perhaps a port, all in small letters, or
// an IPv6 address.
func hostLike(b []byte) bool {
	if i := bytes.LastIndexByte(b, ':'); i > 0 && len(b) > i+1 && decimals.all(b[i+1:]) {
		b = b[:i]
	}
	b = brackets.trim(b)
	if zone := bytes.IndexByte(b, '%'); zone > 0 && len(b)-zone < 16 && bytes.IndexByte(b[:zone], ':') >= 0 {
		b = bytes.TrimRight(b[:zone], "]")
	}
	dots, colons := 0, 0
	for i, c := range b {
		switch {
		case c == '.' && i > 0 && i+1 < len(b):
			dots++
		case c == ':':
			colons++
		case !lower(c) && !digit(c) && c != '-' && c != '_' && c != '/':
			return false
		}
	}
	if colons > 1 {
		return address6Bytes.all(b)
	}
	return dots > 0 && colons == 0
}

// urlLike: scheme://host/path, with a query whose values are harmless.
func urlLike(b []byte) bool {
	i := bytes.Index(b[:min(len(b), 12)], []byte("://"))
	if i <= 0 {
		return false
	}
	if q := bytes.IndexByte(b, '?'); q >= 0 {
		for part := range bytes.FieldsFuncSeq(b[q+1:], paramEnd) {
			if hiddenParam(part, false) != 0 {
				return false
			}
		}
	}
	return true
}

// pathLike: /a/b, ./a, ~/a, C:\a, of two parts at least.
func pathLike(b []byte) bool {
	if len(b) < 4 || bytes.IndexByte(b, '?') >= 0 {
		return false
	}
	switch {
	case b[0] == '/', b[0] == '~' && b[1] == '/', b[0] == '.' && b[1] == '/':
		return bytes.Count(b, []byte("/")) > 1
	case b[1] == ':' && (b[2] == '\\' || b[2] == '/'):
		return lower(b[0] | 0x20)
	}
	return false
}

// numbered: a name that is known with a number behind it, such as CUDA0 or blk.3.
func numbered(b []byte) bool {
	for _, name := range numberedNames {
		if rest, ok := bytes.CutPrefix(b, name); ok && len(rest) > 0 && len(rest) <= 12 && numeric(rest) {
			return true
		}
	}
	return false
}

var numberedNames = [][]byte{
	[]byte("CUDA"), []byte("ROCm"), []byte("Vulkan"), []byte("Metal"), []byte("MTL"), []byte("gfx"), []byte("sm_"),
	[]byte("blk."), []byte("v"),
	[]byte("libcuda.so."), []byte("q"), []byte("Q"), []byte("F"), []byte("f"), []byte("bf"), []byte("BF"),
	[]byte("u"), []byte("i"), []byte("IQ"), []byte("GPU-"), []byte("HTTP/"),
}

// assigned: name=number.
func assigned(b []byte) bool {
	i := bytes.IndexByte(b, '=')
	if i <= 0 || i+1 == len(b) {
		return false
	}
	return codeName(b[:i], true) && (numeric(b[i+1:]) || constants[string(b[i+1:])])
}

// hiddenParam is where in a part of a query what is to be hidden begins; 0 if nothing is.
// Of a route that is given a text, though none in its query, only what is known to be
// harmless stays; of other paths only what has the name of a text goes.
func hiddenParam(part []byte, asked bool) int {
	name, value, ok := bytes.Cut(part, []byte("="))
	switch {
	case len(value) == 0 && ok, len(part) == 0:
		return 0
	case !ok && asked && !harmlessValue(part) && !harmlessPart(part):
		return -1
	case !ok:
		return 0
	case textParam(name):
		return len(name) + 1
	case !asked || harmlessParams[string(name)] || harmlessValue(value) || maskLen(value) == len(value):
		return 0
	}
	return len(name) + 1
}

// paramEnd reports whether r ends a part of a query.
func paramEnd(r rune) bool { return r == '&' || r == ';' }

// textParam reports whether a name in a query is one of a text, also as prompt[] and
// with escapes.
func textParam(name []byte) bool {
	if bytes.IndexByte(name, '%') >= 0 && len(name) < 256 {
		if plain, err := url.PathUnescape(string(name)); err == nil {
			name = []byte(plain)
		}
	}
	name, _, _ = bytes.Cut(name, []byte("["))
	return textParams[string(bytes.ToLower(name))] || textKey(name)
}

func harmlessPart(part []byte) bool { return constants[string(part)] || harmlessParams[string(part)] }

var (
	textParams = set("q", "query", "question", "ask", "msg", "message", "say", "chat", "instruction",
		"instructions", "data", "p", "s")
	harmlessParams = set("model", "name", "stream", "verbose", "version", "ts", "os", "arch", "lang", "page",
		"limit", "offset", "sort", "from", "digest", "id",
		"token", "access_token", "api_key", "apikey", "key", "api-key", "x-api-key", "auth", "password", "secret",
		"service", "scope", "client_id", "account")
)
