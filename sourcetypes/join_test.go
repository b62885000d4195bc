package sourcetypes

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

const (
	slogLine = `time=2026-11-21T19:15:41.541Z level=INFO source=a.go:1 msg=x`
	ginLine  = `[GIN] 2026/11/21 - 19:12:19 | 200 |       5.819µs |       127.0.0.1 | GET      "/api/tags"`
)

const panicBlock = `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x18 pc=0x7a3c2f]

goroutine 53 [running]:
github.com/ollama/ollama/server.(*Server).GenerateHandler(0xc000112000, 0xc0003a2100)
	/go/src/github.com/ollama/ollama/server/routes.go:123 +0x4b
created by net/http.(*Server).Serve in goroutine 1
	/usr/local/go/src/net/http/server.go:3086 +0x5cb`

const abortBlock = `SIGABRT: abort
PC=0x13daa0a m=0 sigcode=0
signal arrived during cgo execution

goroutine 24 gp=0xc000102380 m=0 mp=0x2 [syscall]:
runtime.cgocall(0x1, 0x2)
	runtime/cgocall.go:167 +0x4b fp=0x1 sp=0x2 pc=0x3

rax    0x1c
rflags 0x246
gs     0x0`

const cudaBlock = `CUDA error: out of memory
  current device: 0, in function alloc at /go/src/ggml-cuda.cu:2366
  cudaMalloc(&ptr, size)
/go/src/ggml-cuda.cu:75: CUDA error`

const recoveryBlock = `2024/01/02 15:04:05 [Recovery] 2024/01/02 - 15:04:05 panic recovered:
interface conversion: interface {} is nil, not string
/usr/local/go/src/runtime/iface.go:262 (0x40a5b4)
	panicdottypeE: panic(&TypeAssertionError{iface, have, want, ""})
/go/src/server/routes.go:88 (0x7a3c2f)
	(*Server).ChatHandler: s := v.(string)`

