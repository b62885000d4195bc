package knowledge

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	splunkapp "ollama-hec/splunk_app"
)

func load(t *testing.T) *Knowledge {
	t.Helper()
	k, err := Load(splunkapp.Tree)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// show writes fields as name=value|value, sorted, without those every event has.
func show(row map[string][]string) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains([]string{"_raw", "_time", "host", "source", "sourcetype"}, name) {
			list = append(list, name+"="+strings.Join(row[name], "|"))
		}
	}
	return strings.Join(list, "\n")
}

// delivered are events as they are sent, and all their fields at search time.
var delivered = []struct{ name, sourcetype, raw, want string }{
	{
		"a request",
		"ollama:api",
		`{"origin":"access_log","src":"203.0.113.77","src_scope":"external","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.624596,"api":"ollama","operation":"list"}`,
		`action=allowed
api=ollama
client.address=203.0.113.77
dest=gpu-1
duration=0.624596
eventtype=ollama_api
http_method=GET
operation=list
origin=access_log
response_time=0.624596
response_time_ms=0.624596
src=203.0.113.77
src_scope=external
status=200
tag=web
uri_path=/api/tags
vendor_product=Ollama`,
	},
	{
		"a request that failed",
		"ollama:api",
		`{"origin":"access_log","http_method":"POST","uri_path":"/api/pull","status":500,"response_time_ms":1.2,"api":"ollama","operation":"pull"}`,
		`api=ollama
dest=gpu-1
duration=1.2
eventtype=ollama_api
http_method=POST
operation=pull
origin=access_log
response_time=1.2
response_time_ms=1.2
status=500
tag=web
uri_path=/api/pull
vendor_product=Ollama`,
	},
	{
		"a request seen on the wire",
		"ollama:api",
		`{"origin":"capture","src":"203.0.113.77","src_port":5000,"src_scope":"external","dest":"192.0.2.1","dest_port":11434,"http_method":"POST","uri_path":"/api/chat","uri_query":"a=b","status":200,"response_time_ms":12,"http_user_agent":"curl/8","bytes_in":90,"bytes_out":10,"ttft_ms":250,"model":"llama3","stream":true,"prompt_tokens":9,"completion_tokens":3,"done_reason":"stop","temperature":0.5,"num_predict":64,"connection_id":"beef"}`,
		`action=allowed
bytes=100
bytes_in=90
bytes_out=10
client.address=203.0.113.77
client.port=5000
completion_tokens=3
connection_id=beef
dest=192.0.2.1
dest_port=11434
done_reason=stop
duration=12
eventtype=ollama_api
gen_ai.request.max_tokens=64
gen_ai.request.model=llama3
gen_ai.request.stream=true
gen_ai.request.temperature=0.5
gen_ai.response.finish_reasons=stop
gen_ai.server.time_to_first_token=0.25
gen_ai.usage.input_tokens=9
gen_ai.usage.output_tokens=3
http_method=POST
http_user_agent=curl/8
model=llama3
num_predict=64
origin=capture
prompt_tokens=9
response_time=12
response_time_ms=12
src=203.0.113.77
src_port=5000
src_scope=external
status=200
stream=true
tag=web
temperature=0.5
ttft_ms=250
uri_path=/api/chat
uri_query=a=b
url=http://192.0.2.1:11434/api/chat?a=b
user_agent.original=curl/8
vendor_product=Ollama`,
	},
	{"the access line of the same request has no tag", "ollama:server",
		`[GIN] 2026/11/21 - 19:28:48 | 200 |     624.596µs |    203.0.113.77 | GET      "/api/tags"`,
		`action=allowed
dest=gpu-1
eventtype=ollama_access_line
http_method=GET
response_time=624.596µs
response_time_ms=0.624596
src=203.0.113.77
src_ip=203.0.113.77
status=200
uri_path=/api/tags
vendor_product=Ollama`},
	{
		"a connection", "ollama:connection",
		`{"origin":"sock_diag","src":"203.0.113.77","src_port":5000,"src_scope":"external","dest":"192.0.2.1","dest_port":11434,"bytes_in":46,"bytes_out":75,"state":"closed","connection_id":"beef","process_name":"ollama","process_id":42,"user_id":977}`,
		`action=allowed
app=ollama
bytes=121
bytes_in=46
bytes_out=75
connection_id=beef
connections=1
dest=192.0.2.1
dest_ip=192.0.2.1
dest_port=11434
direction=inbound
dvc=gpu-1
eventtype=ollama_connection
origin=sock_diag
process_id=42
process_name=ollama
protocol=ip
protocol_version=ipv4
session_id=beef
src=203.0.113.77
src_ip=203.0.113.77
src_port=5000
src_scope=external
state=closed
tag=communicate|network
transport=tcp
user_id=977
vendor_product=Ollama`,
	},
	{
		"several, of which less is known", "ollama:connection",
		`{"origin":"sock_diag","src":"2001:db8::77","src_scope":"external","dest_port":11434,"state":"closed","count":7,"mptcp":true}`,
		`action=allowed
connections=7
count=7
dest=gpu-1
dest_port=11434
direction=inbound
dvc=gpu-1
eventtype=ollama_connection
mptcp=true
origin=sock_diag
protocol=ip
protocol_version=ipv6
src=2001:db8::77
src_ip=2001:db8::77
src_scope=external
state=closed
tag=communicate|network
transport=tcp
vendor_product=Ollama`,
	},
	{
		"connections that were not seen", "ollama:connection", `{"origin":"sock_diag","lost":94}`,
		`dest=gpu-1
dvc=gpu-1
lost=94
origin=sock_diag
vendor_product=Ollama`,
	},
	{"a prompt", "ollama:prompts",
		`{"origin":"trace_log","prompt_length":24,"images":0,"prompt":"say \"hi\"\nlevel=ERROR src=1.2.3.4"}`,
		`dest=gpu-1
eventtype=ollama_prompt
images=0
origin=trace_log
prompt=say "hi"
level=ERROR src=1.2.3.4
prompt_length=24
vendor_product=Ollama`},
	{
		"an error",
		"ollama:server",
		`time=2026-11-21T19:28:48.259Z level=ERROR source=routes.go:1749 msg="Post \"https://ollama.com/api/me?ts=1\": dial tcp: lookup ollama.com: no such host"`,
		`caller=routes.go:1749
dest=gpu-1
eventtype=ollama_error
level=ERROR
msg=Post "https://ollama.com/api/me?ts=1": dial tcp: lookup ollama.com: no such host
time=2026-11-21T19:28:48.259Z
vendor_product=Ollama`,
	},
}

