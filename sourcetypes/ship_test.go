package sourcetypes

import (
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
)

func TestClasses(t *testing.T) {
	for line, want := range map[string]Class{
		ginLine:  ClassAccess,
		slogLine: ClassServer,
		`2023/10/06 13:38:58 download.go:1: completed`:                                  ClassServer,
		`2023/10/06 13:38:58 images.go:857: total blobs: 0`:                             ClassStartup,
		`2025/02/10 09:48:03 routes.go:1187: INFO server config env="map[A:b]"`:         ClassStartup,
		infoStamp + `msg="Listening on 127.0.0.1:11434 (version 0.13.5)"`:               ClassStartup,
		infoStamp + `msg="loaded runners" count=1`:                                      ClassServer,
		`[GIN-debug] GET    /api/tags --> x (5 handlers)`:                               ClassStartup,
		`Couldn't find '/r/.ollama/id_ed25519'. Generating new private key.`:            ClassStartup,
		`llama_model_loader: - kv   0: general.architecture str = llama`:                ClassRunner,
		`srv  update_slots: all slots are idle`:                                         ClassRunner,
		`slot launch_slot_: id  0 | task -1 | sampler params: `:                         ClassRunner,
		`~llama_context:      CUDA0 compute buffer size is 1 MiB`:                       ClassRunner,
		`load: printing all EOG tokens:`:                                                ClassRunner,
		`............`:                                                                  ClassRunner,
		`{"function":"main","level":"INFO","line":1,"msg":"x","timestamp":1710561010}`:  ClassRunner,
		`INFO [main] HTTP server listening | port="46259" tid="1" timestamp=1727366911`: ClassRunner,
		`VERB [main] without a stamp`:                                                   ClassRunner,
		`panic: x`:                                                                      ClassCrash,
		`goroutine 7 [running]:`:                                                        ClassCrash,
		`2024/01/02 15:04:05 [Recovery] 2024/01/02 - 15:04:05 panic recovered:`:         ClassCrash,
		`some words`:   ClassOther,
		`https://x: y`: ClassOther,
		`  indented`:   ClassOther,
	} {
		var n *Normalizer
		_, n = normalizeRecords(t, defaults(), records([]byte(line)))
		for class, count := range n.Counts().ByClass {
			if (class == want) != (count == 1) {
				t.Errorf("%s\nis counted %d times as %v, want it as %v", line, count, class, want)
			}
		}
	}
}

// TestSkip: a class that is skipped is not shipped as it stands; what follows
// from it is.
func TestSkip(t *testing.T) {
	log := strings.Join([]string{
		infoStamp + `msg="total blobs: 0"`, ginLine, `print_info: x = 1`, slogLine, panicBlock, `words`,
		debugStamp + `msg="chat request" images=0 prompt=hi`,
	}, "\n")
	for _, test := range []struct {
		skip Classes
		gone []string
	}{
		{0, nil},
		{Access, []string{ginLine}},
		{Runner, []string{`print_info: x = 1`}},
		{Startup, []string{infoStamp + `msg="total blobs: 0"`}},
		{Access | Runner | Startup, []string{infoStamp + `msg="total blobs: 0"`, ginLine, `print_info: x = 1`}},
	} {
		o := defaults()
		all := normalize(t, o, log)
		o.Skip = test.skip
		some := normalize(t, o, log)
		var gone []string
		for _, e := range all {
			if !slices.Contains(some, e) {
				gone = append(gone, e.Body)
			}
		}
		if !slices.Equal(gone, test.gone) {
			t.Errorf("without %03b: %q are gone, want %q", test.skip, gone, test.gone)
		}
	}
}

// TestSkipKeepsFailures: what a runner says when it fails is never skipped.
func TestSkipKeepsFailures(t *testing.T) {
	o := defaults()
	o.Skip = Runner
	keep := []string{
		`llama_model_load: error loading model: x`,
		`error loading model: unable to open`,
		`ggml_backend_cuda_buffer_type_alloc_buffer: cudaMalloc failed: out of memory`,
		`ERR [load_model] unable to load model | model="x" tid="1" timestamp=1727366911`,
		`{"function":"f","level":"ERROR","msg":"x","timestamp":1710561010}`,
		`slot launch_slot_: x: ` + "\n\tAborted (core dumped)",
	}
	drop := []string{`print_info: x = 1`, `load: terrors = 0`, `INFO [main] model loaded | tid="1" timestamp=1727366911`}
	if got := of(Server, normalize(t, o, strings.Join(append(drop, keep...), "\n"))); !slices.Equal(got, keep) {
		t.Errorf("got %q, want %q", got, keep)
	}
}

