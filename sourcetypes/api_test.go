package sourcetypes

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ollama-hec/input/netscope"
)

func TestAccessLines(t *testing.T) {
	const stamp = `[GIN] 2026/11/21 - 19:12:19 `
	for _, test := range []struct{ name, line, want string }{
		{"plain", stamp + `| 200 |     432.221µs |       127.0.0.1 | GET      "/api/tags"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.432221,"api":"ollama","operation":"list"}`},
		{"seconds", stamp + `| 200 |    6.0018187s |    203.0.113.77 | POST     "/api/pull"`,
			`{"origin":"access_log","src":"203.0.113.77","src_scope":"external","http_method":"POST","uri_path":"/api/pull","status":200,"response_time_ms":6001.8187,"api":"ollama","operation":"pull"}`},
		{"minutes", stamp + `| 200 |         8m44s |    192.168.1.40 | POST     "/v1/chat/completions"`,
			`{"origin":"access_log","src":"192.168.1.40","src_scope":"private","http_method":"POST","uri_path":"/v1/chat/completions","status":200,"response_time_ms":524000,"api":"openai","operation":"chat"}`},
		{"hours", stamp + `| 500 |        1h2m3s |        10.0.0.9 | POST     "/api/chat"`,
			`{"origin":"access_log","src":"10.0.0.9","src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":500,"response_time_ms":3723000,"api":"ollama","operation":"chat"}`},
		{"no time at all", stamp + `| 499 |            0s |     100.64.1.2 | POST     "/v1/messages"`,
			`{"origin":"access_log","src":"100.64.1.2","src_scope":"private","http_method":"POST","uri_path":"/v1/messages","status":499,"response_time_ms":0,"api":"anthropic","operation":"chat"}`},
		{"nanoseconds", stamp + `| 404 |         850ns |       127.0.0.1 | GET      "/nope"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/nope","status":404,"response_time_ms":0.00085,"api":"other","operation":"unknown"}`},
		{"IPv6", stamp + `| 200 |      94.911µs | 2001:db8:bad::17 | GET      "/api/tags"`,
			`{"origin":"access_log","src":"2001:db8:bad::17","src_scope":"external","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.094911,"api":"ollama","operation":"list"}`},
		{"blank source", stamp + `| 200 |      94.911µs |                 | GET      "/api/tags"`,
			`{"origin":"access_log","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.094911,"api":"ollama","operation":"list"}`},
		{"0.0.0.0", stamp + `| 200 |      94.911µs |         0.0.0.0 | GET      "/api/tags"`,
			`{"origin":"access_log","src":"0.0.0.0","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.094911,"api":"ollama","operation":"list"}`},
		{"escapes", stamp + `| 404 |       5.308µs |       127.0.0.1 | GET      "/x\n[GIN] fake\"q\\bé\x7f\xff"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/x\n[GIN] fake\"q\\bé` + "\x7f\uFFFD" + `","status":404,"response_time_ms":0.005308,"api":"other","operation":"unknown"}`},
		{"bars", stamp + `| 404 |       6.429µs |       127.0.0.1 | GET      "/a|b|c"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/a|b|c","status":404,"response_time_ms":0.006429,"api":"other","operation":"unknown"}`},
		{"query", stamp + `| 200 |     395.226µs |       127.0.0.1 | GET      "/api/tags?x=1%20%0a&y=?z"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/tags","uri_query":"x=1%20%0a&y=?z","status":200,"response_time_ms":0.395226,"api":"ollama","operation":"list"}`},
		{"secrets in the query", stamp + `| 200 |     395.226µs |       127.0.0.1 | GET      "/api/tags?token=abc&x=1&mail=a.b%40example.com"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/tags","uri_query":"token=[REDACTED:token]&x=1&mail=[REDACTED:email]","status":200,"response_time_ms":0.395226,"api":"ollama","operation":"list"}`},
		{"wrong method", stamp + `| 405 |       7.651µs |       127.0.0.1 | PUT      "/api/tags"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"PUT","uri_path":"/api/tags","status":405,"response_time_ms":0.007651,"api":"ollama","operation":"unknown"}`},
		{"unusual method", stamp + `| 404 |       7.651µs |       127.0.0.1 | PROPFIND "/"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"PROPFIND","uri_path":"/","status":404,"response_time_ms":0.007651,"api":"ollama","operation":"unknown"}`},
		{"blob", stamp + `| 201 |    1.555917ms |       127.0.0.1 | POST     "/api/blobs/sha256:9353"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"POST","uri_path":"/api/blobs/sha256:9353","status":201,"response_time_ms":1.555917,"api":"ollama","operation":"blob"}`},
		{"colours and CR", "[GIN] 2026/11/21 - 19:12:19 |\x1b[97;42m 200 \x1b[0m|     432.221µs |       127.0.0.1 |\x1b[97;44m GET     \x1b[0m \"/api/tags\"\r",
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.432221,"api":"ollama","operation":"list"}`},
		{"cut in the path", stamp + `| 200 |     432.221µs |       127.0.0.1 | GET      "/api/ta`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/ta","status":200,"response_time_ms":0.432221,"api":"ollama","operation":"unknown"}`},
		{"cut in the source", stamp + `| 200 |     432.221µs |       127.`,
			`{"origin":"access_log","status":200,"response_time_ms":0.432221,"operation":"unknown"}`},
		{"behind dots", `...` + stamp + `| 200 |     432.221µs |       127.0.0.1 | GET      "/api/ps"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/ps","status":200,"response_time_ms":0.432221,"api":"ollama","operation":"ps"}`},
		{"cut by the input", stamp + `| 200 |     432.221µs |       127.0.0.1 | GET      "/api/ta [ollama-hec: line cut, 1034 bytes dropped]`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/ta","status":200,"response_time_ms":0.432221,"api":"ollama","operation":"unknown"}`},
		{"forged source", stamp + `| 200 |     432.221µs | evil, 1.2.3.4 | GET      "/api/tags"`,
			`{"origin":"access_log","src":"evil, 1.2.3.4","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.432221,"api":"ollama","operation":"list"}`},
		{"the longest time", stamp + `| 200 | 2562047h47m16s |       127.0.0.1 | GET      "/api/tags"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":9223372036000,"api":"ollama","operation":"list"}`},
		{"answered before gin", `time=2025-03-01T10:00:00.000Z level=WARN source=server.go:151 msg=http error="model not found" status=404 method=DELETE path=/api/delete content-length=18 remote=[2001:db8::1]:50000 proto=HTTP/1.1 query=""`,
			`{"origin":"access_log","src":"2001:db8::1","src_scope":"external","http_method":"DELETE","uri_path":"/api/delete","status":404,"api":"ollama","operation":"delete"}`},
		{"answered before gin, IPv4", `time=2025-03-01T10:00:00.000Z level=INFO source=server.go:151 msg=http status=200 method=POST path=/api/pull content-length=18 remote=127.0.0.1:50000 proto=HTTP/1.1 query="a=1"`,
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"POST","uri_path":"/api/pull","uri_query":"a=1","status":200,"api":"ollama","operation":"pull"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := of(API, normalize(t, defaults(), test.line))
			if len(got) != 1 || got[0] != test.want {
				t.Errorf("got\n%q\nwant\n%s", got, test.want)
			}
			for _, event := range got {
				if !json.Valid([]byte(event)) {
					t.Errorf("not JSON: %s", event)
				}
			}
		})
	}
}

