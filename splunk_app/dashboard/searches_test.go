package dashboard

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/spl"
)

// sample are the log lines of a real server, and requests, prompts, connections and the
// shipper's own events as they are delivered.
func sample(t *testing.T) []spl.Row {
	t.Helper()
	var rows []spl.Row
	add := func(sourcetype, raw string) {
		rows = append(rows, detections.Fields(detections.Event{Sourcetype: sourcetype, Source: "server.log", Host: "gpu-1", Index: "ollama",
			Time: strconv.Itoa(1_767_773_642 + len(rows)), Raw: raw}))
	}
	text, err := os.ReadFile("../../testdata/corpus/v0.13.5-info.log")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		add("ollama:server", l)
	}
	for sourcetype, list := range delivered {
		for _, raw := range list {
			add(sourcetype, raw)
		}
	}
	return rows
}

var delivered = map[string][]string{
	"ollama:api": {
		`{"origin":"access_log","src":"203.0.113.77","src_scope":"external","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.6,"api":"ollama","operation":"list"}`,
		`{"origin":"access_log","src":"192.168.1.40","src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":200,"response_time_ms":160,"api":"ollama","operation":"chat"}`,
		`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"POST","uri_path":"/api/pull","status":500,"response_time_ms":1.2,"api":"ollama","operation":"pull"}`,
		`{"origin":"access_log","http_method":"GET","uri_path":"/api/version","status":200,"response_time_ms":0.2,"api":"ollama","operation":"version"}`,
		`{"origin":"capture","src":"10.0.0.5","src_port":40112,"src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":200,"response_time_ms":900,"operation":"chat","dest":"192.0.2.1","dest_port":11434,` +
			`"http_user_agent":"ollama-python/0.4","model":"llama3.2","stream":true,"ttft_ms":120,"prompt_tokens":26,"completion_tokens":90,"done_reason":"stop","connection_id":"2f01"}`,
		`{"origin":"proxy","src":"10.0.0.6","src_port":40113,"src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":200,"response_time_ms":700,"operation":"chat","dest":"192.0.2.1","dest_port":11434,` +
			`"model":"gpt-oss:120b-cloud","cloud":true,"stream":true,"ttft_ms":80,"prompt_tokens":4,"done_reason":"stop"}`,
		`{"origin":"capture","src":"10.0.0.5","src_port":40114,"src_scope":"private","http_method":"POST","uri_path":"/api/chat","operation":"chat","dest":"192.0.2.1","dest_port":11434,"model":"llama3.2","cut":"client"}`,
	},
	"ollama:connection": {
		`{"origin":"sock_diag","src":"10.0.0.5","src_port":40112,"src_scope":"private","dest_port":11434,"bytes_in":300,"bytes_out":4000,"state":"closed","connection_id":"2f01"}`,
		`{"origin":"sock_diag","src":"203.0.113.9","src_scope":"external","dest_port":11434,"bytes_in":0,"bytes_out":0,"state":"closed","count":7}`,
		`{"origin":"sock_diag","lost":94}`,
	},
	"ollama:prompts": {`{"origin":"trace_log","prompt_length":11,"prompt":"hello there"}`},
	"ollama:hec:health": {
		`{"version":"0.1.0","commit":"abc","uptime_seconds":60,"events_server":90,"events_api":8,"events_prompts":2,"retries":1,"dead_letters":0,"lost_bytes":0,"files":2,"lag_bytes":900,"lag_seconds":400,"lag_file":"/a.log","memory_bytes":20971520}`,
		`{"version":"0.1.0","commit":"abc","uptime_seconds":120,"events_server":140,"events_api":8,"events_prompts":2,"retries":3,"dead_letters":2,"lost_bytes":7,"files":2,"lag_bytes":10,"lag_seconds":2.5,"lag_file":"/b.log","memory_bytes":20971520}`,
		`{"version":"0.1.1","commit":"abd","uptime_seconds":30,"events_server":40,"events_api":1,"events_prompts":0,"retries":1,"dead_letters":1,"lost_bytes":0,"files":2,"lag_bytes":10,"lag_seconds":1.5,"lag_file":"/b.log","memory_bytes":20971520,"checkpoint_error":"disk full"}`,
		`{"origin":"capture","capture_started":true,"pid":7,"version":"0.1.1","captures":"requests,connections"}`,
		`{"origin":"capture","lost_records":5,"lost_queue":5,"since":"2026-01-07T08:14:02Z"}`,
	},
}

