package framing

import "bytes"

// evidence says how strongly a text looks like Ollama's.
type evidence uint8

const (
	nothing evidence = iota
	typical          // begins as the runner's lines or a crash do
	stamped          // has a stamp as only Ollama's log has
)

// looks returns how strongly text looks like a line of Ollama's. at is the time of its stamp; 0:
// it has none with a zone.
func looks(text []byte) (e evidence, at int64) {
	text = text[colours(text, 0):]
	if len(text) < 4 {
		return nothing, 0
	}
	switch c := text[0]; {
	case c == 't':
		if at := slogStamp(text); at != 0 {
			return stamped, at
		}
	case c == '[':
		if ginStamp(text) {
			return stamped, 0
		}
	case c == 'I' || c == 'W' || c == 'E' || c == 'D' || c == 'V':
		if llamaStamp(text) {
			return stamped, 0
		}
	case isDigit(c):
		if goStamp(text) {
			return stamped, 0
		}
	case c == '{':
		if llamaObject(text) {
			return stamped, 0
		}
	}
	for _, head := range typicalHeads[text[0]] {
		if len(text) >= len(head) && string(text[:len(head)]) == head {
			return typical, 0
		}
	}
	return nothing, 0
}

// slogStamp reads `time=2026-04-13T08:00:00.123+02:00 level=`.
func slogStamp(text []byte) int64 {
	if len(text) < 32 || string(text[:5]) != "time=" {
		return 0
	}
	m, n := isoMoment(text[5:])
	if m.kind != instant || !bytes.HasPrefix(text[5+n:], []byte(" level=")) {
		return 0
	}
	return m.nanos
}

// ginStamp reports whether text begins `[GIN] 2026/04/13 - 08:00:01 |`.
func ginStamp(text []byte) bool {
	const form = "[GIN] 2026/04/13 - 08:00:01 |"
	return len(text) > len(form) && shaped(text[:len(form)], form)
}

// goStamp reports whether text begins `2023/10/06 13:38:58 routes.go:572: `.
func goStamp(text []byte) bool {
	const form = "2023/10/06 13:38:58 "
	if len(text) < len(form)+6 || !shaped(text[:len(form)], form) {
		return false
	}
	word, _, _ := bytes.Cut(text[len(form):min(len(text), len(form)+64)], []byte(" "))
	return bytes.Contains(word, []byte(".go:"))
}

// llamaStamp reports whether text is of the form `INFO [main] … timestamp=…`.
func llamaStamp(text []byte) bool {
	i := bytes.IndexByte(text[:min(len(text), 9)], ' ')
	return i > 0 && len(text) > i+1 && text[i+1] == '[' && bytes.Contains(text, []byte(" timestamp="))
}

// llamaObject reports whether text is JSON as llama.cpp's server once wrote it.
func llamaObject(text []byte) bool {
	return bytes.Contains(text, []byte(`"function":"`)) && bytes.Contains(text, []byte(`"timestamp":`))
}

// shaped reports whether text has a form in which a digit stands for any digit.
func shaped(text []byte, form string) bool {
	for i, c := range text {
		if f := form[i]; f != c && !(isDigit(f) && isDigit(c)) {
			return false
		}
	}
	return true
}

// typicalHeads are, by their first byte, the beginnings of lines without a stamp.
var typicalHeads = func() (heads [256][]string) {
	for _, h := range []string{
		"llama_", "llm_load_", "llama-server", "ggml_", "load_tensors: ", "load_backend: ", "print_info: ",
		"build: ", "system_info: ", "system info: ", "srv ", "slot ", "clip_",
		"sched_reserve: ", "graph_reserve: ", "sampler ", "Parsing input with format", "Parsed message",
		"prompt eval time", "eval time", "panic: ", "fatal error: ", "goroutine ", "SIGABRT", "SIGSEGV", "SIGBUS",
		"SIGILL", "SIGFPE", "SIGTRAP", "runtime: ", "runtime error: ", "CUDA error", "ROCm error", "GGML_ASSERT",
		"cuda driver library", "cudaSetDevice", "Couldn't find '", "Your new public key is", "[GIN-debug] ",
		"Exception 0x", "signal arrived", "terminate called", "Memory access fault by GPU",
		"rocBLAS error", "key general.", "get_memory: ",
	} {
		heads[h[0]] = append(heads[h[0]], h)
	}
	return heads
}()
