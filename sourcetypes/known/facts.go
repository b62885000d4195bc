//go:build ignore

// Facts writes messages.txt and phrases.txt from the sources that write the
// lines: those of Ollama, of several versions, of llama.cpp, and of the parts of
// Go whose errors they pass on.
//
//	go run facts.go -go DIR… -cpp DIR… -std DIR…
package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// textKeys are what may hold the text of a prompt or of an answer, in whatever
// message: their values are never known to be harmless.
var textKeys = strings.Fields(`prompt system template content thinking toolCalls tool_calls events buffer acc req resp
	string query arguments action header tool tool_call tool_result error err detail response payload pending stop
	line input format msg harmonyFunctionName ids role messages text message option args field summary stderr data value=`)

// aboutText are words in a message that make any value of it a text's.
var aboutText = regexp.MustCompile(`(?i)parser|parsing|harmony|tool|anthropic|function|glimmer|ATEM|decoded|encoded`)

type facts struct {
	messages map[string]map[string]bool
	phrases  map[string]bool
}

func main() {
	f := facts{map[string]map[string]bool{}, map[string]bool{}}
	kind := ""
	for _, arg := range os.Args[1:] {
		if strings.HasPrefix(arg, "-") {
			kind = arg
			continue
		}
		err := filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir():
				if d.Name() == "testdata" || d.Name() == "convert" || d.Name() == "integration" {
					return fs.SkipDir
				}
			case kind == "-cpp":
				return f.cpp(path)
			case strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go"):
				return f.golang(path, kind == "-std")
			}
			return nil
		})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	f.write()
}

func (f *facts) golang(path string, all bool) error {
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, src, 0)
	if err != nil || strings.Contains(string(src), "//go:build ignore") {
		return nil
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && all {
			if s, isText := text(lit); isText && len(s) < 120 && strings.Contains(s, " ") && !strings.ContainsAny(s, "\t<>") {
				f.phrase(s)
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || all {
			return true
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, _ := fun.X.(*ast.Ident)
		args := call.Args
		switch fun.Sel.Name {
		case "DebugContext", "InfoContext", "WarnContext", "ErrorContext", "TraceContext":
			args = args[1:]
		case "Log", "LogAttrs":
			args = args[min(2, len(args)):]
		case "New", "Errorf", "Sprintf", "Printf", "Print", "Println":
			if pkg != nil && (pkg.Name == "errors" || pkg.Name == "log" || fun.Sel.Name == "Errorf") {
				f.texts(args)
			}
			return true
		case "Debug", "Info", "Warn", "Error", "Trace":
		default:
			return true
		}
		if pkg == nil || pkg.Name != "slog" && pkg.Name != "logutil" && !strings.Contains(strings.ToLower(pkg.Name), "log") {
			return true
		}
		f.message(args)
		return true
	})
	return nil
}

func text(n ast.Node) (string, bool) {
	lit, ok := n.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// texts takes the texts among args, and those their texts are made of.
func (f *facts) texts(args []ast.Expr) {
	for _, arg := range args {
		ast.Inspect(arg, func(n ast.Node) bool {
			if s, ok := text(n); ok {
				f.phrase(s)
			}
			return true
		})
	}
}

func (f *facts) message(args []ast.Expr) {
	if len(args) == 0 {
		return
	}
	msg, ok := text(args[0])
	if !ok {
		f.texts(args[:1])
		return
	}
	f.phrase(msg)
	keys := f.messages[msg]
	if keys == nil {
		keys = map[string]bool{}
		f.messages[msg] = keys
	}
	for i := 1; i < len(args); i++ {
		if call, ok := args[i].(*ast.CallExpr); ok && len(call.Args) > 0 { // slog.String("key", …)
			if fun, ok := call.Fun.(*ast.SelectorExpr); ok {
				if x, ok := fun.X.(*ast.Ident); ok && x.Name == "slog" {
					if key, ok := text(call.Args[0]); ok && fun.Sel.Name != "Group" {
						f.key(keys, msg, key)
					}
					continue
				}
			}
		}
		if key, ok := text(args[i]); ok {
			f.key(keys, msg, key)
		}
		i++
	}
}

func (f *facts) key(keys map[string]bool, msg, key string) {
	for _, name := range textKeys {
		if key == name {
			return
		}
	}
	if aboutText.MatchString(msg) {
		return
	}
	if key != "" && !strings.ContainsAny(key, "\t\n") {
		keys[strings.ReplaceAll(key, " ", "\u00a0")] = true
	}
}

// says finds, in C++, the calls whose texts are logged or thrown.
var says = regexp.MustCompile(
	`(?s)\b(?:LLAMA_LOG_\w+|GGML_LOG_\w+|LOG_\w+|LOG|SRV_\w+|SLT_\w+|QUE_\w+|RES_\w+|throw [\w:]+|GGML_ABORT|f?printf|string_format|std::runtime_error|std::invalid_argument)\s*\((.{0,600}?);`,
)

var literal = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

func (f *facts) cpp(path string) error {
	switch filepath.Ext(path) {
	case ".cpp", ".h", ".hpp", ".c", ".cu", ".cuh", ".m":
	default:
		return nil
	}
	src, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, call := range says.FindAllSubmatch(src, -1) {
		for _, lit := range literal.FindAllSubmatch(call[1], -1) {
			if s, err := strconv.Unquote(`"` + string(lit[1]) + `"`); err == nil {
				f.phrase(s)
			}
		}
	}
	return nil
}

// verb is what stands for a value in a format.
var verb = regexp.MustCompile(`%[-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j|t)?[a-zA-Z%]`)

// quote is one that is no apostrophe.
var quote = regexp.MustCompile(`(?:^|[\s\x00(\[{,=])'|'(?:[\s\x00)\]},.:;!?]|$)`)

// phrase takes the runs of two words and more in a format: no value and no colon
// is in one.
func (f *facts) phrase(s string) {
	s = quote.ReplaceAllString(verb.ReplaceAllString(s, "\x00"), " \x00 ")
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == 0 || r == '\n' || r == '"' }) {
		var words []string
		flush := func() {
			if phrase := strings.Join(words, " "); len(words) > 1 && len(phrase) > 7 && len(phrase) < 120 && hasWord(phrase) {
				f.phrases[phrase] = true
			}
			words = nil
		}
		for _, word := range strings.Fields(part) {
			bare := strings.Trim(word, "()[]{}<>\"'`.,;:!?|=*-")
			if bare != "" {
				words = append(words, bare)
			}
			if strings.HasSuffix(word, ":") || strings.HasSuffix(word, "|") || strings.HasSuffix(word, ";") {
				flush()
			}
		}
		flush()
	}
}

