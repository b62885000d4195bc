package sourcetypes

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

const (
	debugStamp = `time=2025-05-21T10:00:00.000Z level=DEBUG source=routes.go:297 `
	traceStamp = `time=2025-05-21T10:00:00.000Z level=TRACE source=routes.go:297 `
	infoStamp  = `time=2025-05-21T10:00:00.000Z level=INFO source=routes.go:297 `
)

// TestPrompts: logs of all versions, and the ollama:prompts events in them.
func TestPrompts(t *testing.T) {
	length := debugStamp + `msg="completion request" images=0 prompt=5 format=""`
	text := traceStamp + `msg="completion request" prompt=crash`
	const lengthEvent = `{"origin":"debug_log","prompt_length":5,"images":0,"format":""}`
	const textEvent = `{"origin":"trace_log","prompt_length":5,"prompt":"crash"}`
	start := func(level string) string {
		return infoStamp + `msg="server config" env="map[OLLAMA_DEBUG:` + level + ` OLLAMA_HOST:x]"`
	}
	for _, test := range []struct {
		name string
		log  []string
		want []string
	}{
		{"0.1.23", []string{debugStamp + `msg="generate handler" prompt="why \"me\"?\n"`}, []string{`{"origin":"debug_log","prompt_length":10,"prompt":"why \"me\"?\n"}`}},
		{"0.1.23, template and system", []string{debugStamp + `msg="generate handler" template="{{ .Prompt }}"`, debugStamp + `msg="generate handler" system="be brief"`}, nil},
		{"0.1.29", []string{debugStamp + `msg="chat handler" prompt=hi images=2`}, []string{`{"origin":"debug_log","prompt_length":2,"images":2,"prompt":"hi"}`}},
		{"0.6.5", []string{debugStamp + `msg="generate request" images=0 prompt="a = b"`}, []string{`{"origin":"debug_log","prompt_length":5,"images":0,"prompt":"a = b"}`}},
		{"0.6.5, a number", []string{debugStamp + `msg="chat request" images=0 prompt=13`}, []string{`{"origin":"debug_log","prompt_length":2,"images":0,"prompt":"13"}`}},
		{"0.6.5, empty", []string{debugStamp + `msg="chat request" images=0 prompt=""`}, []string{`{"origin":"debug_log","prompt_length":0,"images":0,"prompt":""}`}},
		{"0.6.5, embedding", []string{debugStamp + `msg="embedding request" content="embed me"`}, []string{`{"origin":"debug_log","prompt_length":8,"prompt":"embed me"}`}},
		{"0.7.0 at DEBUG", []string{length}, []string{lengthEvent}},
		{"0.7.0 at TRACE", []string{traceStamp + `msg="processing incoming request" model=x`, length, text}, []string{textEvent}},
		{"0.7.0 at TRACE, nothing shown before", []string{length, text, length, text}, []string{textEvent, textEvent}},
		{"0.7.0 at TRACE, an access line between", []string{length, ginLine, text}, []string{textEvent}},
		{"0.7.0 at TRACE, another line between", []string{length, debugStamp + `msg=x`, "words", traceStamp + `msg=x`, "words", text}, []string{textEvent}},
		{"0.7.0 at TRACE, two at once", []string{length, length, ginLine, text, text}, []string{textEvent, textEvent}},
		{"0.7.0 at DEBUG, many lines", append([]string{length}, slices.Repeat([]string{slogLine}, maxAwaits+1)...), []string{lengthEvent}},
		{"0.7.0 at TRACE, much later", append(append([]string{length}, slices.Repeat([]string{slogLine}, maxAwaits)...), text), []string{lengthEvent, textEvent}},
		{"0.7.0 at TRACE, says the start", []string{start("DEBUG-4"), length, slogLine, text}, []string{textEvent}},
		{"0.7.0 at DEBUG after a start at TRACE", []string{start("DEBUG-4"), text, start("DEBUG"), length}, []string{textEvent, lengthEvent}},
		{"TRACE of before the start", []string{text, start("INFO"), length}, []string{textEvent, lengthEvent}},
		{"0.13 at TRACE, embedding", []string{traceStamp + `msg="embedding request" input="embed me"`}, []string{`{"origin":"trace_log","prompt_length":8,"prompt":"embed me"}`}},
		{"a format", []string{debugStamp + `msg="completion request" images=1 prompt=9 format="\"json\""`}, []string{`{"origin":"debug_log","prompt_length":9,"images":1,"format":"\"json\""}`}},
		{"0.30", []string{debugStamp + `msg="llama-server completion request" media=0 prompt_len=34`}, []string{`{"origin":"debug_log","prompt_length":34}`}},
		{"0.30, chat", []string{debugStamp + `msg="llama-server chat request" messages=1 tools=0`}, []string{`{"origin":"debug_log"}`}},
		{"counts", []string{debugStamp + `msg="loading cache slot" id=0 cache=0 prompt=13 used=0 remaining=13`, infoStamp + `msg="truncating input prompt" limit=256 prompt=21007 keep=5 new=256`,
			debugStamp + `msg="context limit hit - shifting" id=0 limit=256 input=256 keep=5 discard=125`}, nil},
		{"secrets", []string{debugStamp + `msg="chat request" images=0 prompt="I am a@b.com, token=abcdefgh1"`}, []string{`{"origin":"debug_log","prompt_length":29,"images":0,"prompt":"I am [REDACTED:email], token=[REDACTED:token]"}`}},
		{"cut short", []string{debugStamp + `msg="chat request" images=0 prompt="long lo`}, []string{`{"origin":"debug_log","images":0,"prompt":"long lo"}`}},
		{"cut by the input", []string{debugStamp + `msg="chat request" images=0 prompt="long lo [ollama-hec: line cut, 1034 bytes dropped]`}, []string{`{"origin":"debug_log","images":0,"prompt":"long lo"}`}},
		{"cut by the input, one word", []string{debugStamp + `msg="chat request" images=0 prompt=lo [ollama-hec: line cut, 1034 bytes dropped]`}, []string{`{"origin":"debug_log","images":0,"prompt":"lo"}`}},
		{"request log", []string{infoStamp + `msg="logged to /tmp/ollama-request-logs-7/20261121T191408.150778758Z-000001_api_generate_body.json, replay using curl with ` + "`sh /tmp/x_request.sh`" + `"`}, []string{`{"origin":"request_log","endpoint":"/api/generate"}`}},
		{"no request log", []string{infoStamp + `msg="logged to /etc/shadow, replay using curl with x"`, infoStamp + `msg="logged to /tmp/ollama-request-logs-7/../../x_body.json, replay using curl with x"`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := of(Prompts, normalize(t, defaults(), strings.Join(test.log, "\n")))
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
			for _, event := range got {
				if !json.Valid([]byte(event)) {
					t.Errorf("not JSON: %s", event)
				}
			}
		})
	}
}

