package dashboard

import (
	"cmp"
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/spl"
)

var update = flag.Bool("update", false, "write the view anew")

const viewPath = "../default/data/ui/views/ollama.xml"

// The committed view is what the panels yield.
func TestView(t *testing.T) {
	if *update {
		if err := os.WriteFile(viewPath, []byte(View()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(viewPath)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != View() {
		t.Errorf("%s is not what the panels yield; run the test with -update", viewPath)
	}
}

// The view is XML that holds a definition in JSON, and no panel lies on another.
func TestViewIsWellFormed(t *testing.T) {
	var view struct {
		Version    string `xml:"version,attr"`
		Definition string `xml:"definition"`
	}
	if err := xml.Unmarshal([]byte(View()), &view); err != nil {
		t.Fatal(err)
	}
	var definition struct {
		Layout struct {
			LayoutDefinitions map[string]struct {
				Structure []struct {
					Item     string
					Position struct{ X, Y, W, H int }
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(view.Definition), &definition); err != nil {
		t.Fatal(err)
	}
	if view.Version != "2" || len(definition.Layout.LayoutDefinitions) != len(Tabs()) {
		t.Errorf("version %s, %d layouts of %d", view.Version, len(definition.Layout.LayoutDefinitions), len(Tabs()))
	}
	for _, tab := range Tabs() {
		structure := definition.Layout.LayoutDefinitions["layout_"+tab.ID].Structure
		if len(structure) != len(tab.Panels) {
			t.Errorf("%s: %d panels of %d", tab.ID, len(structure), len(tab.Panels))
		}
		for i, a := range structure {
			for _, b := range structure[:i] {
				p, q := a.Position, b.Position
				if p.X < q.X+q.W && q.X < p.X+p.W && p.Y < q.Y+q.H && q.Y < p.Y+p.H {
					t.Errorf("%s lies on %s", a.Item, b.Item)
				}
			}
			if a.Position.X+a.Position.W > 1200 {
				t.Errorf("%s is out of the grid", a.Item)
			}
		}
	}
}

// panels are those of all pages.
func panels() (list []Panel) {
	for _, tab := range Tabs() {
		list = append(list, tab.Panels...)
	}
	return list
}

// Each panel has an identity of its own, and looks only in the indexes that the input names.
func TestIdentities(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range panels() {
		if seen[p.ID] {
			t.Errorf("%s comes twice", p.ID)
		}
		seen[p.ID] = true
		macros, narrowed := strings.Count(p.query(), "`ollama_"), strings.Count(p.query(), "` index IN ($index$))")
		if p.ID == "arrivals" {
			continue // looks everywhere, by design
		}
		if macros != narrowed || macros == 0 {
			t.Errorf("%s: %d of %d macros look in the indexes that the input names: %s", p.ID, narrowed, macros, p.query())
		}
	}
}

// events are the log lines of a real server, and requests and prompts as they
// are delivered.
func events(t *testing.T) []spl.Row {
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
	for _, raw := range []string{
		`{"origin":"access_log","src":"203.0.113.77","src_scope":"external","http_method":"GET","uri_path":"/api/tags","status":200,"response_time_ms":0.6,"api":"ollama","operation":"list"}`,
		`{"origin":"access_log","src":"192.168.1.40","src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":200,"response_time_ms":160,"api":"ollama","operation":"chat"}`,
		`{"origin":"access_log","src":"127.0.0.1","src_scope":"loopback","http_method":"POST","uri_path":"/api/pull","status":500,"response_time_ms":1.2,"api":"ollama","operation":"pull"}`,
		`{"origin":"capture","src":"10.0.0.5","src_port":40112,"src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":200,"response_time_ms":900,"operation":"chat","dest":"192.0.2.1","dest_port":11434,` +
			`"http_user_agent":"ollama-python/0.4","model":"llama3.2","stream":true,"ttft_ms":120,"prompt_tokens":26,"completion_tokens":90,"done_reason":"stop","connection_id":"2f01"}`,
		`{"origin":"proxy","src":"10.0.0.6","src_port":40113,"src_scope":"private","http_method":"POST","uri_path":"/api/chat","status":200,"response_time_ms":700,"operation":"chat","dest":"192.0.2.1","dest_port":11434,` +
			`"model":"gpt-oss:120b-cloud","cloud":true,"stream":true,"ttft_ms":80,"prompt_tokens":4,"done_reason":"stop"}`,
	} {
		add("ollama:api", raw)
	}
	for _, raw := range []string{
		`{"origin":"sock_diag","src":"10.0.0.5","src_port":40112,"src_scope":"private","dest_port":11434,"bytes_in":300,"bytes_out":4000,"state":"closed","connection_id":"2f01"}`,
		`{"origin":"sock_diag","src":"203.0.113.9","src_scope":"external","dest_port":11434,"bytes_in":0,"bytes_out":0,"state":"closed","count":7}`,
		`{"origin":"sock_diag","lost":94}`,
	} {
		add("ollama:connection", raw)
	}
	add("ollama:prompts", `{"origin":"trace_log","prompt_length":11,"prompt":"hello there"}`)
	return rows
}

// Each search, run on those events on the shipped extractions, has something to
// show, and each column of each table holds something: no field is made up.
func TestSearches(t *testing.T) {
	rows := events(t)
	env := spl.Env{Macros: make(map[string]string)}
	for _, m := range detections.Macros() {
		env.Macros[m.Name] = m.Definition
	}
	want := map[string]string{
		"requests": "5", "errors": "1", "p95": "900", "external": "1", "failures": "6", "captured_requests": "2", "prompt_tokens": "30",
		"completion_tokens": "90", "cloud_requests": "1", "accepted": "8", "slowest": "10.0.0.5", "cloud_models": "gpt-oss:120b-cloud",
		"models_used": "llama3.2", "users": "10.0.0.5", "silent": "203.0.113.9", "connections_by_source": "203.0.113.9",
	}
	first := map[string]string{"slowest": "src"} // the column that is looked at, where it is not the first
	for _, p := range panels() {
		if strings.Contains(p.Search, "$") {
			t.Errorf("%s: $ begins a token", p.ID)
		}
		s, err := spl.Compile(strings.ReplaceAll(p.query(), "$index$", "other, oll*"), env)
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		res := s.Run(rows)
		if len(res.Rows) == 0 {
			t.Errorf("%s shows nothing", p.ID)
			continue
		}
		for _, c := range res.Columns {
			filled := false
			for _, r := range res.Rows {
				filled = filled || r.First(c) != ""
			}
			if !filled {
				t.Errorf("%s: column %s is empty", p.ID, c)
			}
		}
		if v, ok := want[p.ID]; ok && res.Rows[0].First(cmp.Or(first[p.ID], res.Columns[0])) != v {
			t.Errorf("%s shows %v, want %s", p.ID, res.Rows[0], v)
		}
		if p.ID == "arrivals" {
			continue
		}
		if elsewhere, err := spl.Compile(strings.ReplaceAll(p.query(), "$index$", "other"), env); err != nil {
			t.Errorf("%s: %v", p.ID, err)
		} else if got := elsewhere.Run(rows).Rows; !reflect.DeepEqual(got, elsewhere.Run(nil).Rows) {
			t.Errorf("%s shows %v of another index", p.ID, got)
		}
	}
}
