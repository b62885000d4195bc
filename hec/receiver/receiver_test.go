package receiver

import (
	"encoding/base64"
	"strings"
	"testing"
)

const successReply = `{"text":"Success","code":0}`

var gzipped = map[string]string{"Content-Encoding": "gzip"}

// answers are requests, and what Splunk answers to each.
var answers = []struct {
	name   string
	call   call
	status int
	want   string
	taken  string // the events taken, as lines
}{
	{"success", call{body: `{"event":"a"}`}, 200, successReply, `{"event":"a"}`},
	{"bare path", call{path: "/services/collector", body: `{"event":"a"}`}, 200, successReply, `{"event":"a"}`},
	{"versioned path", call{path: "/services/collector/event/1.0", body: `{"event":"a"}`}, 200, successReply, `{"event":"a"}`},
	{
		"basic auth",
		call{auth: "Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+secret)), body: `{"event":1}`},
		200,
		successReply,
		`{"event":1}`,
	},
	{"gzip", call{header: gzipped, body: zip(`{"event":"a"}`)}, 200, successReply, `{"event":"a"}`},
	{"no channel without ack", call{path: "/services/collector/raw", body: "a\n"}, 200, successReply, `{"event":"a"}`},
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
	{"5 empty gzip", call{header: gzipped, body: zip("")}, 400, `{"text":"No data","code":5}`, ""},
	{"5 gzip without a byte", call{header: gzipped}, 400, `{"text":"No data","code":5}`, ""},
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
	{"6 not gzip", call{header: gzipped, body: `{"event":1}`}, 400, `{"text":"Invalid data format","code":6}`, ""},
	{
		"6 gzip cut off",
		call{header: gzipped, body: zip(`{"event":1}`)[:20]},
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

	{"fields without event are lost", call{body: `{"fields":{"a":"b"}}{"event":1}`}, 200, successReply, `{"event":1}`},
	{"unknown key loses the rest", call{body: `{"event":0}{"event":1,"Time":1}{"event":2}`}, 200, successReply, `{"event":0}`},
	{
		"array of objects",
		call{body: `[{"event":0}, {"event":1}]{"event":2}`},
		200,
		successReply,
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
		successReply,
		`{"event":1,"fields":{"a":["{","["]}}`,
	},
	{"escaped key", call{body: `{"\u0065vent":1}`}, 200, successReply, `{"\u0065vent":1}`},
}

func TestEachAnswerOfSplunk(t *testing.T) {
	for _, tt := range answers {
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