// compiled is a search in the model of Splunk, with the tokens of the inputs replaced.
func compiled(t *testing.T, search, index, host string) *spl.Search {
	t.Helper()
	return compiledAt(t, search, index, host, spl.Times{Now: time.Unix(1_767_773_900, 0)})
}

func compiledAt(t *testing.T, search, index, host string, times spl.Times) *spl.Search {
	t.Helper()
	env := spl.Env{Macros: make(map[string]string), Times: times}
	for _, m := range detections.Macros() {
		env.Macros[m.Name] = m.Definition
	}
	s, err := spl.Compile(strings.NewReplacer("$index$", index, "$host$", host).Replace(search), env)
	if err != nil {
		t.Fatalf("%v in %s", err, search)
	}
	return s
}

// Each search, run on those events with the shipped extractions, has something to show, and
// each column that it has and no other is the panel's, and holds something: no field is made up.
func TestSearches(t *testing.T) {
	rows := sample(t)
	for _, v := range Views() {
		for _, p := range v.Panels() {
			res := compiled(t, picked(p.Whole()), "other, oll*", "*").Run(rows)
			if len(res.Rows) == 0 {
				t.Errorf("%s shows nothing", p.ID)
				continue
			}
			for _, c := range res.Columns {
				if !slices.ContainsFunc(res.Rows, func(r spl.Row) bool { return r.First(c) != "" }) {
					t.Errorf("%s: column %s is empty", p.ID, c)
				}
			}
			var want []string
			for _, c := range p.Columns {
				want = append(want, c.Name)
			}
			if p.Kind == Table && !reflect.DeepEqual(res.Columns, want) {
				t.Errorf("%s has the columns %v, formats %v", p.ID, res.Columns, want)
			}
			if p.Kind == Single && len(res.Columns) != 1 {
				t.Errorf("%s shows one number and has the columns %v", p.ID, res.Columns)
			}
			if (p.Kind == Line || p.Kind == Column) && res.Columns[0] != "_time" {
				t.Errorf("%s is not by time but %v", p.ID, res.Columns)
			}
		}
	}
}

