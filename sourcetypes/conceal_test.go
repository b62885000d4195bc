package sourcetypes

import (
	"path/filepath"
	"strings"
	"testing"
)

// textPlaces are the lines in which the text of a prompt or of an answer, here
// MARKER, stands in a log of any version and at any level.
var textPlaces = []string{
	// llama-server and llama.cpp before it, without a stamp
	`srv    operator(): got exception: {"error":{"code":500,"message":"Failed to parse input at pos 12: MARKER","type":"server_error"}}`,
	`srv    operator(): got exception: {"error":{"code":500,"message":"MARKER","type":"server_error"}}`,
	`slot   operator(): id  0 | task 3 | got exception: MARKER`,
	`srv    operator(): got another exception: MARKER | while handling exception: MARKER`,
	`common_chat_peg_parse: unparsed peg-native output: MARKER`,
	"common_chat_peg_parse: unparsed peg-native output: x\nMARKER\nprint_info: MARKER\n\n  MARKER",
	"common_chat_peg_parse: full peg-native output triggering error:\n=== BEGIN ===\nMARKER\n=== END ===",
	"Parsing PEG input with format peg-native: MARKER",
	"Parsing input with format Content-only: MARKER",
	"Parsed message: {\"role\":\"assistant\",\"content\":\"MARKER\"}",
	"srv  params_from_: Grammar (user): MARKER",
	"srv  params_from_: JSON schema: MARKER",
	"srv  x: Prompt: MARKER",
	"srv  x: prompt = MARKER",
	"srv  x: converted request: MARKER",
	`srv  log_server_r: request:  {"prompt":"MARKER"}`,
	`srv  log_server_r: response: MARKER`,
	`srv  x: http: streamed chunk: data: {"choices":[{"delta":{"content":"MARKER"}}]}`,
	`slot update_slots: id  0 | task 0 | prompt token   0:   123 'MARKER'`,
	`slot process_toke: id 0 | task 1 | n_gen = 3, n_remaining = 5, next token:  123 'MARKER'`,
	`slot process_toke: id 0 | task 1 | stopped by word 'MARKER', n_gen = 3`,
	`slot update_slots: id  0 | task 0 | cache token   3:   17 ' MARKER'`,
	`[1704891429] sampled token: 29896: 'MARKER'`,
	`[1704891430] sampled token:   310: ' MARKER'`,
	`sampled token: 1: 'MARKER'`,
	"[1704891429] input: [ 'MARKER':1, ' x':2 ]",
	"MARKER",
	"MARKER: MARKER",
	"  MARKER",
	"print(MARKER)",
	`main(MARKER)`,
	`"MARKER"`,
	`{MARKER}`,
	`{"MARKER`,
	`[MARKER]`,
	"- MARKER",
	"# MARKER",
	`{"function":"f","level":"VERBOSE","line":1,"msg":"next token","token_text":"MARKER","timestamp":1710561010}`,
	`{"function":"f","level":"ERR","msg":"MARKER","timestamp":1710561010,"anything":"MARKER","list":["MARKER",{"a":"MARKER"}]}`,
	`VERB [f] next token | token_text="MARKER" novel="MARKER" tid="1" timestamp=1727366911`,
	`VERB [f] MARKER | tid="1" timestamp=1727366911`,
	"terminate called after throwing an instance of 'std::runtime_error'\n  what():  Unexpected empty grammar stack after accepting piece: MARKER",
	"panic: MARKER\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:1 +0x1",
	"terminate called after throwing an instance of 'std::runtime_error'\n  what():  Expected value at row 1:\n  MARKER\n\n{{ MARKER }}\n\t^ MARKER",
	// slog
	infoStamp + `msg="a new one" path="say MARKER" file="MARKER it is" url="[ask MARKER now]" env="the MARKER"`,
	debugStamp + `msg="hit stop token" pending="[MARKER]" stop=MARKER`,
	infoStamp + `msg="harmony parser: missing role in header" header="MARKER"`,
	infoStamp + `msg="harmony parser: no reverse mapping found for function name" harmonyFunctionName=MARKER`,
	infoStamp + `msg="glimmer parser recovered stray message boundary token in ATEM invoke name" name="MARKER"`,
	infoStamp + `msg="new parser warns" name=MARKER token="MARKER"`,
	infoStamp + `msg="qwen3 tool call parsing failed" error="failed to parse function call \"MARKER\": bad"`,
	infoStamp + `msg="tool call parsing failed" error="invalid JSON: MARKER"`,
	infoStamp + `msg="gemma4 tool call parsing failed" error="invalid character 'x'" content="MARKER"`,
	infoStamp + `msg="cohere action parsing failed" action="{\"a\":\"MARKER\"}"`,
	infoStamp + `msg="failed to parse tool call arguments" error=MARKER arguments="MARKER"`,
	infoStamp + `msg="mlx response parse error" line="MARKER"`,
	infoStamp + `msg="llama-server completion error" error="Failed to parse input at pos 3: MARKER"`,
	infoStamp + `msg="anthropic middleware: web_search request failed" query="MARKER"`,
	infoStamp + `msg=mlx-runner msg="MARKER"`,
	infoStamp + `msg=mlx-runner msg="time=2026-04-10T13:31:53.939+05:30 level=INFO msg=x prompt=\"MARKER\""`,
	debugStamp + `msg="chat request" images=0 prompt="MARKER"`,
	traceStamp + `msg="completion request" prompt=MARKER`,
	traceStamp + `msg=decoded string=MARKER from="[1 2]"`,
	traceStamp + `msg=MARKER`,
	debugStamp + `msg="something: MARKER"`,
	debugStamp + `msg="x" novel=MARKER other="MARKER"`,
	debugStamp + `msg="completion request" images=0 prompt=5 format="{\"title\":\"MARKER\"}"`,
	debugStamp + `msg=x MARKER`,
	debugStamp + `MARKER`,
	debugStamp + `msg=x error="MARKER` + "\nMARKER\n MARKER",
	// requests
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/api/generate?prompt=MARKER&model=x"`,
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/api/chat?a=1&novel=MARKER"`,
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/api/generate?MARKER"`,
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/x?prompt="MARKER"`,
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/x?a="&text=MARKER`,
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/api/tags?a=1;prompt=MARKER"`,
	`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/x?pro%6dpt=MARKER&messages[0][content]=MARKER"`,
	infoStamp + `msg="something failed" uri="/api/generate?prompt=MARKER"`,
	infoStamp + `msg="proxying request" path=/v1/chat?q=MARKER`,
	// in envelopes that nobody took off
	`{"log":"` + strings.ReplaceAll(
		debugStamp+`msg=x prompt="MARKER"`,
		`"`,
		`\"`,
	) + `\n","stream":"stderr"}`,
	`{"MESSAGE":"srv  x: request: MARKER","_PID":"1"}`,
	`{"version":"1.1","short_message":"MARKER","level":6}`,
	`{"log":"[GIN] 2026/11/21 - 19:12:19 | 404 | 5.819µs | ::1 | GET      \"/api/generate?prompt=MARKER\"","x":1}`,
	`<14>1 2026-11-21T19:12:19Z h ollama 1 - [a b="MARKER"] MARKER`,
	`ollama.1.abc@node    | next token: 5 'MARKER'`,
	"load: x\n  MARKER",
	"SIGSEGV: x\nsecret.MARKER",
	infoStamp + `msg="http " status=400 method=GET path=/api/generate remote=127.0.0.1:5 query="prompt=MARKER"`,
}