// TestJoin: logs, and the server events they become, apart by lines of ---.
func TestJoin(t *testing.T) {
	for _, test := range []struct{ name, log, want string }{
		{"ordinary lines", "a\nb\nc", "a\n---\nb\n---\nc"},
		{"blank lines", "\na\n\n \t\nb\n\n", "a\n---\nb"},
		{"continuation", "slot launch_slot_: id  0 | task -1 | sampler params: \n\trepeat_last_n = 64\n\tdry = 0\nnext", "slot launch_slot_: id  0 | task -1 | sampler params: \n\trepeat_last_n = 64\n\tdry = 0\n---\nnext"},
		{"device list", "ggml_cuda_init: found 1 CUDA devices:\n  Device 0: NVIDIA\n" + slogLine, "ggml_cuda_init: found 1 CUDA devices:\n  Device 0: NVIDIA\n---\n" + slogLine},
		{"a dash behind the name is no indent", "load: printing all EOG tokens:\nload:   - 2 ('</s>')", "load: printing all EOG tokens:\n---\nload:   - 2 ('</s>')"},
		{"continuation of a stamped line", slogLine + "\n  more\n" + slogLine, slogLine + "\n  more\n---\n" + slogLine},
		{"continuation of nothing", "  a\n  b\nc", "  a\n  b\n---\nc"},
		{"a blank line ends an ordinary line", "a\n\n  b", "a\n---\n  b"},
		{"GIN-debug", "[GIN-debug] [WARNING] Running\n - using env:\texport X\n - using code:\tgin\n\n[GIN-debug] GET /", "[GIN-debug] [WARNING] Running\n - using env:\texport X\n - using code:\tgin\n---\n[GIN-debug] GET /"},
		{"dots", "load\n..........\n..", "load\n---\n..........\n---\n.."},

		{"first run", "Couldn't find '/r/.ollama/id_ed25519'. Generating new private key.\nYour new public key is: \n\nssh-ed25519 AAAA\n\n" + slogLine,
			"Couldn't find '/r/.ollama/id_ed25519'. Generating new private key.\nYour new public key is: \n\nssh-ed25519 AAAA\n---\n" + slogLine},
		{"first run, alone", "Couldn't find '/r/.ollama/id_ed25519'. Generating new private key.\nother", "Couldn't find '/r/.ollama/id_ed25519'. Generating new private key.\n---\nother"},

		{"panic", slogLine + "\n" + panicBlock + "\n\n" + slogLine, slogLine + "\n---\n" + panicBlock + "\n---\n" + slogLine},
		{"panic in panic", "panic: a [recovered]\n\tpanic: b\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1", "panic: a [recovered]\n\tpanic: b\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1"},
		{"two panics", panicBlock + "\n" + panicBlock, panicBlock + "\n---\n" + panicBlock},
		{"functions without a dot", "panic: x\n\ngoroutine 1 [running]:\nf(0x1, ...)\n\t/a.go:1 +0x1\nx()\n\t/a.go:2 +0x1\ncrosscall2(0x1)\n\t/a.s:3 +0x1\ny", "panic: x\n\ngoroutine 1 [running]:\nf(0x1, ...)\n\t/a.go:1 +0x1\nx()\n\t/a.go:2 +0x1\ncrosscall2(0x1)\n\t/a.s:3 +0x1\n---\ny"},
		{"a message of many lines", "panic: multi\nline message\nhere\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1", "panic: multi\nline message\nhere\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1"},
		{"a message ends with a blank line", "panic: multi\n\nline", "panic: multi\n---\nline"},
		{"a message ends", "panic: x" + strings.Repeat("\nm", maxMessage+1), "panic: x" + strings.Repeat("\nm", maxMessage) + "\n---\nm"},
		{"fatal error", "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\nafter", "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/a.go:1 +0x1\nexit status 2\n---\nafter"},
		{"out of memory", "runtime: out of memory: cannot allocate 1-byte block\nfatal error: out of memory\n\nruntime stack:\nruntime.throw({0x1?, 0x2?})\n\truntime/panic.go:1101 +0x48", "runtime: out of memory: cannot allocate 1-byte block\nfatal error: out of memory\n\nruntime stack:\nruntime.throw({0x1?, 0x2?})\n\truntime/panic.go:1101 +0x48"},
		{"signal", "x\n" + abortBlock + "\ny", "x\n---\n" + abortBlock + "\n---\ny"},
		{"nothing joins after the last register", abortBlock + "\n\tindented", abortBlock + "\n---\n\tindented"},
		{"journal drops blank lines", strings.ReplaceAll(abortBlock, "\n\n", "\n"), strings.ReplaceAll(abortBlock, "\n\n", "\n")},
		{"CUDA", cudaBlock + "\n" + slogLine, cudaBlock + "\n---\n" + slogLine},
		{"CUDA, debugger and signal", cudaBlock + "\n[New LWP 12]\nUsing host libthread_db library \"/l\".\n#0  0x1 in ?? ()\n[Inferior 1 (process 3) detached]\n" + abortBlock + "\nload: x", cudaBlock + "\n[New LWP 12]\nUsing host libthread_db library \"/l\".\n#0  0x1 in ?? ()\n[Inferior 1 (process 3) detached]\n" + abortBlock + "\n---\nload: x"},
		{"CUDA of 2023", "CUDA error 2 at /go/ggml-cuda.cu:6301: out of memory\ncurrent device: 0\nprint_info: y", "CUDA error 2 at /go/ggml-cuda.cu:6301: out of memory\ncurrent device: 0\n---\nprint_info: y"},
		{"assertion", "ggml.c:12: GGML_ASSERT(a == b) failed\n" + abortBlock, "ggml.c:12: GGML_ASSERT(a == b) failed\n" + abortBlock},
		{"Windows", "Exception 0xc0000005 0x8 0x1 0x1\nPC=0x1\n\nruntime: g 0: unknown pc 0x1\ngoroutine 1 [running]:\nmain.main()\n\tC:/a/b.go:1 +0x1\nrax     0x1\ngs      0x2b\nx", "Exception 0xc0000005 0x8 0x1 0x1\nPC=0x1\n\nruntime: g 0: unknown pc 0x1\ngoroutine 1 [running]:\nmain.main()\n\tC:/a/b.go:1 +0x1\nrax     0x1\ngs      0x2b\n---\nx"},
		{"http panic", "2024/01/02 15:04:05 http: panic serving 127.0.0.1:1: boom\ngoroutine 33 [running]:\nnet/http.(*conn).serve.func1()\n\t/a.go:1 +0xb0\nnext", "2024/01/02 15:04:05 http: panic serving 127.0.0.1:1: boom\ngoroutine 33 [running]:\nnet/http.(*conn).serve.func1()\n\t/a.go:1 +0xb0\n---\nnext"},

		{"recovery", "\n\n \x1b[31m" + recoveryBlock + "\n\x1b[0m\n" + ginLine, " " + recoveryBlock + "\n---\n" + ginLine},
		{"recovery ends with its colour", "\x1b[31m" + recoveryBlock + "\n\x1b[0m\n\tnext", recoveryBlock + "\n---\n\tnext"},
		{"recovery without colour", recoveryBlock + "\nload: x", recoveryBlock + "\n---\nload: x"},
		{"recovery in a debug build", "\x1b[31m2024/01/02 15:04:05 [Recovery] 2024/01/02 - 15:04:05 panic recovered:\nPOST /api/chat HTTP/1.1\r\nHost: x\r\n\r\n\nboom\n/a.go:1 (0x1)\n\tf: g\n\x1b[0m\nx", "2024/01/02 15:04:05 [Recovery] 2024/01/02 - 15:04:05 panic recovered:\nPOST /api/chat HTTP/1.1\nHost: x\n\n\nboom\n/a.go:1 (0x1)\n\tf: g\n---\nx"},
		{"broken pipe", "\x1b[31m2024/01/02 15:04:05 write tcp 1.2.3.4:1->5.6.7.8:2: write: broken pipe\nGET / HTTP/1.1\r\nHost: x\r\n\r\n\x1b[0m\nx", "2024/01/02 15:04:05 write tcp 1.2.3.4:1->5.6.7.8:2: write: broken pipe\nGET / HTTP/1.1\nHost: x\n---\nx"},

		// What must not be swallowed.
		{"a runner's line in a panic", "panic: x\nllama_context: n_ctx = 1\n", "panic: x\n---\nllama_context: n_ctx = 1"},
		{"a runner's line in a stack", "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\nprint_info: x = 1 (a)\nmain.f()\n\t/a.go:2 +0x1", "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n---\nprint_info: x = 1 (a)\n---\nmain.f()\n\t/a.go:2 +0x1"},
		{"a runner's indented line in a stack", "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n\trepeat_last_n = 64", "goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n---\n\trepeat_last_n = 64"},
		{"a stamped line in a stack", "goroutine 1 [running]:\nmain.main()\n" + slogLine + "\n\t/a.go:1 +0x1\nmain.f()\n\t/a.go:2 +0x1\n\ngoroutine 2 [idle]:\nmain.g()\n\t/a.go:3 +0x1", "goroutine 1 [running]:\nmain.main()\n---\n" + slogLine + "\n---\n\t/a.go:1 +0x1\nmain.f()\n\t/a.go:2 +0x1\n\ngoroutine 2 [idle]:\nmain.g()\n\t/a.go:3 +0x1"},
		{"an access line in a crash", "SIGSEGV: segmentation violation\nPC=0x1\n" + ginLine + "\n\ngoroutine 1 [running]:\nmain.main()\n" + ginLine + "\n\t/a.go:1 +0x1\nx",
			ginLine + "\n---\n" + ginLine + "\n---\nSIGSEGV: segmentation violation\nPC=0x1\n\ngoroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n---\nx"},
		{"an access line behind out of memory", "runtime: out of memory: x\n" + ginLine + "\nfatal error: out of memory", ginLine + "\n---\nruntime: out of memory: x\nfatal error: out of memory"},
		{"access lines behind a panic", "panic: x\n" + strings.Repeat(ginLine+"\n", maxPassed+1) + "\tx", strings.Repeat(ginLine+"\n---\n", maxPassed) + "panic: x\n---\n" + ginLine + "\n---\n\tx"},
		{"a line behind an access line is no message", "panic: x\n" + ginLine + "\nwords", ginLine + "\n---\npanic: x\n---\nwords"},
		{"words of a crash in a line", "load: panic: no\nx SIGABRT: abort\nsigabrt: y", "load: panic: no\n---\nx SIGABRT: abort\n---\nsigabrt: y"},

		{"private key", "key:\n-----BEGIN PRIVATE KEY-----\nMIIEabc+/=\nMIIE\n-----END PRIVATE KEY-----\nx", "key:\n---\n[REDACTED:private_key]\n---\nx"},
		{"colours and carriage returns", "\x1b[32mgreen\x1b[0m\r\nb\r\n", "green\n---\nb"},
		{"not UTF-8", "a\xff\xfeb \xe2\x82", "a\uFFFD\uFFFDb \uFFFD\uFFFD"},
		{"glued JSON", `{"function":"a","level":"INFO","timestamp":1710561010}{"function":"b","level":"INFO","timestamp":1710561011}`, `{"function":"a","level":"INFO","timestamp":1710561010}{"function":"b","level":"INFO","timestamp":1710561011}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := strings.Join(of(Server, normalize(t, defaults(), test.log)), "\n---\n")
			if got != test.want {
				t.Errorf("got\n%s\n\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestCrashIsOneEvent(t *testing.T) {
	log, err := os.ReadFile(corpusDir + "/v0.13.5-crash.stderr.log")
	if err != nil {
		t.Fatal(err)
	}
	from, to := bytes.Index(log, []byte("SIGSEGV:")), bytes.Index(log, []byte("gs     0x0\n"))+len("gs     0x0")
	if want := string(log[from:to]); !slices.Contains(of(Server, normalize(t, defaults(), string(log))), want) {
		t.Error("the crash in the corpus is not one event")
	}
}

// TestJoinedEventsAreBounded: a crash that is too long goes on as a further
// event, and nothing of it is lost.
func TestJoinedEventsAreBounded(t *testing.T) {
	block := panicBlock + strings.Repeat("\nmain.f(0x1, 0x2, 0x3)\n\t/usr/src/main.go:12 +0x4b", 15000)
	got := of(Server, normalize(t, defaults(), slogLine+"\n"+block+"\n"+slogLine))
	if len(got) < 4 {
		t.Fatalf("%d events, want the crash in parts", len(got))
	}
	parts := got[1 : len(got)-1]
	for _, part := range parts {
		if len(part) > maxJoined {
			t.Errorf("an event of %d bytes, want at most %d", len(part), maxJoined)
		}
	}
	if strings.Join(parts, "\n") != block {
		t.Error("the parts together are not the crash")
	}
}

func TestOutputsAreJoinedApart(t *testing.T) {
	var events []kept
	n := NewNormalizer(defaults(), 0, input.Carry{}, keep(&events))
	at := input.Position(0)
	add := func(out input.Output, line string) {
		at += input.Position(len(line) + 1)
		n.Add(&input.Record{Text: []byte(line), Next: at, Output: out})
	}
	add(input.Stderr, "slot launch_slot_: params: ")
	add(input.Stdout, ginLine)
	add(input.Stderr, "\trepeat = 1")
	add(input.Stderr, "panic: x")
	add(input.Stdout, ginLine)
	add(input.Stdout, "plain")
	add(input.Stderr, "")
	add(input.Stderr, "goroutine 1 [running]:")
	n.Flush()
	want := []string{
		"slot launch_slot_: params: \n\trepeat = 1",
		ginLine,
		"panic: x\n\ngoroutine 1 [running]:",
		ginLine,
		"plain",
	}
	got := of(Server, events)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := of(Server, events); got[0] != want[len(want)-1] {
		t.Errorf("events do not come in the order of their first lines: %q", got)
	}
}

// TestHostsAreJoinedApart: an event comes from the host its first line names, and
// takes no line of another one.
func TestHostsAreJoinedApart(t *testing.T) {
	var got []string
	n := NewNormalizer(defaults(), 0, input.Carry{}, func(e *Event) {
		got = append(got, e.Host+" "+e.Sourcetype.String()+" "+strings.ReplaceAll(string(e.Body[:5]), "\n", "|"))
	})
	for i, r := range [][2]string{
		{"gpu1", "head:"}, {"gpu1", "  x"}, {"gpu2", "  of another"}, {"gpu2", ginLine}, {"", "plain"}, {"gpu1", "panic: x"},
		{"gpu2", ginLine}, {"gpu1", ""}, {"gpu1", "goroutine 1 [running]:"}, {"gpu2", "main.main()"},
	} {
		n.Add(&input.Record{Text: []byte(r[1]), Next: input.Position(i + 1), Host: r[0]})
	}
	n.Flush()
	slices.Sort(got)
	want := []string{
		" ollama:server plain", "gpu1 ollama:server head:", "gpu1 ollama:server panic",
		"gpu2 ollama:api {\"ori", "gpu2 ollama:api {\"ori", "gpu2 ollama:server   of ",
		"gpu2 ollama:server [GIN]", "gpu2 ollama:server [GIN]", "gpu2 ollama:server main.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestPromptAwaitsItsText: the line with a prompt's length is held for a short
// time, since the line with its text may follow, and is not lost meanwhile.
func TestPromptAwaitsItsText(t *testing.T) {
	var events []kept
	n := NewNormalizer(defaults(), 100, input.Carry{}, keep(&events))
	n.Add(&input.Record{Text: []byte(debugStamp + `msg="completion request" images=0 prompt=5 format=""`), Next: 110})
	n.Add(&input.Record{Text: []byte(ginLine), Next: 120})
	if at, _ := n.Resume(); at != 100 || n.Held() != lineHold || len(events) != 0 {
		t.Errorf("resumes at %d, held for %v, emitted %q", at, n.Held(), events)
	}
	n.FlushDue()
	if at, _ := n.Resume(); at != 120 || n.Held() != 0 || len(of(Prompts, events)) != 1 {
		t.Errorf("when it is due: resumes at %d, held for %v, emitted %q", at, n.Held(), events)
	}
}

// TestAccessLineInCrash: a crash that an access line of the same file stands in
// is not committed before it is whole, however long that takes.
func TestAccessLineInCrash(t *testing.T) {
	now := time.Unix(1798761600, 0)
	o := defaults()
	o.Skip, o.APIEvents = Access, false
	o.Now = func() time.Time { return now }
	var events []kept
	n := NewNormalizer(o, 100, input.Carry{Time: 1795288541541000000, Digits: 3}, keep(&events))
	add := func(line string, next input.Position) { n.Add(&input.Record{Text: []byte(line), Next: next}) }
	add("panic: x", 110)
	add("", 111)
	add("goroutine 1 [running]:", 120)
	add("main.x()", 130)
	add(ginLine, 140)
	if at, _ := n.Resume(); at != 100 || n.Held() != crashHold {
		t.Errorf("resumes at %d and is held for %v inside the crash, want 100 and %v", at, n.Held(), crashHold)
	}
	add("\t/x/main.go:10 +0x1", 150)
	add(ginLine, 160)
	now = now.Add(crashHold)
	add(ginLine, 170)
	want := "panic: x\n\ngoroutine 1 [running]:\nmain.x()\n\t/x/main.go:10 +0x1"
	if got := of(Server, events); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q, want %q", got, want)
	}
	if at, _ := n.Resume(); at != 160 {
		t.Errorf("resumes at %d behind the crash, want 160", at)
	}
}

// TestAnotherOutputDoesNotWaitForever: a line that waits for its continuation
// holds up only so many lines of another output.
func TestAnotherOutputDoesNotWaitForever(t *testing.T) {
	var events []kept
	n := NewNormalizer(defaults(), 0, input.Carry{}, keep(&events))
	n.Add(&input.Record{Text: []byte("waits"), Next: 1, Output: input.Stderr})
	for i := range 2 * maxQueue {
		n.Add(&input.Record{Text: []byte(ginLine), Next: input.Position(i + 2), Output: input.Stdout})
	}
	if len(of(Server, events)) < maxQueue || events[0].Body != "waits" {
		t.Errorf("only %d events after %d lines", len(events), 2*maxQueue)
	}
}

func TestHeldAndResume(t *testing.T) {
	now := time.Unix(1798761600, 0)
	o := defaults()
	o.Now = func() time.Time { return now }
	var events []kept
	n := NewNormalizer(o, 100, input.Carry{Time: 1795288541541000000, Digits: 3}, keep(&events))
	check := func(what string, hold time.Duration, at input.Position, emitted int) {
		t.Helper()
		if n.Held() != hold {
			t.Errorf("%s: held for %v, want %v", what, n.Held(), hold)
		}
		if p, _ := n.Resume(); p != at {
			t.Errorf("%s: resumes at %d, want %d", what, p, at)
		}
		if len(events) != emitted {
			t.Errorf("%s: %d events, want %d", what, len(events), emitted)
		}
	}
	add := func(line string, next input.Position) { n.Add(&input.Record{Text: []byte(line), Next: next}) }
	check("at first", 0, 100, 0)
	add("", 101)
	check("after a blank line", 0, 101, 0)
	add("a", 110)
	check("after a line", 100*time.Millisecond, 101, 0)
	add("\tb", 120)
	check("after its continuation", 100*time.Millisecond, 101, 0)
	add("c", 130)
	check("after another line", 100*time.Millisecond, 120, 1)
	n.Flush()
	check("after Flush", 0, 130, 2)
	add("panic: x", 140)
	add("", 141)
	check("after a panic", 2*time.Second, 130, 2)
	n.Flush()
	check("after the panic's time", 0, 141, 3)
	add("SIGABRT: abort", 150)
	add("gs 0x0", 160)
	check("after a crash's last line", 0, 160, 4)

	n.Add(&input.Record{Text: []byte("panic: y"), Next: 170, Output: input.Stderr})
	n.Add(&input.Record{Text: []byte(ginLine), Next: 180, Output: input.Stdout})
	check("after a panic on one output", 100*time.Millisecond, 160, 4)
	now = now.Add(3 * time.Second)
	n.Add(&input.Record{Text: []byte(ginLine), Next: 190, Output: input.Stdout})
	if got := of(Server, events); got[len(got)-1] != ginLine || got[len(got)-2] != "panic: y" {
		t.Errorf("a busy output keeps a crash from its end: %q", got)
	}
}

// TestFlushDue: the time of an ordinary line is over before that of a crash.
func TestFlushDue(t *testing.T) {
	var events []kept
	n := NewNormalizer(defaults(), 0, input.Carry{}, keep(&events))
	n.Add(&input.Record{Text: []byte("panic: x"), Next: 1, Output: input.Stderr})
	n.Add(&input.Record{Text: []byte("a"), Next: 2, Output: input.Stdout})
	n.FlushDue()
	if got := of(Server, events); !slices.Equal(got, []string{"a"}) || n.Held() != crashHold {
		t.Errorf("got %q, held for %v", got, n.Held())
	}
	n.Add(&input.Record{Text: []byte("goroutine 1 [running]:"), Next: 3, Output: input.Stderr})
	n.FlushDue()
	if got := of(Server, events); !slices.Equal(got, []string{"a", "panic: x\ngoroutine 1 [running]:"}) || n.Held() != 0 {
		t.Errorf("got %q, held for %v", got, n.Held())
	}
}

func TestFullStopsAddAll(t *testing.T) {
	rs := records([]byte(strings.Repeat(ginLine+"\n", 10)))
	events := 0
	n := NewNormalizer(defaults(), 0, input.Carry{}, func(*Event) { events++ })
	taken := n.AddAll(rs, func() bool { return events >= 6 })
	if taken != 4 || events != 6 {
		t.Errorf("took %d records for %d events, want 4 for 6", taken, events)
	}
	at, _ := n.Resume()
	if at != rs[2].Next {
		t.Errorf("resumes at %d, want %d", at, rs[2].Next)
	}
}

// TestTerminal: what a line that was written to a terminal says.
func TestTerminal(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"\x1b[32mgreen\x1b[0m", "green"},
		{"pulling manifest ⠋ \x1b[?25h\x1b[?25l\x1b[2K\x1b[1G\x1b[?2026h\x1b[A\x1b[1Gpulling manifest ⠙ \x1b[K\x1b[?2026l", "pulling manifest ⠋ pulling manifest ⠙ "},
		{"pulling 3a43f93b78ec...  12%\rpulling 3a43f93b78ec...  13%\x1b[K", "pulling 3a43f93b78ec...  13%"},
		{"\x1b]0;title\aa\x1b]8;;http://x\x1b\\b", "ab"},
		{"\x1b]0;without an end", "0;without an end"},
		{"\x1b(Ba\x1b=b\x1b7c\x1bPq\x1b\\d", "abcd"},
		{"a\x1b", "a"},
		{"a\x1b[12", "a12"},
		{"a\u009b2Kb", "ab"},
		{"a\x1b[31", "a31"},
		{"\x1b[?25l" + ginLine, ginLine},
		{"\x1b[2K\x1b[1G" + slogLine, slogLine},
		{"an answer\r" + ginLine, "an answer\r" + ginLine},
		{slogLine + "\r" + slogLine + " and more", slogLine + "\r" + slogLine + " and more"},
	} {
		if got := of(Server, normalize(t, defaults(), test.line)); len(got) != 1 || got[0] != test.want {
			t.Errorf("%q becomes %q, want %q", test.line, got, test.want)
		}
	}
	if got := of(API, normalize(t, defaults(), "\x1b[?25l"+ginLine)); len(got) != 1 {
		t.Errorf("the access line behind an escape sequence is not recognized: %q", got)
	}
}
