package receiver

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

const (
	secret = "1f4d3c2b-0000-4000-8000-00000000aaaa"
	other  = "1f4d3c2b-0000-4000-8000-00000000bbbb"
	chanA  = "aaaaaaaa-1111-4111-8111-111111111111"
	chanB  = "bbbbbbbb-2222-4222-8222-222222222222"
)

// lineBuffer is an Out that tests may read while the receiver runs.
type lineBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lineBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lineBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start serves a receiver on loopback until the test ends.
func start(t testing.TB, options Options) *Receiver {
	t.Helper()
	r := New(options)
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return r
}

// call is one request; the zero parts are left out.
type call struct {
	method, path, body string
	auth               string // default: Splunk secret; "-": none
	channel            string
	header             map[string]string
}

func (c call) request(t testing.TB, r *Receiver) *http.Request {
	t.Helper()
	method, path := c.method, c.path
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = "/services/collector/event"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	switch c.auth {
	case "":
		req.Header.Set("Authorization", "Splunk "+secret)
	case "-":
	default:
		req.Header.Set("Authorization", c.auth)
	}
	if c.channel != "" {
		req.Header.Set("X-Splunk-Request-Channel", c.channel)
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	return req
}

func (c call) do(t testing.TB, r *Receiver) (status int, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(c.request(t, r))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (c call) expect(t testing.TB, r *Receiver, status int, body string) {
	t.Helper()
	if gotStatus, got := c.do(t, r); gotStatus != status || got != body {
		t.Errorf("got  %d %s\nwant %d %s", gotStatus, got, status, body)
	}
}

func zip(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func TestEachAnswerOfSplunk(t *testing.T) {
	const ok = `{"text":"Success","code":0}`
	gz := map[string]string{"Content-Encoding": "gzip"}
	tests := []struct {
		name   string
		call   call
		status int
		want   string
		taken  string // the events taken, as lines
	}{
		{"success", call{body: `{"event":"a"}`}, 200, ok, `{"event":"a"}`},
		{"bare path", call{path: "/services/collector", body: `{"event":"a"}`}, 200, ok, `{"event":"a"}`},
		{"versioned path", call{path: "/services/collector/event/1.0", body: `{"event":"a"}`}, 200, ok, `{"event":"a"}`},
		{
			"basic auth",
			call{auth: "Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+secret)), body: `{"event":1}`},
			200,
			ok,
			`{"event":1}`,
		},
		{"gzip", call{header: gz, body: zip(`{"event":"a"}`)}, 200, ok, `{"event":"a"}`},
		{"no channel without ack", call{path: "/services/collector/raw", body: "a\n"}, 200, ok, `{"event":"a"}`},
		{"options", call{method: "OPTIONS", auth: "-"}, 200, "", ""},

		{"1 disabled", call{auth: "Splunk off", body: `{"event":1}`}, 403, `{"text":"Token disabled","code":1}`, ""},
		{"2 none", call{auth: "-", body: `{"event":1}`}, 401, `{"text":"Token is required","code":2}`, ""},
		{
			"3 bearer",
			call{auth: "Bearer " + secret, body: `{"event":1}`},
			401,
			`{"text":"Invalid authorization","code":3}`,
			"",
		},
		{"3 blank", call{auth: "Splunk", body: `{"event":1}`}, 401, `{"text":"Invalid authorization","code":3}`, ""},
		{
			"3 basic without password",
			call{auth: "Basic eA==", body: `{"event":1}`},
			401,
			`{"text":"Invalid authorization","code":3}`,
			"",
		},
		{"4 unknown", call{auth: "Splunk x", body: `{"event":1}`}, 403, `{"text":"Invalid token","code":4}`, ""},
		{
			"4 unknown in query",
			call{auth: "-", path: "/services/collector?token=x", body: `{"event":1}`},
			403,
			`{"text":"Invalid token","code":4}`,
			"",
		},
		{
			"16 in query",
			call{auth: "-", path: "/services/collector?token=" + secret, body: `{"event":1}`},
			400,
			`{"text":"Query string authorization is not enabled","code":16}`,
			"",
		},
		{
			"16 beside a good header",
			call{path: "/services/collector?token=" + secret, body: `{"event":1}`},
			400,
			`{"text":"Query string authorization is not enabled","code":16}`,
			"",
		},

		{"5 empty", call{}, 400, `{"text":"No data","code":5}`, ""},
		{"5 blank", call{body: " \n\t"}, 400, `{"text":"No data","code":5}`, ""},
		{"5 empty gzip", call{header: gz, body: zip("")}, 400, `{"text":"No data","code":5}`, ""},
		{"5 gzip without a byte", call{header: gz}, 400, `{"text":"No data","code":5}`, ""},
		{"5 empty array", call{body: "[]"}, 400, `{"text":"No data","code":5}`, ""},
		{"5 raw blank", call{path: "/services/collector/raw", body: " \r\n\n"}, 400, `{"text":"No data","code":5}`, ""},
		{"5 unknown key first", call{body: `{"event":1,"x":1}{"event":2}`}, 400, `{"text":"No data","code":5}`, ""},

		{"6 first", call{body: `x{"event":1}`}, 400, `{"text":"Invalid data format","code":6,"invalid-event-number":0}`, ""},
		{
			"6 middle",
			call{body: `{"event":0}{"event":1,}{"event":2}`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":1}`,
			`{"event":0}`,
		},
		{
			"6 last, cut off",
			call{body: `{"event":0}{"event":1}{"event":`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":2}`,
			`{"event":0}` + "\n" + `{"event":1}`,
		},
		{
			"6 comma between",
			call{body: `{"event":0},{"event":1}`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":1}`,
			`{"event":0}`,
		},
		{"6 scalar", call{body: `"event"`}, 400, `{"text":"Invalid data format","code":6,"invalid-event-number":0}`, ""},
		{
			"6 raw newline in string",
			call{body: "{\"event\":\"a\nb\"}"},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":0}`,
			"",
		},
		{
			"6 NaN",
			call{body: `{"time":NaN,"event":1}`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":0}`,
			"",
		},
		{
			"6 fields is no object",
			call{body: `{"event":1,"fields":["a"]}`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":0}`,
			"",
		},
		{
			"6 host is no string",
			call{body: `{"event":1,"host":7}`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":0}`,
			"",
		},
		{"6 not gzip", call{header: gz, body: `{"event":1}`}, 400, `{"text":"Invalid data format","code":6}`, ""},
		{
			"6 gzip cut off",
			call{header: gz, body: zip(`{"event":1}`)[:20]},
			400,
			`{"text":"Invalid data format","code":6}`,
			"",
		},

		{
			"7 names the next",
			call{body: `{"event":0,"index":"main"}{"event":1,"index":"no"}{"event":2}`},
			400,
			`{"text":"Incorrect index","code":7,"invalid-event-number":2}`,
			`{"event":0,"index":"main"}`,
		},
		{"7 raw", call{path: "/services/collector/raw?index=no", body: "a"}, 400, `{"text":"Incorrect index","code":7}`, ""},
		{
			"12",
			call{body: `{"event":0}{"host":"h"}{"event":2}`},
			400,
			`{"text":"Event field is required","code":12,"invalid-event-number":1}`,
			`{"event":0}`,
		},
		{
			"13 empty",
			call{body: `{"event":0}{"event":""}`},
			400,
			`{"text":"Event field cannot be blank","code":13,"invalid-event-number":1}`,
			`{"event":0}`,
		},
		{
			"13 space",
			call{body: `{"event":" \n"}`},
			400,
			`{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}`,
			"",
		},
		{
			"13 null",
			call{body: `{"event":null}`},
			400,
			`{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}`,
			"",
		},
		{
			"13 empty object",
			call{body: `{"event":{ }}`},
			400,
			`{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}`,
			"",
		},
		{"14", call{path: "/services/collector/ack", body: `{"acks":[0]}`}, 400, `{"text":"ACK is disabled","code":14}`, ""},
		{
			"15 nested object",
			call{body: `{"event":0}{"event":1,"fields":{"a":{"b":"c"}}}`},
			400,
			`{"text":"Error in handling indexed fields","code":15,"invalid-event-number":1}`,
			`{"event":0}`,
		},
		{
			"15 object in array",
			call{body: `{"event":1,"fields":{"a":["{",{}]}}`},
			400,
			`{"text":"Error in handling indexed fields","code":15,"invalid-event-number":0}`,
			"",
		},
		{
			"15 time in words",
			call{body: `{"event":1,"time":"now"}`},
			400,
			`{"text":"Error in handling indexed fields","code":15,"invalid-event-number":0}`,
			"",
		},
		{
			"15 time with exponent",
			call{body: `{"event":1,"time":1.7e9}`},
			400,
			`{"text":"Error in handling indexed fields","code":15,"invalid-event-number":0}`,
			"",
		},
		{
			"17",
			call{method: "GET", auth: "-", path: "/services/collector/health/1.0"},
			200,
			`{"text":"HEC is healthy","code":17}`,
			"",
		},
		{
			"17 with a bad token",
			call{method: "GET", auth: "Splunk x", path: "/services/collector/health"},
			200,
			`{"text":"HEC is healthy","code":17}`,
			"",
		},

		{
			"404",
			call{path: "/services/collector/events", body: `{"event":1}`},
			404,
			`{"text":"The requested URL was not found on this server.","code":404}`,
			"",
		},
		{"405 get", call{method: "GET"}, 405, `{"text":"The requested URL was not found on this server.","code":404}`, ""},
		{
			"405 put",
			call{method: "PUT", body: `{"event":1}`},
			405,
			`{"text":"The requested URL was not found on this server.","code":404}`,
			"",
		},
		{
			"405 health",
			call{path: "/services/collector/health"},
			405,
			`{"text":"The requested URL was not found on this server.","code":404}`,
			"",
		},
		{
			"405 one letter",
			call{method: "O"},
			405,
			`{"text":"The requested URL was not found on this server.","code":404}`,
			"",
		},

		{"fields without event are lost", call{body: `{"fields":{"a":"b"}}{"event":1}`}, 200, ok, `{"event":1}`},
		{"unknown key loses the rest", call{body: `{"event":0}{"event":1,"Time":1}{"event":2}`}, 200, ok, `{"event":0}`},
		{
			"array of objects",
			call{body: `[{"event":0}, {"event":1}]{"event":2}`},
			200,
			ok,
			`{"event":0}` + "\n" + `{"event":1}` + "\n" + `{"event":2}`,
		},
		{
			"array cut off",
			call{body: `[{"event":0},`},
			400,
			`{"text":"Invalid data format","code":6,"invalid-event-number":1}`,
			`{"event":0}`,
		},
		{
			"brackets in a field's string",
			call{body: `{"event":1,"fields":{"a":["{","["]}}`},
			200,
			ok,
			`{"event":1,"fields":{"a":["{","["]}}`,
		},
		{"escaped key", call{body: `{"\u0065vent":1}`}, 200, ok, `{"\u0065vent":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out lineBuffer
			r := start(t, Options{Out: &out, Tokens: []Token{
				{Value: secret, Indexes: []string{"main"}},
				{Value: "off", Disabled: true},
			}})
			tt.call.expect(t, r, tt.status, tt.want)
			if got := strings.TrimSuffix(out.String(), "\n"); got != tt.taken {
				t.Errorf("taken:\n%s\nwant:\n%s", got, tt.taken)
			}
			if got := r.Stats().Statuses[tt.status]; got != 1 {
				t.Errorf("Stats counts %d answers of %d, want 1", got, tt.status)
			}
		})
	}
}
