package sourcetypes

import "bytes"

// stack follows a crash line by line. It takes only lines that a crash has at
// this place: another process writes to the same file meanwhile.
type stack struct {
	last  crashLine // what the last line was
	deep  bool      // a goroutine's stack has begun, so the message is over
	abort bool      // C++ aborts: whatever follows without a stamp is of that, until Go speaks
	red   bool      // of gin's Recovery: its colour is still on
	lines uint8     // how many more lines of any kind the message may have
	ended bool
}

// crashLine is what a line may be inside a crash.
type crashLine uint8

const (
	noCrash   crashLine = iota
	message             // what happened
	fact                // PC=…, [signal SIGSEGV …], runtime stack:
	goroutine           // goroutine 1 [running]:
	function            // main.main()
	created             // created by main.main in goroutine 1
	location            // <tab>/path/file.go:12 +0x4b
	register            // rax    0x0
	native              // a debugger's line, or a C backtrace's
)

// crashHead reports whether a line begins a crash.
func crashHead(text []byte) (s stack, ok bool) {
	if len(text) < 6 {
		return s, false
	}
	switch text[0] {
	case 'p':
		if ok = hasPrefix(text, "panic: "); ok {
			s.lines = maxMessage
		}
	case 'f':
		ok = hasPrefix(text, "fatal error: ") || hasPrefix(text, "fatal: morestack")
	case 'S':
		ok = signalLine(text)
	case 'g':
		if s.deep = goroutineLine(text); s.deep {
			return stack{last: goroutine, deep: true}, true
		}
	case 'r':
		ok = hasPrefix(text, "runtime: ") || hasPrefix(text, "runtime/cgo: ")
	case 'u':
		ok = hasPrefix(text, "unexpected fault address ")
	case 'E':
		// Windows: the stack of the thread that failed follows without a goroutine's head.
		ok = hasPrefix(text, "Exception 0x")
		s.deep = ok
	}
	s.abort = !ok && (abortReason(text) || abortLine(text))
	s.last = message
	return s, ok || s.abort
}

// abortReason reports whether a line says why C or C++ aborts.
func abortReason(text []byte) bool {
	for _, reason := range abortReasons[text[0]] {
		if hasPrefix(text, reason) {
			return true
		}
	}
	return hasPrefix(text[len(text)-1:], ".") && bytes.HasSuffix(text, []byte("' failed.")) && bytes.Contains(text,
		[]byte(": Assertion `"))
}

var abortReasons = func() (t [256][]string) {
	for _, s := range []string{
		"terminate called ", "libc++abi: ", "CUDA error", "ROCm error", "MUSA error", "cuBLAS error ",
		"CUBLAS error ", "rocBLAS error", "hipBLAS error", "HIP error", "SYCL error",
		"Memory access fault by GPU", "HW Exception by GPU", "Assertion failed: ", "free(): ",
		"double free or corruption", "malloc(): ", "malloc_consolidate(): ",
		"munmap_chunk(): ", "realloc(): ", "corrupted size vs. prev_size", "corrupted double-linked list",
		"*** stack smashing detected ***", "*** buffer overflow detected ***",
		"Fatal glibc error: ", "Fatal Python error: ", "Illegal instruction", "Segmentation fault", "Bus error",
		"MTLCommandBuffer", "-[MTL", "failed assertion `",
	} {
		t[s[0]] = append(t[s[0]], s)
	}
	return t
}()

// abortLine is where ggml gives up: FILE:LINE: CUDA error, or an assertion.
func abortLine(text []byte) bool {
	return bytes.HasSuffix(text, []byte(" error")) &&
		(bytes.HasSuffix(text, []byte(": CUDA error")) || bytes.HasSuffix(text,
			[]byte(": ROCm error")) || bytes.HasSuffix(text, []byte(": MUSA error"))) ||
		bytes.Contains(text, []byte("GGML_ASSERT(")) || bytes.HasPrefix(text, []byte("GGML_ASSERT:"))
}

// maxMessage is how many lines a panic's message may have: before 1.23 Go
// printed them as they are.
const maxMessage = 32

// takes reports whether l goes on with this crash, and moves on if so. blank: so
// many blank lines stand between.
func (s *stack) takes(l *line, blanks int) bool {
	if blanks > 0 {
		s.lines = 0
	}
	is := s.classify(l)
	if is == noCrash {
		return false
	}
	s.last = is
	s.deep = s.deep || is == goroutine || hasPrefix(l.text, "runtime stack:")
	s.ended = is == register && (hasPrefix(l.text, "gs ") || hasPrefix(l.text, "fault "))
	return true
}