// TestGluedAccessLines: two processes that write to one file may put two lines
// into one.
func TestGluedAccessLines(t *testing.T) {
	line := strings.Replace(ginLine, "/api/tags", `/a\"[GIN] b`, 1) + strings.Replace(ginLine, "19:12:19", "19:12:20", 1)
	want := []kept{
		{Server, "1795288339", line},
		{
			API,
			"1795288339",
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/a\"[GIN] b","status":200,"response_time_ms":0.005819,"api":"other","operation":"unknown"}`,
		},
		{
			API,
			"1795288340",
			`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.005819,"api":"ollama","operation":"list"}`,
		},
	}
	if got := normalize(t, defaults(), line); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := of(API, normalize(t, defaults(), line+strings.Repeat("\n"+ginLine, 3))); len(got) != 5 {
		t.Errorf("before ordinary lines: got %q", got)
	}
}

func TestNotAccessLines(t *testing.T) {
	for _, line := range []string{
		`[GIN] fake`, `[GIN-debug] GET    /api/tags --> x (5 handlers)`, `x [GIN] 2026/11/21 - 19:12:19 | 200 | 1s | ::1 | GET "/"`,
		`time=2025-12-20T09:00:02.000-05:00 level=INFO source=ui.go:236 msg=site.serveHTTP http.method=GET http.path=/api/v1/chats http.status=200`,
		`time=2025-12-20T09:00:02.000-05:00 level=INFO source=ui.go:236 msg="http " status=200`,
		`time=2025-12-20T09:00:02.000-05:00 level=INFO source=ui.go:236 msg=http status=200`,
	} {
		if got := of(API, normalize(t, defaults(), line)); got != nil {
			t.Errorf("%s\nis taken for %s", line, got)
		}
	}
}

func TestAPIEventsOff(t *testing.T) {
	o := defaults()
	o.APIEvents = false
	if got := normalize(t, o, ginLine); len(got) != 1 || got[0].Sourcetype != Server {
		t.Errorf("got %v", got)
	}
}

// TestOneEventPerAccessLine counts both over all samples.
func TestOneEventPerAccessLine(t *testing.T) {
	for _, file := range logFiles(t) {
		log := readFile(t, file)
		lines := 0
		for line := range strings.Lines(log) {
			if strings.HasPrefix(line, "[GIN] ") || strings.Contains(line, " msg=http ") {
				lines++
			}
		}
		if got := len(of(API, normalize(t, defaults(), log))); got != lines {
			t.Errorf("%s: %d requests, want %d", file, got, lines)
		}
	}
}

func TestScopes(t *testing.T) {
	const noScope, loopback, private, external = netscope.None, netscope.Loopback, netscope.Private, netscope.External
	for src, want := range map[string]netscope.Scope{
		"127.0.0.1": loopback, "127.255.0.1": loopback, "::1": loopback, "::ffff:127.0.0.1": loopback,
		"10.0.0.1": private, "172.16.0.1": private, "172.31.255.255": private, "192.168.0.1": private,
		"169.254.1.1": private, "100.64.0.1": private, "100.127.255.255": private, "fe80::1": private, "fe80::1%eth0": private,
		"fd00::1": private, "fc00::1": private, "ff02::1": private, "::ffff:10.0.0.1": private,
		"172.32.0.1": external, "100.128.0.1": external, "8.8.8.8": external, "2001:db8::1": external, "::ffff:8.8.8.8": external,
		"0.0.0.0": noScope, "::ffff:0.0.0.0": noScope, "": noScope, "localhost": noScope, "1.2.3": noScope, "010.0.0.1": noScope,
	} {
		if got := scopeOf(src); got != want {
			t.Errorf("%q is %v, want %v", src, got, want)
		}
	}
}

func TestRoutes(t *testing.T) {
	for r := range Routes() {
		for m := range strings.FieldsSeq(r.Methods) {
			path := regexp.MustCompile(`[:*]\w+`).ReplaceAllString(r.Path, "x")
			if api, op := operation(m, []byte(path)); api != r.API || op != r.Operation {
				t.Errorf("%s %s is %s %s, want %s %s", m, path, api, op, r.API, r.Operation)
			}
		}
		if found := findRoute([]byte(r.Path)); (found != nil) == strings.ContainsAny(r.Path, ":*") {
			t.Errorf("%s: found %v", r.Path, found)
		}
	}
	for _, test := range [][4]string{
		{"GET", "/.env", "other", "unknown"}, {"GET", "/api/nope", "ollama", "unknown"}, {"POST", "/v1/nope", "openai", "unknown"},
		{"POST", "/v1/messages/x", "anthropic", "unknown"}, {"GET", "/v1/models/library/llama3:8b", "openai", "show"},
		{"HEAD", "/api/blobs/sha256:1", "ollama", "blob"}, {"POST", "/api/blobs/", "ollama", "unknown"}, {"GET", "", "other", "unknown"},
		{"POST", "/v1/images/generations", "openai", "image"}, {"DELETE", "/api/user/keys/abc", "ollama", "signout"},
	} {
		if api, op := operation(test[0], []byte(test[1])); api != test[2] || op != test[3] {
			t.Errorf("%s %s is %s %s, want %s %s", test[0], test[1], api, op, test[2], test[3])
		}
	}
}

var ginPattern = regexp.MustCompile(
	`^\[GIN\] \d{4}/\d\d/\d\d - \d\d:\d\d:\d\d \| *(\d+) \| *(\S+) \| *(\S*) \| *([A-Z]+) *("(?:[^"\\]|\\.)*")$`,
)