// Every field of the events of one request and one prompt: nothing invented,
// one event in one model.
func TestFieldsOfDeliveredEvents(t *testing.T) {
	k := load(t)
	for _, tt := range delivered {
		t.Run(tt.name, func(t *testing.T) {
			got := show(k.Fields(Event{Sourcetype: tt.sourcetype, Host: "gpu-1", Source: "server.log", Time: "1", Raw: tt.raw}))
			if got != tt.want {
				t.Errorf("got\n%s\n\nwant\n%s", got, tt.want)
			}
		})
	}
}

// What systemd says of the unit has its caller, and nothing else that stands in the log does.
func TestCallerOfWhatSystemdSays(t *testing.T) {
	k := load(t)
	for raw, want := range map[string]string{
		"ollama.service: Main process exited, code=killed, status=9/KILL":         "systemd",
		"ollama@gpu1.service: Scheduled restart job, restart counter is at 5.":    "systemd",
		"app-ollama.scope: A process of this unit has been killed by the kernel":  "systemd",
		"srv  update: ollama.service: Main process exited":                        "",
		`[GIN] 2026/11/21 - 19:28:48 | 200 | 1ms | ::1 | GET "/ollama.service: "`: "",
		`time=2026-11-21T19:15:41.541Z level=WARN source=x.go:1 msg="a"`:          "x.go:1",
	} {
		got := strings.Join(k.Fields(Event{Sourcetype: "ollama:server", Host: "gpu-1", Raw: raw})["caller"], "|")
		if got != want {
			t.Errorf("%s: caller is %q, want %q", raw, got, want)
		}
	}
}

// The URL of a request is put together where all of it was seen.
func TestURL(t *testing.T) {
	k, err := Load(splunkapp.Tree)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]string{
		`{"origin":"capture","dest":"2001:db8::1","dest_port":11434,"uri_path":"/api/tags"}`:                         "http://[2001:db8::1]:11434/api/tags",
		`{"origin":"capture","dest":"192.0.2.1","dest_port":11434,"http_host":"rebound.example:80","uri_path":"/x"}`: "http://rebound.example:80/x",
		`{"origin":"capture","dest":"192.0.2.1","dest_port":11434}`:                                                  "",
		`{"origin":"capture","uri_path":"/api/tags"}`:                                                                "",
		`{"origin":"proxy","dest":"192.0.2.1","dest_port":443,"uri_path":"/api/tags"}`:                               "", // perhaps over TLS
		`{"origin":"access_log","src":"192.0.2.7","uri_path":"/api/tags"}`:                                           "",
	} {
		if got := strings.Join(k.Fields(Event{Sourcetype: "ollama:api", Host: "gpu-1", Raw: raw})["url"], "|"); got != want {
			t.Errorf("%s: %q, want %q", raw, got, want)
		}
	}
}

