package dashboard

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
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
	structure := definition.Layout.LayoutDefinitions["layout_overview"].Structure
	if view.Version != "2" || len(structure) != len(Panels()) {
		t.Errorf("version %s, %d panels of %d", view.Version, len(structure), len(Panels()))
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

// events are the log lines of a real server, and requests and prompts as they
// are delivered.
func events(t *testing.T) []spl.Row {
	t.Helper()
	var rows []spl.Row
	add := func(sourcetype, raw string) {
		rows = append(rows, detections.Fields(detections.Event{Sourcetype: sourcetype, Source: "server.log", Host: "gpu-1",
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
	} {
		add("ollama:api", raw)
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
	want := map[string]string{"requests": "3", "errors": "1", "p95": "160", "external": "1", "failures": "6"}
	for _, p := range Panels() {
		if strings.Contains(p.Search, "$") {
			t.Errorf("%s: $ begins a token", p.ID)
		}
		s, err := spl.Compile(p.Search, env)
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
		if v, ok := want[p.ID]; ok && res.Rows[0].First(res.Columns[0]) != v {
			t.Errorf("%s shows %v, want %s", p.ID, res.Rows[0], v)
		}
	}
}