// FuzzGIN compares with a plain reading of what gin's format gives.
func FuzzGIN(f *testing.F) {
	f.Add("POST", "/api/chat", "127.0.0.1", 200, int64(324599528))
	f.Add("GET", "/x\n\"y\\?a=1&token=abc", "2001:db8::1", 404, int64(5819))
	f.Add("PROPFIND", "/\xff|é", "", 1, int64(time.Hour))
	f.Add("", "?", "x y", -5, int64(1))
	f.Fuzz(func(t *testing.T, method, target, src string, status int, latency int64) {
		d := time.Duration(max(latency, 0))
		if d > time.Minute {
			d = d.Truncate(time.Second)
		}
		line := fmt.Sprintf(
			"[GIN] 2026/11/21 - 19:12:19 |%s %3d %s| %13v | %15s |%s %-7s %s %#v",
			"",
			status,
			"",
			d,
			src,
			"",
			method,
			"",
			target,
		)
		o := defaults()
		o.Redact = Redact{}
		events := normalize(t, o, line)
		got := of(API, events)
		m := ginPattern.FindStringSubmatch(line)
		if m == nil || strings.ContainsFunc(src, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '|' }) {
			return // not from gin; but it did not panic
		}
		if len(got) != 1 || !json.Valid([]byte(got[0])) {
			t.Fatalf("%q: %q", line, got)
		}
		var e map[string]any
		if err := json.Unmarshal([]byte(got[0]), &e); err != nil {
			t.Fatal(err)
		}
		whole, err := strconv.Unquote(m[5])
		if err != nil {
			t.Fatal(err)
		}
		path, query, _ := strings.Cut(whole, "?")
		want := map[string]any{"origin": "access_log", "status": float64(status), "response_time_ms": float64(d) / 1e6}
		set := func(key, value string) {
			if value != "" {
				var valid strings.Builder
				for _, r := range value {
					valid.WriteRune(r)
				}
				want[key] = valid.String()
			}
		}
		set("src", m[3])
		set("http_method", m[4])
		set("uri_path", path)
		set("uri_query", query)
		for key, value := range want {
			if key == "response_time_ms" {
				if diff := e[key].(float64) - value.(float64); diff > 1e-6 || diff < -1e-6 {
					t.Errorf("%q: %s is %v, want %v", line, key, e[key], value)
				}
			} else if e[key] != value {
				t.Errorf("%q: %s is %q, want %q", line, key, e[key], value)
			}
		}
		if addr, err := netip.ParseAddr(m[3]); err == nil && utf8.ValidString(m[3]) {
			if got, _ := e["src_scope"].(string); got != scopeOf(addr.String()).String() {
				t.Errorf("%q: scope %q", line, got)
			}
		}
	})
}

// FuzzMillis: durations come out to the digit.
func FuzzMillis(f *testing.F) {
	for _, seed := range []int64{0, 1, 850, 5819, 94911, 1555917, 6001818700, 524e9, 3723e9} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, nanos int64) {
		if nanos < 0 || nanos > 1e17 {
			return
		}
		got, ok := appendMillis(nil, []byte(time.Duration(nanos).String()))
		want := strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%06d", nanos/1e6, nanos%1e6), "0"), ".")
		if !ok || string(got) != want {
			t.Errorf("%v: %s, %v, want %s", time.Duration(nanos), got, ok, want)
		}
	})
}

// TestRoutesOfAllVersions: every route that a version of Ollama has, as its source
// says, has an operation.
func TestRoutesOfAllVersions(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(readFile(t, "../testdata/routes.tsv")), "\n")
	parameter := regexp.MustCompile(`[:*]\w+`)
	for _, row := range rows[1:] {
		cells := strings.Split(row, "\t")
		path := parameter.ReplaceAllString(cells[2], "x")
		if api, operation := operation(cells[1], []byte(path)); operation == "unknown" || api == "other" {
			t.Errorf("Ollama %s: %s %s is %q of %q", cells[0], cells[1], cells[2], operation, api)
		}
	}
}