// What panels show of those events, in a column.
func TestNumbers(t *testing.T) {
	rows := sample(t)
	want := map[string]string{
		"requests": "requests 7", "errors": "errors 1", "p95": "p95 0.9", "external": "sources 1", "failures": "failures 6",
		"captured_requests": "requests 3", "prompt_tokens": "tokens 30", "completion_tokens": "tokens 90", "cloud_requests": "requests 1",
		"accepted": "connections 8", "slowest": "src 10.0.0.5", "cloud_models": "model gpt-oss:120b-cloud", "models_used": "model llama3.2",
		"users": "src 10.0.0.5", "silent": "src 203.0.113.9", "connections_by_source": "src 203.0.113.9", "sources": "src 203.0.113.77",
		// The counts before a restart and after it: 50 and 41 events, 2 and 1 retries and dead letters.
		"shippers": "shippers 1", "gone": "silent 0", "longest": "lag 1.5", "dead": "dead_letters 3", "lost": "lost_bytes 7",
		"each_shipper": "events 91", "capture_losses": "lost_records 5", "trouble": "retries 3",
	}
	for _, v := range Views() {
		for _, p := range v.Panels() {
			column, value, ok := strings.Cut(want[p.ID], " ")
			if !ok {
				continue
			}
			delete(want, p.ID)
			res := compiled(t, picked(p.Whole()), "*", "*").Run(rows)
			if got := res.Rows[0].First(column); got != value {
				t.Errorf("%s shows %v, want %s", p.ID, res.Rows[0], value)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("no panels %v", want)
	}
}

// A shipper is silent by the clock, also where all are; in the past by the end of what is looked at.
func TestSilent(t *testing.T) {
	var panel Panel
	for _, v := range Views() {
		for _, p := range v.Panels() {
			if p.ID == "gone" {
				panel = p
			}
		}
	}
	last := map[string]int64{"a": 10_000, "b": 10_400, "c": 10_900}
	var rows []spl.Row
	for host, at := range last {
		for _, t := range []int64{at - 60, at} {
			rows = append(rows, detections.Fields(detections.Event{Sourcetype: "ollama:hec:health", Source: "ollama-hec", Host: host, Index: "ollama",
				Time: strconv.FormatInt(t, 10), Raw: delivered["ollama:hec:health"][0]}))
		}
	}
	at := func(seconds int64) time.Time { return time.Unix(seconds, 0) }
	for _, tt := range []struct {
		name  string
		times spl.Times
		want  string
	}{
		{"none", spl.Times{Now: at(10_600)}, "0"},
		{"one", spl.Times{Now: at(10_960)}, "1"},
		{"some", spl.Times{Now: at(11_100)}, "2"},
		{"all", spl.Times{Now: at(20_000)}, "3"},
		{"all, of the last day", spl.Times{Now: at(20_000), Earliest: at(0), Latest: at(20_000)}, "3"},
		{"one, of a day long past", spl.Times{Now: at(900_000), Latest: at(10_960)}, "1"},
	} {
		res := compiledAt(t, picked(panel.Whole()), "*", "*", tt.times).Run(rows)
		if got := res.Rows[0].First("silent"); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// Each search looks only in the indexes and at the hosts that are picked.
func TestPicked(t *testing.T) {
	rows := sample(t)
	for _, v := range Views() {
		for _, p := range v.Panels() {
			if p.Always {
				continue
			}
			for _, pick := range [][2]string{{"other", "*"}, {"*", "other"}} {
				s := compiled(t, picked(p.Whole()), pick[0], pick[1])
				if got, want := s.Run(rows).Rows, s.Run(nil).Rows; !reflect.DeepEqual(got, want) {
					t.Errorf("%s shows %v of other than index %s, host %s", p.ID, got, pick[0], pick[1])
				}
			}
		}
	}
}

// A number that is not known is not shown, with or without its unit; a count is 0.
func TestNothing(t *testing.T) {
	unknown := []string{"p95", "prompt_tokens", "completion_tokens", "longest"}
	for _, v := range Views() {
		for _, p := range v.Panels() {
			if p.Kind != Single {
				continue
			}
			res := compiled(t, picked(p.Whole()), "*", "*").Run(nil)
			if slices.Contains(unknown, p.ID) {
				if len(res.Rows) != 0 {
					t.Errorf("%s shows %v of nothing", p.ID, res.Rows)
				}
				continue
			}
			if len(res.Rows) != 1 || res.Rows[0].First(res.Columns[0]) != "0" {
				t.Errorf("%s shows %v of nothing", p.ID, res.Rows)
			}
		}
	}
}

// A panel that refines the rows of a base shows what it would show of the events themselves.
func TestChained(t *testing.T) {
	rows := sample(t)
	straight := map[string]string{
		"requests":     "`ollama_api` | stats count as requests",
		"errors":       "`ollama_api` status>=500 | stats count as errors",
		"external":     "`ollama_api` src_scope=external | stats dc(src) as sources",
		"failures":     networkFailures() + " | stats count as failures",
		"by_operation": "`ollama_api` | timechart count by operation",
		"by_status":    "`ollama_api` status>=400 | timechart count by status",
		"sources": "`ollama_api` src_scope=external | stats count as requests, values(operation) as operations, values(status) as statuses, max(_time) as seen by src, host " +
			lastSeen + " | sort - requests",
		"models": "`ollama_api` operation IN (pull, push, create, copy, delete) | stats count as requests, values(status) as statuses, max(_time) as seen by operation, src, host " +
			lastSeen + " | sort - requests",
		"failure_table": networkFailures() + " | stats count as incidents, values(kind) as kinds, values(remote_host) as remote_hosts, values(error_message) as error_messages, " +
			"max(_time) as seen by host " + lastSeen,
		"captured_requests": wire + " | stats count as requests",
		"prompt_tokens":     wire + " | stats sum(prompt_tokens) as tokens",
		"completion_tokens": wire + " | stats sum(completion_tokens) as tokens",
		"cloud_requests":    wire + " cloud=true | stats count as requests",
		"accepted":          "`ollama_connection` | stats sum(connections) as connections",
		"tokens_by_model":   wire + " model=* " + tokens + " | timechart sum(tokens) by model",
		"cloud_models": wire + " cloud=true " + tokens + " | stats count as requests, sum(tokens) as tokens, dc(src) as sources, max(_time) as seen by model, host " +
			lastSeen + " | sort - requests",
		"users": wire + " " + tokens + ` | eval http_user_agent=coalesce(http_user_agent, "(none)") ` +
			"| stats count as requests, sum(tokens) as tokens, values(model) as models, max(_time) as seen by src, http_user_agent " + lastSeen + " | sort 100 - requests",
		"connections_over_time": "`ollama_connection` | timechart sum(connections) as connections, sum(lost) as not_seen",
		"connections_by_source": "`ollama_connection` src=* | stats sum(connections) as connections, sum(bytes_in) as bytes_in, sum(bytes_out) as bytes_out, max(_time) as seen " +
			"by src, src_scope, host " + lastSeen + " | sort 100 - connections",
		"shippers": health + " uptime_seconds=* | stats dc(host) as shippers",
		"gone":     health + " uptime_seconds=* | addinfo | stats max(_time) as seen, max(info_search_time) as now by host | where now-seen>600 | stats count as silent",
		"longest":  health + " uptime_seconds=* | sort 0 _time | stats last(lag_seconds) as lag by host | stats max(lag) as lag",
		"lag":      health + " uptime_seconds=* | timechart max(lag_seconds) by host",
	}
	// Those that compare an event with the one before it; TestNumbers has what they show.
	inBase := []string{"dead", "lost", "delivered", "each_shipper", "trouble"}
	for _, v := range Views() {
		refining := map[string]int{}
		for _, p := range v.Panels() {
			if p.Base == nil {
				continue
			}
			if refining[p.Base.ID]++; refining[p.Base.ID] > 10 {
				t.Errorf("%s: more than ten searches refine %s", v.ID, p.Base.ID)
			}
			if slices.Contains(inBase, p.ID) {
				continue
			}
			if straight[p.ID] == "" {
				t.Errorf("%s is not compared", p.ID)
				continue
			}
			got, want := compiled(t, p.Whole(), "", "").Run(rows), compiled(t, straight[p.ID], "", "").Run(rows)
			if g, w := shown(got.Columns, got.Rows), shown(got.Columns, want.Rows); g != w {
				t.Errorf("%s shows\n%swant\n%s", p.ID, g, w)
			}
		}
	}
}

// shown is rows in these columns, as text.
func shown(columns []string, rows []spl.Row) string {
	var b strings.Builder
	for _, r := range rows {
		for _, c := range columns {
			fmt.Fprintf(&b, "%s=%v ", c, r[c])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// A click leads to a search of this add-on that finds events behind the row that was clicked.
func TestClicks(t *testing.T) {
	rows := sample(t)
	for _, v := range Views() {
		d := parsed(t, v)
		for _, p := range v.Panels() {
			if p.Always {
				continue
			}
			handlers := d.Visualizations["viz_"+p.ID].EventHandlers
			if len(handlers) != 1 {
				t.Errorf("%s: %d links", p.ID, len(handlers))
				continue
			}
			address := handlers[0].Options.URL
			res := compiled(t, p.Whole(), "*", "*").Run(rows)
			address = anyToken.ReplaceAllStringFunc(address, func(token string) string {
				return url.QueryEscape(clicked(t, p, res, strings.Trim(token, "$")))
			})
			u, err := url.Parse(address)
			if err != nil || u.Path != "/app/TA-ollama-hec/search" {
				t.Errorf("%s leads to %s: %v", p.ID, address, err)
				continue
			}
			if q := u.Query(); q.Get("earliest") != "global_time.earliest" || q.Get("latest") != "global_time.latest" {
				t.Errorf("%s leads to the times %v", p.ID, q)
			}
			if found := compiled(t, u.Query().Get("q"), "", "").Run(rows).Rows; len(found) == 0 {
				t.Errorf("%s leads to %s, which finds nothing", p.ID, u.Query().Get("q"))
			}
		}
	}
}

// clicked is what a token stands for after a click on the first row, or on the last series.
func clicked(t *testing.T, p Panel, res spl.Result, token string) string {
	t.Helper()
	name, filters, _ := strings.Cut(token, "|")
	value := name
	switch field, ofRow := strings.CutPrefix(name, "row."); {
	case name == "index" || name == "host":
		value = "*"
	case name == "name" && p.Kind != Table:
		value = res.Columns[len(res.Columns)-1]
	case ofRow && p.Kind == Table:
		field = strings.TrimSuffix(field, ".value")
		if !slices.Contains(res.Columns, field) {
			t.Errorf("%s: a click needs %s, columns are %v", p.ID, field, res.Columns)
		}
		value = res.Rows[0].First(field)
	case name != "global_time.earliest" && name != "global_time.latest":
		t.Errorf("%s: a click needs %s", p.ID, name)
	}
	if (filters == "s|u") != (value != name && value != "*") || !strings.HasSuffix(filters, "u") {
		t.Errorf("%s: %s has the filters %s", p.ID, name, filters)
	}
	if filters == "s|u" {
		return strconv.Quote(value)
	}
	return value
}

// The shipper's events of the sample, and so the fields that searches find there, have only
// keys that the shipper sends.
func TestHealthFields(t *testing.T) {
	source, err := os.ReadFile("../../cmd/internal/heartbeat/report.go")
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for _, raw := range delivered["ollama:hec:health"] {
		var keys map[string]any
		if err := json.Unmarshal([]byte(raw), &keys); err != nil {
			t.Fatal(err)
		}
		if keys["origin"] != nil {
			continue // capture's
		}
		for name := range keys {
			looked++
			if !regexp.MustCompile("`json:\"" + name + "[\",]").Match(source) {
				t.Errorf("the shipper does not send %s", name)
			}
		}
	}
	if looked == 0 {
		t.Error("no keys")
	}
}

// A search counts by the span that is asked for, in its base as in its chart.
func TestSpanned(t *testing.T) {
	for _, v := range Views() {
		for _, p := range v.Panels() {
			if p.Kind != Line && p.Kind != Column {
				continue
			}
			text := Spanned(p.Whole(), "10s")
			if strings.Contains(text, "span="+step) || strings.Count(text, "| timechart span=10s ") != 1 {
				t.Errorf("%s becomes %s", p.ID, text)
			}
			res := compiled(t, text, "", "").Run(sample(t))
			if len(res.Rows) < 2 && len(compiled(t, p.Whole(), "", "").Run(sample(t)).Rows) > 1 {
				t.Errorf("%s: %d spans", p.ID, len(res.Rows))
			}
		}
	}
}
