package sourcetypes

import (
	"encoding/json"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// textLines are lines with the text of a prompt or of an answer, which always
// says SECRET, and what stays of each with PROMPTS=off.
var textLines = []struct{ line, off string }{
	{
		debugStamp + `msg="generate handler" prompt="SECRET x"`,
		debugStamp + `msg="generate handler" prompt="[REDACTED:prompt]"`,
	},
	{debugStamp + `msg="generate handler" system=SECRET`, debugStamp + `msg="generate handler" system=[REDACTED:prompt]`},
	{
		debugStamp + `msg="generate handler" template="SECRET"`,
		debugStamp + `msg="generate handler" template="[REDACTED:prompt]"`,
	},
	{
		debugStamp + `msg="chat request" images=0 prompt="a \"SECRET\"\nb"`,
		debugStamp + `msg="chat request" images=0 prompt="[REDACTED:prompt]"`,
	},
	{
		debugStamp + `msg="chat request" images=0 prompt="cut SECRET`,
		debugStamp + `msg="chat request" images=0 prompt="[REDACTED:prompt]`,
	},
	{
		debugStamp + `msg="chat request" images=0 prompt="cut SECRET [ollama-hec: line cut, 5 bytes dropped]`,
		debugStamp + `msg="chat request" images=0 prompt="[REDACTED:prompt] [ollama-hec: line cut, 5 bytes dropped]`,
	},
	{
		debugStamp + `msg="embedding request" content="SECRET x"`,
		debugStamp + `msg="embedding request" content="[REDACTED:prompt]"`,
	},
	{
		traceStamp + `msg="completion request" prompt=SECRET`,
		traceStamp + `msg="completion request" prompt=[REDACTED:prompt]`,
	},
	{traceStamp + `msg="embedding request" input=SECRET`, traceStamp + `msg="embedding request" input=[REDACTED:prompt]`},
	{
		traceStamp + `msg="builtin parser output" parser=qwen content=SECRET thinking="SECRET 2" toolCalls=[{SECRET}]`,
		traceStamp + `msg="builtin parser output" parser=[REDACTED:prompt] content=[REDACTED:prompt] thinking="[REDACTED:prompt]" toolCalls=[REDACTED:prompt]`,
	},
	{
		traceStamp + `msg=encoded string="SECRET x" ids="[1 2]"`,
		traceStamp + `msg=encoded string="[REDACTED:prompt]" ids="[REDACTED:prompt]"`,
	},
	{
		traceStamp + `msg="something new" model=m novel=SECRET size="1 KiB"`,
		traceStamp + `msg="[REDACTED:prompt]" model=m novel=[REDACTED:prompt] size="1 KiB"`,
	},
	{
		traceStamp + `msg="something new" model=m !BADKEY=SECRET`,
		traceStamp + `msg="[REDACTED:prompt]" model=m !BADKEY=[REDACTED:prompt]`,
	},
	{
		traceStamp + `msg="something new" model=m and SECRET words`,
		traceStamp + `msg="[REDACTED:prompt]" model=m [REDACTED:prompt]`,
	},
	{
		debugStamp + `msg="anthropic: converting request" req="{SECRET}"`,
		debugStamp + `msg="anthropic: converting request" req="[REDACTED:prompt]"`,
	},
	{
		debugStamp + `msg="converted response" resp="SECRET" other=SECRET`,
		debugStamp + `msg="converted response" resp="[REDACTED:prompt]" other=[REDACTED:prompt]`,
	},
	{
		debugStamp + `msg="qwen3 events parsed" events="[SECRET]" buffer=SECRET acc=SECRET`,
		debugStamp + `msg="qwen3 events parsed" events="[REDACTED:prompt]" buffer=[REDACTED:prompt] acc=[REDACTED:prompt]`,
	},
	{
		debugStamp + `msg="harmony event content" content=SECRET state=1`,
		debugStamp + `msg="harmony event content" content=[REDACTED:prompt] state=1`,
	},
	{
		infoStamp + `msg="web_search error" query="SECRET q" error=x`,
		infoStamp + `msg="web_search error" query="[REDACTED:prompt]" error=[REDACTED:prompt]`,
	},
	{
		`{"cached":"SECRET","function":"f","level":"VERBOSE","line":1,"msg":"prompt ingested","n":2,"to_eval":"SEC\"RET","timestamp":1710561010}`,
		`{"cached":"[REDACTED:prompt]","function":"f","level":"VERBOSE","line":1,"msg":"prompt ingested","n":2,"to_eval":"[REDACTED:prompt]","timestamp":1710561010}`,
	},
	{
		`{"timestamp":1701615522,"level":"VERBOSE","function":"log_server_request","request":"{\"prompt\":\"SECRET\"}","response":"SECRET"}`,
		`{"timestamp":1701615522,"level":"VERBOSE","function":"log_server_request","request":"[REDACTED:prompt]","response":"[REDACTED:prompt]"}`,
	},
	{
		`VERB [update_slots] prompt ingested | cached="SECRET" id_slot=0 to_eval="a \"SECRET\"" tid="1" timestamp=1727366911`,
		`VERB [update_slots] prompt ingested | cached="[REDACTED:prompt]" id_slot=0 to_eval="[REDACTED:prompt]" tid="1" timestamp=1727366911`,
	},
	{`srv  log_server_r: request:  {"prompt":"SECRET"}`, `srv  log_server_r: request:  {"prompt":"[REDACTED:prompt]"}`},

	// Other names, in groups, in quotes.
	{
		debugStamp + `msg=x req.prompt="SECRET x" req.Messages="SECRET5" req.images=2`,
		debugStamp + `msg=x req.prompt="[REDACTED:prompt]" req.Messages="[REDACTED:prompt]" req.images=2`,
	},
	{
		infoStamp + `msg=x "the prompt"="SECRET6" "the prompts"=6 a.b.Prompt=SECRET`,
		infoStamp + `msg=x "the prompt"="[REDACTED:prompt]" "the prompts"=6 a.b.Prompt=[REDACTED:prompt]`,
	},
	{
		infoStamp + `msg=x user_prompt="SECRET 7" userPrompt=SECRET prompt_len=7 n_prompt=7`,
		infoStamp + `msg=x user_prompt="[REDACTED:prompt]" userPrompt=[REDACTED:prompt] prompt_len=7 n_prompt=7`,
	},
	{debugStamp + `msg=x prompt=4SECRET input=12.5ms`, debugStamp + `msg=x prompt=[REDACTED:prompt] input=12.5ms`},
	{
		infoStamp + `msg="bad body {\"model\":\"m\",\"prompt\":\"a \\\"SECRET\",\"n\":1}" n=1`,
		infoStamp + `msg="[REDACTED:prompt]" n=1`,
	},
	{
		infoStamp + `msg="bad body {\"messages\":[{\"content\":\"SECRET\"}]}" n=1`,
		infoStamp + `msg="[REDACTED:prompt]" n=1`,
	},
	{traceStamp + `msg="SECRET text" size=1`, traceStamp + `msg="[REDACTED:prompt]" size=1`},
	{traceStamp + `msg=SECRET`, traceStamp + `msg=[REDACTED:prompt]`},

	// slog's part of a line begins elsewhere.
	{
		`Nov 21 19:12:00 host ollama[12]: ` + debugStamp + `msg="chat request" prompt="SECRET b"`,
		`[REDACTED:prompt]: ` + debugStamp + `msg="chat request" prompt="[REDACTED:prompt]"`,
	},
	{
		`ollama  | ` + traceStamp + `msg=encoded string="SECRET b" other=SECRET`,
		`ollama  | ` + traceStamp + `msg=encoded string="[REDACTED:prompt]" other=[REDACTED:prompt]`,
	},
	{`ollama  | ` + traceStamp + `msg="SECRET b"`, `ollama  | ` + traceStamp + `msg="[REDACTED:prompt]"`},
	{
		`2026-11-21T19:15:41.541Z ` + debugStamp + `msg="chat request" prompt=SECRET`,
		`2026-11-21T19:15:41.541Z ` + debugStamp + `msg="chat request" prompt=[REDACTED:prompt]`,
	},
	{
		`2026/11/21 19:15:41 ` + debugStamp + `msg="chat request" prompt=SECRET`,
		`2026/11/21 19:15:41 ` + debugStamp + `msg="chat request" prompt=[REDACTED:prompt]`,
	},
	{
		` ` + debugStamp + `msg="chat request" prompt="SECRET b"`,
		` ` + debugStamp + `msg="chat request" prompt="[REDACTED:prompt]"`,
	},
	{
		infoStamp + "msg=x\n " + traceStamp + `msg="SECRET b"`,
		infoStamp + "msg=x\n " + traceStamp + `msg="[REDACTED:prompt]"`,
	},
	{
		`level=DEBUG msg="chat request" images=1 prompt="SECRET"`,
		`level=DEBUG msg="chat request" images=1 prompt="[REDACTED:prompt]"`,
	},

	// JSON of any kind.
	{
		`{"function":"update_slots","level":"VERBOSE","line":1,"msg":"prompt ingested","n":2,"to_eval":"SECRET there","x":1}`,
		`{"function":"update_slots","level":"VERBOSE","line":1,"msg":"prompt ingested","n":2,"to_eval":"[REDACTED:prompt]","x":1}`,
	},
	{
		`{"time":"2026-11-21T19:15:41Z","level":"DEBUG","msg":"chat request","prompt":"SECRET"}`,
		`{"time":"2026-11-21T19:15:41Z","level":"DEBUG","msg":"chat request","prompt":"[REDACTED:prompt]"}`,
	},
	{
		`{"message":"chat request", "req": {"user_prompt" : "SECRET", "messages" : [{"content":"]SECRET"}], "n":1}}`,
		`{"message":"chat request", "req": {"user_prompt" : "[REDACTED:prompt]", "messages" : [{"content":"[REDACTED:prompt]"}], "n":1}}`,
	},
	{
		`x prompt='SECRET and SECRET' n=1 prompt=a SECRET`,
		`[REDACTED:prompt] prompt=[REDACTED:prompt] n=1 prompt=[REDACTED:prompt]`,
	},
	{debugStamp + `msg="system prompt: SECRET" n=1`, debugStamp + `msg="system prompt: [REDACTED:prompt]" n=1`},
	{
		`ollama  | ` + traceStamp + `msg=SECRET]prompt: a=SECRET`,
		`ollama  | ` + traceStamp + `msg=[REDACTED:prompt] a=[REDACTED:prompt]`,
	},
	{
		`ollama  | ` + traceStamp + `msg="SECRET prompt: SECRET" a=SECRET`,
		`ollama  | ` + traceStamp + `msg="[REDACTED:prompt]: [REDACTED:prompt]" a=[REDACTED:prompt]`,
	},
	{
		`2023/10/06 13:38:58 llama.go:572: prompt: SECRET level=5 SECRET`,
		`2023/10/06 13:38:58 llama.go:572: prompt: [REDACTED:prompt] level=5 [REDACTED:prompt]`,
	},
	{`x {a} ` + debugStamp + `msg=x prompt=SECRET`, `[REDACTED:prompt] ` + debugStamp + `msg=x prompt=[REDACTED:prompt]`},
	{`x {"a":1} prompt=SECRET`, `[REDACTED:prompt] {"a":1} prompt=[REDACTED:prompt]`},
	{traceStamp + `msg=encoded level=INFO other=SECRET`, traceStamp + `msg=encoded level=INFO other=[REDACTED:prompt]`},
	{`{"prompt" : "SECRET"}`, `{"prompt" : "[REDACTED:prompt]"}`},
	{infoStamp + `msg="{\"b\":\"{\\\"prompt\\\":\\\"SECRET\\\"}\"}"`, infoStamp + `msg="[REDACTED:prompt]"`},
	{
		`x {"message":"chat request","a":{"content":"SECRET"},"n":1} y`,
		`[REDACTED:prompt] {"message":"chat request","a":{"content":"[REDACTED:prompt]"},"n":1} [REDACTED:prompt]`,
	},
	{
		`...{"function":"f","timestamp":1710561010,"prompt":"SECRET"}`,
		`...{"function":"f","timestamp":1710561010,"prompt":"[REDACTED:prompt]"}`,
	},

	// Without a form.
	{
		`2023/10/06 13:38:58 llama.go:572: prompt: SECRET and more`,
		`2023/10/06 13:38:58 llama.go:572: prompt: [REDACTED:prompt]`,
	},
	{
		"2023/10/06 13:38:58 llama.go:572: system prompt: SECRET\n  SECRET more",
		"2023/10/06 13:38:58 llama.go:572: system prompt: [REDACTED:prompt]\n  [REDACTED:prompt]",
	},
	{`loading prompt: SECRET and more`, `loading prompt: [REDACTED:prompt]`},
	{
		debugStamp + "msg=\"chat request\" prompt=\"a SECRET\n  SECRET b\n\tSECRET\" images=0",
		debugStamp + "msg=\"chat request\" prompt=\"[REDACTED:prompt]\" images=0",
	},
}

func TestPromptsOff(t *testing.T) {
	o := defaults()
	o.Prompts, o.APIEvents = Off, false
	for _, test := range textLines {
		for _, e := range normalize(t, o, test.line) {
			if e.Sourcetype == Prompts {
				t.Errorf("%s: a prompt is shipped: %s", test.line, e.Body)
			} else if e.Body != test.off {
				t.Errorf("%s\nbecomes %s\nwant    %s", test.line, e.Body, test.off)
			}
		}
	}
	for _, line := range []string{
		debugStamp + `msg="completion request" images=0 prompt=5 format=""`,
		debugStamp + `msg="loading cache slot" id=0 cache=0 prompt=13 used=0 remaining=13`,
		debugStamp + `msg="key with type not found" key=tokenizer.chat_template default=""`,
		infoStamp + `msg=load request="{Operation:commit LoraPath:[]}"`,
		infoStamp + `msg="loaded runners" count=1`,
		infoStamp + `msg="something new failed" error="dial tcp 192.0.2.1:443: i/o timeout" code=5`,
		`{"timestamp":1701615522,"level":"INFO","function":"main","line":1746,"message":"HTTP server listening","port":"1"}`,
		`2023/10/06 13:38:58 llama.go:572: prompt: 13`,
		`time: 5, n_words = 3`,
		`llama_model_loader: - kv  21: tokenizer.chat_template str = {% if not add_generation_prompt is defined %}...`,
		ginLine,
	} {
		if got := of(Server, normalize(t, o, line)); len(got) != 1 || got[0] != line {
			t.Errorf("%s\nbecomes %q", line, got)
		}
	}
}

// TestPromptsOffKeepsTheCorpus: lines at TRACE stay of use, and no prompt is
// left in any.
func TestPromptsOffKeepsTheCorpus(t *testing.T) {
	o := defaults()
	o.Prompts, o.Redact = Off, Redact{}
	about := regexp.MustCompile(` request" | handler" |prompt ingested`)
	for _, file := range logFiles(t) {
		log := readFile(t, file)
		full := defaults()
		full.Prompts, full.Redact = Full, Redact{}
		var texts []string
		for _, event := range of(Prompts, normalize(t, full, log)) {
			var p struct{ Prompt string }
			if err := json.Unmarshal([]byte(event), &p); err != nil {
				t.Fatal(err)
			}
			if len(p.Prompt) > 5 {
				texts = append(texts, p.Prompt)
			}
		}
		lines := of(Server, normalize(t, o, log))
		before := of(Server, normalize(t, full, log))
		for i, line := range lines {
			if line != before[i] && !about.MatchString(before[i]) {
				t.Errorf("%s: %s\nbecomes %s", file, before[i], line)
			}
			for _, text := range texts {
				quoted, _ := json.Marshal(text)
				if strings.Contains(line, text) || strings.Contains(line, strings.Trim(string(quoted), `"`)) {
					t.Errorf("%s: the prompt %q is left in %s", file, text, line)
				}
			}
		}
	}
}

// TestRedactedWithoutRedact: prompt text is redacted even where REDACT is off,
// and nothing else is.
func TestRedactedWithoutRedact(t *testing.T) {
	o := defaults()
	o.Redact = Redact{}
	log := debugStamp + `msg="chat request" images=0 prompt="mail a@b.com"` + "\n" + infoStamp + `msg="mail c@d.com" password=x`
	want := []kept{
		{Server, "1747821600.000", debugStamp + `msg="chat request" images=0 prompt="mail [REDACTED:email]"`},
		{Prompts, "1747821600.000", `{"origin":"debug_log","prompt_length":12,"images":0,"prompt":"mail [REDACTED:email]"}`},
		{Server, "1747821600.000", infoStamp + `msg="mail c@d.com" password=x`},
	}
	if got := normalize(t, o, log); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	o.Prompts = Full
	if got := normalize(
		t,
		o,
		log,
	); got[0].Body != strings.Split(log, "\n")[0] ||
		!strings.Contains(got[1].Body, "a@b.com") {
		t.Errorf("in full, it is not as written: %q", got)
	}
	for _, test := range textLines {
		o.Prompts = Redacted
		if got := of(Server, normalize(t, o, test.line)); len(got) != 1 || got[0] != test.line {
			t.Errorf("%s\nbecomes %q", test.line, got)
		}
	}
}

// FuzzPromptsOff: no text of a prompt is left, whatever it is.
func FuzzPromptsOff(f *testing.F) {
	for _, seed := range []string{"hi", "a \"b\" \\ c\nd", "é", "x=y prompt=z", "[REDACTED:prompt]", "\x00\xff\x1b[31m"} {
		for where := range uint8(9) {
			f.Add(seed, where)
		}
	}
	o := defaults()
	o.Prompts = Off
	f.Fuzz(func(t *testing.T, text string, where uint8) {
		const canary = "qzxjkv"
		text += canary + text
		object, err := json.Marshal(
			map[string]any{
				"level":    "DEBUG",
				"msg":      "x",
				"model":    "m",
				"messages": []any{map[string]any{"content": text}},
				"prompt":   text,
				"z":        1,
			},
		)
		if err != nil {
			t.Fatal(err)
		}
		var line string
		switch where % 9 {
		case 0:
			line = slogText(t, levelDebug, "chat request", "images", 0, "prompt", text)
		case 1:
			line = slogText(t, levelTrace, "completion request", "prompt", text)
		case 2:
			line = slogText(t, levelTrace, "anything", text, text, "size", 1)
		case 3:
			line = slogText(t, levelDebug, "harmony event content", "content", text, "state", text)
		case 4:
			line = slogText(t, levelDebug, "embedding request", "input", text)
		case 5:
			line = "ollama  | " + slogText(t, levelTrace, text, "model", "m", "x", text)
		case 6:
			line = string(object)
		case 7:
			line = slogText(t, levelInfo, "x", slog.Group("req", "system", text, "Prompt", text), "the prompt", text)
		case 8:
			line = slogText(t, levelInfo, "bad body "+string(object), "n", 1)
		}
		for _, e := range normalize(t, o, line) {
			body := e.Body
			if where%9 == 2 { // a key is not hidden
				_, body, _ = strings.Cut(body, canary)
			}
			if e.Sourcetype == Prompts || strings.Contains(body, canary) {
				t.Errorf("%q becomes %q", line, e.Body)
			}
		}
	})
}