// prefixes are what others put before a line, known to the input or not.
var prefixes = []string{
	"",
	"ollama-1  | ",
	"Apr 13 08:00:00 host1 ollama[1]: ",
	"<30>1 2026-11-21T19:12:19Z host ollama 12 - - ",
	"2026-11-21T19:12:19.5Z stderr F ",
	"[pod/ollama-0/ollama] ",
	"weird> ",
	"2026/11/21 19:12:19 ",
	"....",
	"11-21 19:12 I ",
}

// TestMarkedPrompts: with PROMPTS=off no text that a person or a model said leaves, in
// whatever line, behind whatever prefix, and however it is made.
func TestMarkedPrompts(t *testing.T) {
	o := defaults()
	o.Prompts, o.Redact = Off, Redact{}
	for _, text := range []string{"zqMARKERqz", "zqMARKERqz meet me at noon", "the zqMARKERqz: is error=x", "a, zqMARKERqz; b", "zqMARKERqz = 5"} {
		for _, place := range textPlaces {
			for _, prefix := range prefixes {
				if strings.Contains(place, "?") && strings.Contains(text, " ") {
					continue // a query has no spaces
				}
				log := prefix + strings.ReplaceAll(place, "MARKER", text)
				for _, e := range normalize(t, o, log) {
					if strings.Contains(e.Body, "zqMARKERqz") {
						t.Errorf("%s\nbecomes %s", log, e.Body)
					}
				}
			}
		}
	}
}

