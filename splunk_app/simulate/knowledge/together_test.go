package knowledge

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	splunkapp "ollama-hec/splunk_app"
)

// A plain forwarder's file is cut into the events that the shipper would make:
// a crash stays whole, colour is gone.
func TestBreak(t *testing.T) {
	k := load(t)
	text := "a=1\r\n\n\nSIGSEGV: segmentation violation\nPC=0x13daa0a m=0 sigcode=0\nsignal arrived during cgo execution\n\ngoroutine 24 gp=0xc000 [syscall]:\n" +
		"runtime.cgocall(0x1, 0x2)\n\t/usr/lib/go/cgocall.go:167 +0x4b\ncreated by main.main in goroutine 1\n\t/x.go:1\n\nrax    0x1c\nr10    0x0\nrflags 0x246\ngs     0x0\n" +
		"\x1b[32m[GIN]\x1b[0m 2026\nllama_context: n_ctx\n  Device 0: x\nprint_info: n (x)\nlast"
	want := []string{
		"a=1",
		"SIGSEGV: segmentation violation\nPC=0x13daa0a m=0 sigcode=0\nsignal arrived during cgo execution\n\ngoroutine 24 gp=0xc000 [syscall]:\nruntime.cgocall(0x1, 0x2)\n\t/usr/lib/go/cgocall.go:167 +0x4b\ncreated by main.main in goroutine 1\n\t/x.go:1\n\nrax    0x1c\nr10    0x0\nrflags 0x246\ngs     0x0",
		"[GIN] 2026",
		"llama_context: n_ctx\n  Device 0: x",
		"print_info: n (x)",
		"last",
	}
	if got := k.Break("ollama:server", text); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := k.Break("ollama:server", strings.Repeat("x", 2_000_000)); len(got[0]) != 1_100_000 {
		t.Errorf("a long line is cut to %d bytes", len(got[0]))
	}
}

// The crash of the corpus is one event.
func TestBreakCrash(t *testing.T) {
	text, err := os.ReadFile("../../../testdata/corpus/v0.13.5-crash.stderr.log")
	if err != nil {
		t.Fatal(err)
	}
	crashes := 0
	for _, e := range load(t).Break("ollama:server", string(text)) {
		if strings.Contains(e, "\ngoroutine ") {
			crashes++
			if !strings.HasPrefix(e, "SIG") || !strings.Contains(e, "\ngs ") {
				t.Errorf("the crash is cut: %.80q … %.80q", e, e[max(len(e)-80, 0):])
			}
		}
	}
	if crashes != 1 {
		t.Errorf("%d events hold goroutines, want 1", crashes)
	}
}

// Settings of another add-on for the same sourcetypes, where both are installed:
// what both set is ours, what only it sets stands. None of its constants comes
// through, and status and src stay.
func TestBesideAnotherAddOn(t *testing.T) {
	const other = `[ollama:server]
KV_MODE = none
EXTRACT-web = \|\s+(?<src_ip>[\d\.]+)\s+\|
FIELDALIAS-cim_web_src = src_ip AS src
FIELDALIAS-cim_web_status = http_response_code AS status
EVAL-response_time_ms = 0
EVAL-bytes_in = 0
EVAL-http_referrer = ""
EVAL-uri_query = ""
EVAL-url = "http://" . dest . uri_path
EVAL-vendor_product = "Something else"

[ollama:api]
KV_MODE = none
FIELDALIAS-model = model AS model_name
`
	theirs, err := ParseConf(other)
	if err != nil {
		t.Fatal(err)
	}
	tree := fstest.MapFS{}
	for _, name := range []string{"props", "transforms", "eventtypes", "tags"} {
		text, err := splunkapp.Tree.ReadFile("default/" + name + ".conf")
		if err != nil {
			t.Fatal(err)
		}
		tree["default/"+name+".conf"] = &fstest.MapFile{Data: text}
	}
	ours, err := ParseConf(string(tree["default/props.conf"].Data))
	if err != nil {
		t.Fatal(err)
	}
	var merged strings.Builder
	for _, stanza := range ours {
		keys := maps.Clone(stanza.Keys)
		if s := theirs.Stanza(stanza.Name); s != nil {
			for key, v := range s.Keys {
				if _, both := keys[key]; !both {
					keys[key] = v
				}
			}
		}
		merged.WriteString("[" + stanza.Name + "]\n")
		for key, v := range keys {
			merged.WriteString(key + " = " + v + "\n")
		}
	}
	tree["default/props.conf"] = &fstest.MapFile{Data: []byte(merged.String())}
	beside, err := Load(tree)
	if err != nil {
		t.Fatal(err)
	}
	alone := load(t)
	for _, e := range []Event{
		{Sourcetype: "ollama:server", Host: "h", Raw: `[GIN] 2026/11/21 - 19:28:48 | 200 |     624.596µs |     2001:db8::1 | GET      "/api/tags?x=1"`},
		{Sourcetype: "ollama:server", Host: "h", Raw: `time=2026-11-21T19:15:41.541Z level=WARN source=x.go:1 msg="failed \"x\"" err="no such host"`},
		{Sourcetype: "ollama:api", Host: "h", Raw: `{"src":"203.0.113.77","status":200,"response_time_ms":0.6,"http_method":"GET"}`},
	} {
		if got, want := show(beside.Fields(e)), show(alone.Fields(e)); got != want {
			t.Errorf("beside it\n%s\n\nalone\n%s", got, want)
		}
	}
}