func TestRequestBodies(t *testing.T) {
	line := infoStamp + `msg="logged to /tmp/ollama-request-logs-7/20261121T191408.150778758Z-000001_%_body.json, replay using curl with x"`
	for _, test := range []struct{ route, body, want string }{
		{"api_generate", `{"model":"m","prompt":"hi a@b.com","images":["x"],"format":"json"}`, `{"origin":"request_log","prompt_length":10,"images":1,"format":"json","model":"m","endpoint":"/api/generate","prompt":"hi [REDACTED:email]"}`},
		{"api_chat", `{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"u","images":["a","b"]}]}`, `{"origin":"request_log","prompt_length":3,"images":2,"model":"m","endpoint":"/api/chat","prompt":"s\nu"}`},
		{"v1_messages", `{"model":"m","system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[{"type":"text","text":"u"}]}]}`, `{"origin":"request_log","prompt_length":3,"model":"m","endpoint":"/v1/messages","prompt":"s\nu"}`},
		{"v1_responses", `{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"u"}]}]}`, `{"origin":"request_log","prompt_length":1,"model":"m","endpoint":"/v1/responses","prompt":"u"}`},
		{"v1_completions", `{"model":"m","prompt":["a","b"]}`, `{"origin":"request_log","prompt_length":3,"model":"m","endpoint":"/v1/completions","prompt":"a\nb"}`},
		{"api_generate", `not JSON`, `{"origin":"request_log","endpoint":"/api/generate"}`},
		{"api_generate", ``, `{"origin":"request_log","endpoint":"/api/generate"}`},
		{"api_new", `{}`, `{"origin":"request_log"}`},
	} {
		o := defaults()
		o.ReadBody = func(path string) ([]byte, error) {
			if want := "/tmp/ollama-request-logs-7/20261121T191408.150778758Z-000001_" + test.route + "_body.json"; path != want {
				t.Errorf("reads %s, want %s", path, want)
			}
			if test.body == "" {
				return nil, errors.New("gone")
			}
			return []byte(test.body), nil
		}
		got := of(Prompts, normalize(t, o, strings.Replace(line, "%", test.route, 1)))
		if len(got) != 1 || got[0] != test.want {
			t.Errorf("body %s: got\n%q\nwant\n%s", test.body, got, test.want)
		}
	}
}

// TestOneEventPerPrompt: where the request's body is read, the line with the
// length of the same prompt says nothing new.
func TestOneEventPerPrompt(t *testing.T) {
	line := infoStamp + `msg="logged to /tmp/ollama-request-logs-7/20261121T191408.150778758Z-000001_api_generate_body.json, replay using curl with x"`
	length := debugStamp + `msg="llama-server completion request" media=0 prompt_len=34`
	body := `{"model":"m","prompt":"hi"}`
	o := defaults()
	o.ReadBody = func(string) ([]byte, error) { return []byte(body), nil }
	whole := `{"origin":"request_log","prompt_length":2,"model":"m","endpoint":"/api/generate","prompt":"hi"}`
	if got := of(Prompts, normalize(t, o, line+"\n"+length)); !slices.Equal(got, []string{whole}) {
		t.Errorf("with the body: got %q", got)
	}
	restart := infoStamp + `msg="server config" env="map[OLLAMA_DEBUG:DEBUG]"`
	lengthEvent := `{"origin":"debug_log","prompt_length":34}`
	if got := of(
		Prompts,
		normalize(t, o, strings.Join([]string{line, restart, length}, "\n")),
	); !slices.Equal(
		got,
		[]string{whole, lengthEvent},
	) {
		t.Errorf("after a restart without bodies: got %q", got)
	}
	body = "{"
	if got := of(
		Prompts,
		normalize(t, o, line+"\n"+length),
	); !slices.Equal(
		got,
		[]string{`{"origin":"request_log","endpoint":"/api/generate"}`, lengthEvent},
	) {
		t.Errorf("without the body: got %q", got)
	}
}