// What automatic extraction does, as measured on Splunk 10.4 (auto), and with
// escapes honoured (auto_escaped).
func TestAutomatic(t *testing.T) {
	tests := []struct{ mode, raw, want string }{
		{"auto", `user=admin status=200 note="not found"`, "note=not found\nstatus=200\nuser=admin"},
		{"auto", `escaped="say \"hi\"" trailing=x`, "escaped=say \\\ntrailing=x"},
		{"auto_escaped", `escaped="say \"hi\" \\ x=1" trailing=x`, "escaped=say \"hi\" \\ x=1\ntrailing=x"},
		{"auto", `empty= quoted="" next=1`, "next=1"},
		{"auto", `label=a label=b`, "label=a"},
		{"auto", `filter=a=b plain=ok`, "filter=a=b\nplain=ok"},
		{"auto", `zone-found=dmz user.name=admin ip:port=1.2.3.4`, "port=1.2.3.4\nuser_name=admin\nzone_found=dmz"},
		{"auto", `2fa=on 7=lucky --=x`, "fa=on"},
		{"auto_escaped", `msg="a b=1" b=2`, "b=2\nmsg=a b=1"},
		{
			"auto",
			`{"user":"admin","nested":{"a":1,"b":[2,3]},"none":null}`,
			"nested.a=1\nnested.b{}=2|3\nnone=null\nuser=admin",
		},
		{"json", `user=admin`, ""},
		{"none", `user=admin`, ""},
		{"json", `{"a":1,"long":"` + strings.Repeat("x", maxJSON) + `","late":2}`, "a=1"},
		{"auto_escaped", strings.Repeat("x", maxAutomatic) + ` late=1`, ""},
	}
	for _, tt := range tests {
		row := map[string][]string{"_raw": {tt.raw}}
		automatic(row, tt.mode)
		if got := show(row); got != tt.want {
			t.Errorf("%s of %.60s: got %q, want %q", tt.mode, tt.raw, got, tt.want)
		}
	}
}

// A field that an extraction found is not overwritten by the text of the event.
func TestExtractionGoesFirst(t *testing.T) {
	row := load(
		t,
	).Fields(
		Event{
			Sourcetype: "ollama:server",
			Host:       "h",
			Raw:        `[GIN] 2026/11/21 - 19:28:48 | 404 | 1ms | 127.0.0.1 | GET      "/x?a src=203.0.113.9 status=200"`,
		},
	)
	if row.First("src") != "127.0.0.1" || row.First("status") != "404" {
		t.Errorf("forged fields: %s", show(row))
	}
}

func TestParseConf(t *testing.T) {
	conf, err := ParseConf("# c\n[a b]\nx = 1 = 2\ny = one \\\n  two\n\n[c]\n")
	if err != nil {
		t.Fatal(err)
	}
	if conf.Stanza("a b").Keys["x"] != "1 = 2" || conf.Stanza("a b").Keys["y"] != "one \n  two" ||
		conf.Stanza("c") == nil ||
		conf.Stanza("d") != nil {
		t.Errorf("read %v", conf)
	}
	for _, bad := range []string{"x = 1", "[a]\n[a]", "[a]\nx=1\nx=2", "[a]\nnonsense"} {
		if _, err := ParseConf(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// A setting that is not modelled is an error, or the checks would lie.
func TestLoadErrors(t *testing.T) {
	for _, props := range []string{
		"[x]\nLOOKUP-a = b c OUTPUT d",
		"[x]\nEXTRACT-a = (?=lookahead)",
		"[x]\nEVAL-a = nonsense(1)",
		"[x]\nREPORT-a = missing",
		"[x]\nFIELDALIAS-a = b to c",
		"[x]\nSEDCMD-a = y/abc/def/",
		"[x]\nLINE_BREAKER = (x)",
	} {
		tree := fstest.MapFS{}
		for _, name := range []string{"transforms", "eventtypes", "tags"} {
			tree["default/"+name+".conf"] = new(fstest.MapFile)
		}
		tree["default/props.conf"] = &fstest.MapFile{Data: []byte(props)}
		if _, err := Load(tree); err == nil {
			t.Errorf("%q: no error", props)
		}
	}
}