// TestMarkedCases: the same for logs as people have them.
func TestMarkedCases(t *testing.T) {
	o := defaults()
	o.Prompts = Off
	for name, text := range map[string]string{
		"security/prompts-off.log": "MARKER", "logs/14-prefixed-runner-text-prompts-off.log": "secret", "logs/58-sampled-token.log": "secret",
	} {
		for _, e := range normalize(t, o, readFile(t, filepath.Join(casesDir, name))) {
			if strings.Contains(e.Body, text) {
				t.Errorf("%s: %s", name, e.Body)
			}
		}
	}
}

// TestPromptsOffKeepsErrors: what an error says of a network, of a file or of a device stays.
func TestPromptsOffKeepsErrors(t *testing.T) {
	o := defaults()
	o.Prompts, o.Redact = Off, Redact{}
	for _, line := range []string{
		infoStamp + `msg="request failed: Get \"https://registry.ollama.ai/v2/library/x/manifests/latest\": dial tcp: lookup registry.ollama.ai on [fe80::1%eth0]:53: no such host"`,
		infoStamp + `msg="error loading llama server" error="llama runner process has terminated: exit status 2"`,
		infoStamp + `msg="cloud proxy response copy failed" path=/api/chat status=200 error="stream error: stream ID 7; INTERNAL_ERROR; received from peer"`,
		infoStamp + `msg="pulling a model from there failed" error="Post \"https://ollama.com/api/me?ts=1712324131\": read tcp 192.0.2.1:5->192.0.2.2:443: read: connection reset by peer"`,
		infoStamp + `msg=mlx-runner msg="error: dial tcp 192.0.2.1:443: connect: connection refused"`,
		"CUDA error: an illegal memory access was encountered\n  current device: 0, in function ggml_backend_cuda_synchronize at /x/ggml-cuda.cu:2345\n  cudaStreamSynchronize(cuda_ctx->stream())\n/x/ggml-cuda.cu:88: CUDA error",
		"panic: runtime error: index out of range [3] with length 3\n\ngoroutine 1 [running]:\nmain.(*x).y(0x1, {0x2, 0x3})\n\t/x/main.go:1 +0x1\ncreated by main.main.func1 in goroutine 1\n\t/x/main.go:2 +0x2",
		`slot update_slots: id  0 | task 0 | new prompt, n_ctx_slot = 4096, n_keep = 4, task.n_tokens = 12`,
		`prompt eval time =      12.34 ms /    12 tokens (    1.03 ms per token,   972.45 tokens per second)`,
		`srv  update_slots: all slots are idle`,
		`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/x.php?cmd=cat%20/etc/passwd"`,
		`[GIN] 2026/11/21 - 19:12:19 | 200 |       5.819µs |       127.0.0.1 | GET      "/api/tags?x=1"`,
	} {
		if got := of(Server, normalize(t, o, line)); len(got) != 1 || got[0] != line {
			t.Errorf("%s\nbecomes %q", line, got)
		}
	}
}