func (s *stack) classify(l *line) crashLine {
	text := l.text
	if l.form == indented {
		switch {
		case locationLine(text):
			return location
		case !s.deep:
			return message // the rest of a message of many lines
		}
		return noCrash
	}
	switch {
	case goroutineLine(text):
		return goroutine
	case hasPrefix(text, "created by "):
		return created
	case registerLine(text):
		return register
	case factLine(text):
		return fact
	case s.deep && functionLine(text) && (s.last == goroutine || s.last == location || s.last == fact):
		return function
	case !s.deep && (signalLine(text) || hasPrefix(text, "fatal error: ") ||
		hasPrefix(text, "current device: ") || abortLine(text)):
		return message
	case s.abort && !s.deep && !loadsModel(text): // a debugger speaks, or a backtrace is printed
		return native
	case s.lines > 0 && s.last == message && l.form == plain && !runnerLine(text):
		s.lines--
		return message
	}
	return noCrash
}

// raceHead reports whether a line may begin a report of Go's race detector, metalHead
// whether it begins what Metal says of a program that does not compile.
func raceHead(text []byte) bool {
	return len(text) >= 10 && len(bytes.Trim(text, "=")) == 0 || hasPrefix(text, raceWarning)
}

const raceWarning = "WARNING: DATA RACE"

func metalHead(text []byte) bool {
	return bytes.Contains(text, []byte("Error Domain=")) && !(metalInfo(text) && text[len(text)-1] == '}')
}

// metalInfo reports whether the last part of such a report begins in a line.
func metalInfo(text []byte) bool { return bytes.Contains(text, []byte("UserInfo={")) }

// resumes reports whether a line that stands alone is from the middle of a crash
// that another line broke in two.
func resumes(l *line) (stack, bool) {
	s := stack{deep: true, last: location}
	return s, s.takes(l, 0)
}

// recovery reports whether l goes on with what gin's Recovery prints: the error,
// in debug builds the request's headers, then a stack of its own form. While
// its colour is on that is everything, since it is written in one piece.
func (s *stack) recovery(l *line) bool {
	if s.red {
		s.last = message
		return true
	}
	text := l.text
	switch {
	case recoveryLine(text):
		s.last, s.deep = location, true
	case l.form == indented && s.last == location:
		s.last = function
	case s.deep:
		return false
	case s.last == goroutine: // stands for the head, which any line may follow
		s.last = message
	case !headerLine(text):
		return false
	}
	return true
}

// recoveryHead reports whether a line of the Go log begins a panic's report.
func recoveryHead(l *line) (s stack, kind joinKind, ok bool) {
	rest := l.text[l.body:]
	switch {
	case bytes.Contains(rest, []byte("[Recovery]")) || l.colour == opened:
		return stack{last: goroutine, red: l.colour == opened}, joinRecovery, true
	case bytes.Contains(rest, []byte("http: panic serving ")):
		return stack{last: message}, joinCrash, true
	}
	return s, joinIndented, false
}

// stackLine reports whether a line is of a stack or of the registers: it holds no text.
func stackLine(line []byte) bool {
	if len(line) == 0 || goroutineLine(line) || registerLine(line) ||
		locationLine(line) && (line[0] == ' ' || line[0] == '\t') {
		return true
	}
	if by, ok := bytes.CutPrefix(line, []byte("created by ")); ok {
		name, _, _ := bytes.Cut(by, []byte(" in goroutine "))
		return bytes.IndexByte(name, ' ') < 0
	}
	i := bytes.LastIndexByte(line, '(')
	if i < 0 {
		return false
	}
	for _, c := range line[i:] {
		if !hexDigit(c) && bytes.IndexByte([]byte("x{}(), ?."), c) < 0 {
			return false
		}
	}
	return bytes.IndexByte(line[:i], ' ') < 0
}

// ofCrash reports whether a line of a crash holds no text: one of a stack, or one that is
// indented and no part of the message that C++ passes on, which may have many lines.
func (c *concealer) ofCrash(b *block, line []byte) bool {
	switch {
	case len(line) == 0:
		return true
	case stackLine(line) || nativeLine(line) || factLine(line) || assertion(line):
		c.said = false
		return true
	case bytes.Contains(line, []byte("what():")):
		c.said = true
	}
	return (line[0] == ' ' || line[0] == '\t') && !c.said
}

// assertion: ggml.c:5714: GGML_ASSERT(a == b) failed, whose text is of the source.
func assertion(line []byte) bool {
	before, _, ok := bytes.Cut(line, []byte("GGML_ASSERT"))
	return ok && bytes.IndexByte(bytes.TrimSuffix(before, []byte(" ")), ' ') < 0
}