func TestCounts(t *testing.T) {
	log := "\n" + ginLine + "\na\n\tb\n\xff\n" + debugStamp + `msg="chat request" images=0 prompt="a@b.com"` + "\n"
	o := defaults()
	o.Skip = Access
	_, n := normalizeRecords(t, o, records([]byte(log)))
	c := *n.Counts()
	if c.Lines != 6 || c.Blank != 1 || c.Joined != 1 || c.Skipped != 1 || c.Invalid != 1 {
		t.Errorf("got %+v", c)
	}
	if c.Events != [Sourcetypes]int64{Server: 3, API: 1, Prompts: 1} {
		t.Errorf("events %v", c.Events)
	}
	for kind, n := range c.ByKind {
		if want := map[Kind]int64{KindEmail: 2}[kind]; n != want {
			t.Errorf("%v: %d, want %d", kind, n, want)
		}
	}
}

// TestNoAllocations: a log that goes on as it did costs no memory.
func TestNoAllocations(t *testing.T) {
	log := string(
		benchLog(t),
	) + strings.Repeat(
		debugStamp+`msg="chat request" images=0 prompt="token=abcdef, a@b.com"`+"\n"+panicBlock+"\nslot: \n\tx\n",
		5,
	)
	rs := records([]byte(log))
	n := NewNormalizer(defaults(), 0, input.Carry{}, func(*Event) {})
	n.AddAll(rs, nil)
	if allocs := testing.AllocsPerRun(5, func() { n.AddAll(rs, nil) }); allocs > float64(len(rs))/1000 {
		t.Errorf("%v allocations for %d lines", allocs, len(rs))
	}
}

// TestHostileLines: a client chooses what stands in a prompt. Were the time
// taken to grow faster than the line, this would not end.
func TestHostileLines(t *testing.T) {
	for _, part := range []string{
		`password=a `, `"token":[`, `A_KEY:x `, `A_TOKEN=true `, `{\"token\":`, `a@b@`, `a@b.c `, `http://u:p@`, `sk-sk-`, `eyJ.`, `--key `,
		`-----BEGIN PRIVATE KEY-----`, `-----BEGIN `, `\`, `\"`, `"`, `'`, `token:'`, `secret=\\`, `map[`, `é@`, `Authorization: `, `cookie=a; `,
		`Bearer `, `[REDACTED:`, `[REDACTED:token]`, `x= `, `%40`, `"prompt":`, `"prompt":[`, `[`, `{`,
	} {
		text := strings.Repeat(part, 1<<16/len(part))
		for _, log := range []string{
			text, debugStamp + `msg="chat request" images=0 prompt="password=` + text + `"`, `{"a":"password=` + text + `","timestamp":1710561010}`,
			"VERB [x] y | " + text, traceStamp + "msg=x " + text, `srv  x: request: ` + text, `env="map[A_TOKEN:` + text,
		} {
			for _, mode := range []PromptMode{Redacted, Off} {
				o := defaults()
				o.Prompts = mode
				for _, e := range normalize(t, o, log) {
					checkBody(t, e)
				}
			}
		}
	}
}

// FuzzNormalize: no text makes any of it panic, and every event can be sent.
func FuzzNormalize(f *testing.F) {
	for _, test := range textLines {
		f.Add(test.line, byte(0))
		f.Add(test.line, byte(0xff))
	}
	f.Add(debugStamp+`msg=x a="\"b\`, byte(Off))
	f.Add("=\"prompt\\\":\\'\"n", byte(0xa4)) // a key with an escape that is none
	f.Add(ginLine+"\n"+panicBlock+"\n"+recoveryBlock, byte(1))
	f.Fuzz(func(t *testing.T, log string, settings byte) {
		o := defaults()
		o.Prompts = PromptMode(settings % 3)
		o.Skip = Classes(settings >> 2 & 7)
		if settings&0x80 != 0 {
			o.Redact = Redact{}
		}
		for _, e := range normalize(t, o, log) {
			checkBody(t, e)
		}
	})
}