// hasWord reports whether a phrase is one of words, not of code or of escapes.
func hasWord(s string) bool {
	letters := 0
	for _, c := range s {
		switch {
		case c < ' ' || c > '~' || strings.ContainsRune(`{}<>\$@#%`, c):
			return false
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		}
	}
	return letters > 1
}

// besides are texts of drivers, of the C library and of systemd, and others whose
// sources are not at hand.
var besides = []string{
	"an illegal memory access was encountered",
	"out of memory",
	"no kernel image is available for execution on the device",
	"unspecified launch failure",
	"invalid device function",
	"invalid argument",
	"device kernel image is invalid",
	"invalid resource handle",
	"the launch timed out and was terminated",
	"an illegal instruction was encountered",
	"misaligned address",
	"system not yet initialized",
	"CUDA driver version is insufficient for CUDA runtime version",
	"uncorrectable ECC error encountered",
	"device-side assert triggered",
	"the provided PTX was compiled with an unsupported toolchain",
	"operation not supported",
	"hardware stack error",
	"unknown error",
	"segmentation violation",
	"segmentation fault",
	"core dumped",
	"illegal instruction",
	"bus error",
	"floating point exception",
	"trace trap",
	"exit status",
	"signal arrived during cgo execution",
	"signal arrived during external code execution",
	"terminate called after throwing an instance of",
	"terminate called without an active exception",
	"free(): invalid pointer",
	"double free or corruption",
	"malloc(): corrupted top size",
	"uncaught exception",
	"assertion failed",
	"Assertion failed",
	"Memory access fault by GPU",
	"Cannot read",
	"No such file or directory",
	"Permission denied",
	"for GPU arch",
	"in function",
	"current device",
	"rocBLAS error",
	"cuBLAS error",
	"runtime error",
	"invalid memory address or nil pointer dereference",
	"index out of range",
	"with length",
	"slice bounds out of range",
	"with capacity",
	"goroutine stack exceeds",
	"byte limit",
	"stack overflow",
	"all slots are idle",
	"selected slot by LRU",
	"selected slot by LCP similarity",
	"processing task",
	"prompt eval time",
	"eval time",
	"total time",
	"ms per token",
	"tokens per second",
	"sampler params",
	"sampler chain",
	"model loaded",
	"server is listening on",
	"starting the main loop",
	"slot is processing task",
	"slot released",
	"prompt ingested",
	"HTTP server listening",
	"build info",
	"initializing slots",
	"new slot",
	"system info",
	"kv cache rm",
	"failed to parse input at pos",
	"Failed to parse input at pos",
	"Failed to parse tool call arguments as JSON",
	"got exception",
	"unparsed peg-native output",
	"sampled token",
	"no such host",
	"dial tcp",
	"read tcp",
	"write tcp",
	"connection reset by peer",
	"broken pipe",
	"network is unreachable",
	"no route to host",
	"server misbehaving",
	"client connection closed",
	"TLS handshake timeout",
	"Client.Timeout exceeded while awaiting headers",
	"Client.Timeout or context cancellation while reading body",
	"certificate signed by unknown authority",
	"certificate has expired or is not yet valid",
	"failed to verify certificate",
	"first record does not look like a TLS handshake",
	"unexpected EOF",
	"use of closed network connection",
	"too many open files",
	"no space left on device",
	"operation timed out",
	"service unavailable",
	"VRAM available",
	"loading up to",
	"GPU layers",
	"starting llama runner",
	"llama runner exited with error",
	"llama runner process has terminated",
	"overall device VRAM discovery took",
	"GPU bootstrap discovery took",
	"No connection could be made because the target machine actively refused it",
	"A connection attempt failed because the connected party did not properly respond after a period of time",
	"or established connection failed because connected host has failed to respond",
	"An existing connection was forcibly closed by the remote host",
	"A socket operation was attempted to an unreachable network",
	"A socket operation was attempted to an unreachable host",
	"The handle is invalid",
	"Access is denied",
	"An established connection was aborted by the software in your host machine",
	"The system cannot find the file specified",
	"Only one usage of each socket address is normally permitted",
	"No such host is known",
	"This is usually a temporary error during hostname resolution",
	"and means that the local server did not receive a response from an authoritative server",
	"getaddrinfow",
	"The requested name is valid but no data of the requested type was found",
	"certificate is not trusted",
	"Name does not resolve",
	"Temporary failure in name resolution",
	"Name or service not known",
	"There is not enough space on the disk",
	"The process cannot access the file because it is being used by another process",
	"undefined symbol",
	"cannot open shared object file",
	"If this persists, press ctrl-c to exit, then",
	"to find a faster connection",
	"stream error",
	"stream ID",
	"received from peer",
	"socks connect tcp",
	"not enough VRAM available, falling back to CPU only",
	"Unable to load CUDA management library",
	"nvml vram init failure",
	"update check failed",
	"fetch failed",
	"requested context length is greater than the model's training context window size",
	"looking for beginning of value",
	"http2: Transport received Server's graceful shutdown GOAWAY",
	"cannot retry err",
	"after Request.Body was written",
	"define Request.GetBody to avoid this error",
	"part stalled",
	"stalled; retrying",
	"Bad Gateway",
	"Gateway Timeout",
	"Service Unavailable",
	"Internal Server Error",
	"Too Many Requests",
	"server gave HTTP response to HTTPS client",
	"couldn't download blob",
	"couldn't get token",
	"protocol error",
	"malformed HTTP response",
	"proxy error from",
	"remote error",
	"handshake failure",
	"bad certificate",
	"bad record MAC",
	"panic recovered",
	"panic serving",
	"superfluous response.WriteHeader call from",
	"loading model from",
	"is not marked as EOG",
	"compute capability",
	"found CUDA devices",
}

func (f *facts) write() {
	for _, s := range besides {
		f.phrase(s)
	}
	var lines []string
	for msg, keys := range f.messages {
		if strings.ContainsAny(msg, "\t\n") {
			continue
		}
		var all []string
		for key := range keys {
			all = append(all, key)
		}
		slices.Sort(all)
		lines = append(lines, msg+"\t"+strings.Join(all, " "))
	}
	save("messages.txt", lines)
	lines = nil
	for phrase := range f.phrases {
		lines = append(lines, phrase)
	}
	save("phrases.txt", lines)
}

func save(name string, lines []string) {
	slices.Sort(lines)
	if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