// goroutineLine: goroutine 24 gp=0xc0001 m=3 mp=0xc0002 [syscall]:.
func goroutineLine(text []byte) bool {
	return hasPrefix(text, "goroutine ") && len(text) > 10 && (digit(text[10]) && text[len(text)-1] == ':' &&
		bytes.IndexByte(text, '[') > 0 || hasPrefix(text, "goroutine running on other thread"))
}

// signalLine: SIGSEGV: segmentation violation.
func signalLine(text []byte) bool {
	if !hasPrefix(text, "SIG") {
		return false
	}
	for i := 3; i < len(text); i++ {
		if c := text[i]; c < 'A' || c > 'Z' {
			return i > 3 && c == ':' && i+1 < len(text) && text[i+1] == ' '
		}
	}
	return false
}

// locationLine: <tab>/usr/local/go/src/runtime/proc.go:462 +0xce fp=0x1 sp=0x2 pc=0x3.
func locationLine(text []byte) bool {
	text = bytes.TrimLeft(text, " \t")
	name := text
	if i := bytes.Index(text, []byte(" +0x")); i >= 0 {
		name = text[:i]
	}
	i := len(name)
	for i > 0 && digit(name[i-1]) {
		i--
	}
	if i == len(name) || i == 0 || name[i-1] != ':' {
		return false
	}
	name = name[:i-1]
	return bytes.HasSuffix(name, []byte(".go")) || bytes.HasSuffix(name, []byte(".s")) ||
		bytes.Equal(name, []byte("<autogenerated>")) || bytes.HasSuffix(name, []byte(".c")) || bytes.HasSuffix(name,
		[]byte(".cpp"))
}

// recoveryLine: /usr/local/go/src/runtime/panic.go:88 (0x42f1a5).
func recoveryLine(text []byte) bool {
	i := bytes.LastIndex(text, []byte(" (0x"))
	return i > 0 && text[len(text)-1] == ')' && digit(text[i-1]) && bytes.IndexByte(text[:i], ':') > 0
}

// headerLine: a line of an HTTP request as Recovery prints it.
func headerLine(text []byte) bool {
	if bytes.Contains(text, []byte(" HTTP/1.")) {
		return true
	}
	name, _, ok := bytes.Cut(text, []byte(": "))
	if !ok || len(name) == 0 || name[0] < 'A' || name[0] > 'Z' {
		return false
	}
	for _, c := range name {
		if !identByte[c] || c == '_' {
			return false
		}
	}
	return true
}

// functionLine: net/http.(*conn).serve(0xc000, {0x1, 0x2}), or crosscall2(0x1).
func functionLine(text []byte) bool {
	i := bytes.IndexByte(text, '(')
	return i > 0 && text[len(text)-1] == ')' && bytes.IndexByte(text[:i], ' ') < 0
}

// registerLine: r10    0xffffffffffffffff.
func registerLine(text []byte) bool {
	i := bytes.IndexByte(text[:min(len(text), 8)], ' ')
	if i < 2 || text[0] < 'a' || text[0] > 'z' {
		return false
	}
	value := bytes.TrimLeft(text[i:], " ")
	if !hasPrefix(value, "0x") || len(value) < 3 {
		return false
	}
	for _, c := range value[2:] {
		if !hexDigit(c) {
			return false
		}
	}
	return true
}

// factLine reports whether a line is one of the Go runtime that is no stack frame.
func factLine(text []byte) bool {
	for _, prefix := range runtimeLines {
		if hasPrefix(text, prefix) {
			return true
		}
	}
	return hasPrefix(text, "...") && bytes.HasSuffix(text, []byte("frames elided..."))
}

var runtimeLines = []string{
	"PC=", "[signal ", "signal arrived during ", "instruction bytes:", "runtime stack:", "runtime: ",
	"[recovered]", "[originating from ", "unexpected fault address ", "stack: frame=", "runtime/cgo: ",
	"exit status ", "eflags ",
}

// nativeLine is what a debugger or a C backtrace prints while ggml aborts.
func nativeLine(text []byte) bool {
	for _, prefix := range nativeLines {
		if hasPrefix(text, prefix) {
			return true
		}
	}
	return text[0] == '#' && len(text) > 1 && digit(text[1]) ||
		text[len(text)-1] == ']' && bytes.Contains(text, []byte("[0x")) ||
		hasPrefix(text, "0x") && bytes.Contains(text, []byte(" in "))
}

var nativeLines = []string{
	"[New LWP ", "[Thread debugging using ", "Using host libthread_db ", "[Inferior ", "[Detaching ",
	"Could not attach to process.", "process, check the setting of ", "again as the root user.",
	"ptrace: ", "No stack.", "The program is not being run.", "warning: process ", "Aborted",
}
