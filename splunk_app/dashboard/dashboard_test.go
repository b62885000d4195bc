package dashboard

import (
	"encoding/json"
	"encoding/xml"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the views and the table of panels anew")

const viewFolder = "../default/data/ui/views/"

// The committed views are what the panels yield, and there is no other page.
func TestViews(t *testing.T) {
	for _, v := range Views() {
		path := viewFolder + v.ID + ".xml"
		if *update {
			if err := os.WriteFile(path, []byte(v.XML()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != v.XML() {
			t.Errorf("%s is not what the panels yield; run the test with -update", path)
		}
	}
	if paths, err := filepath.Glob(viewFolder + "ollama*.xml"); err != nil || len(paths) != len(Views()) {
		t.Errorf("%d views, files are %v (%v)", len(Views()), paths, err)
	}
}

// definition is what the tests read of a view.
type definition struct {
	DataSources map[string]struct {
		Type    string
		Options struct{ Query, Extend string }
	}
	Visualizations map[string]visualization
	Inputs         map[string]struct {
		Options struct{ Token string }
	}
	Layout struct {
		Type         string
		GlobalInputs []string
		Structure    []struct {
			Item     string
			Position struct{ X, Y, W, H int }
		}
	}
}

type visualization struct {
	Type        string
	Title       string
	Description string
	DataSources struct{ Primary string }
	Options     struct {
		ColumnFormat map[string]struct{ Width int }
	}
	EventHandlers []struct {
		Options struct{ URL string }
	}
}

// parsed is the definition that stands in a view.
func parsed(t *testing.T, v View) definition {
	t.Helper()
	var view struct {
		Version    string `xml:"version,attr"`
		Definition string `xml:"definition"`
	}
	if err := xml.Unmarshal([]byte(v.XML()), &view); err != nil {
		t.Fatal(err)
	}
	var d definition
	if err := json.Unmarshal([]byte(view.Definition), &d); err != nil {
		t.Fatal(err)
	}
	if view.Version != "2" {
		t.Errorf("version %s", view.Version)
	}
	return d
}

// A view is a plain grid, as Splunk 9.0 knows it: its panels fill the rows, and none lies on another.
func TestLayout(t *testing.T) {
	for _, v := range Views() {
		layout := parsed(t, v).Layout
		if layout.Type != "grid" || len(layout.Structure) != len(v.Panels()) {
			t.Errorf("%s: %s with %d panels of %d", v.ID, layout.Type, len(layout.Structure), len(v.Panels()))
		}
		filled, height := 0, 0
		for i, a := range layout.Structure {
			for _, b := range layout.Structure[:i] {
				p, q := a.Position, b.Position
				if p.X < q.X+q.W && q.X < p.X+p.W && p.Y < q.Y+q.H && q.Y < p.Y+p.H {
					t.Errorf("%s: %s lies on %s", v.ID, a.Item, b.Item)
				}
			}
			if a.Position.X+a.Position.W > width {
				t.Errorf("%s: %s is out of the grid", v.ID, a.Item)
			}
			filled += a.Position.W * a.Position.H
			height = max(height, a.Position.Y+a.Position.H)
		}
		if filled != width*height {
			t.Errorf("%s: panels fill %d of %d", v.ID, filled, width*height)
		}
	}
}

// Each panel has an identity of its own in its view, and says what to check where it is empty.
func TestIdentities(t *testing.T) {
	seen := make(map[string]bool)
	for _, v := range Views() {
		if seen[v.ID] || v.Label == "" || v.About == "" {
			t.Errorf("view %+v comes twice or says nothing of itself", v.ID)
		}
		seen[v.ID] = true
		for _, p := range v.Panels() {
			if seen[p.ID] {
				t.Errorf("%s comes twice", p.ID)
			}
			seen[p.ID] = true
			if p.Title == "" || p.Empty == "" && !p.Always || (p.Kind == Table) != (len(p.Columns) > 0) {
				t.Errorf("%s: title %q, where empty %q, %d columns", p.ID, p.Title, p.Empty, len(p.Columns))
			}
			if p.Kind != Single && p.Empty != "" && !strings.Contains(parsed(t, v).Visualizations["viz_"+p.ID].Description, p.Empty) {
				t.Errorf("%s does not say what to check where it is empty", p.ID)
			}
		}
	}
}

// What a view refers to is in it: sources of panels, and what those refine.
func TestReferences(t *testing.T) {
	for _, v := range Views() {
		d := parsed(t, v)
		used := map[string]bool{"ds_hosts": true, "ds_indexes": true}
		for id, viz := range d.Visualizations {
			source, ok := d.DataSources[viz.DataSources.Primary]
			if !ok {
				t.Errorf("%s: %s has no source %q", v.ID, id, viz.DataSources.Primary)
			}
			used[viz.DataSources.Primary] = true
			used[source.Options.Extend] = true
		}
		for id, s := range d.DataSources {
			base, ok := d.DataSources[s.Options.Extend]
			if (s.Type == "ds.chain") != ok || ok && base.Type != "ds.search" {
				t.Errorf("%s: %s refines %q", v.ID, id, s.Options.Extend)
			}
			if s.Type == "ds.chain" && !strings.HasPrefix(s.Options.Query, "| ") {
				t.Errorf("%s: %s begins with %.20q", v.ID, id, s.Options.Query)
			}
			if !used[id] && id != "ds_base_places" {
				t.Errorf("%s: nothing uses %s", v.ID, id)
			}
		}
		if len(d.Layout.GlobalInputs) != len(d.Inputs) {
			t.Errorf("%s: %d inputs, shown %v", v.ID, len(d.Inputs), d.Layout.GlobalInputs)
		}
	}
}

// tokens of the inputs as searches and links may use them.
var inputTokens = map[string][]string{
	"input_time":  {"global_time.earliest", "global_time.latest"},
	"input_index": {"index"},
	"input_host":  {"host"},
}

var anyToken = regexp.MustCompile(`\$([^$|]+)(?:\|[a-z|]+)?\$`)

// Every search of events uses the tokens of all inputs, and no text has a $ but for a token that is there.
func TestTokens(t *testing.T) {
	var known []string
	for _, list := range inputTokens {
		known = append(known, list...)
	}
	for _, v := range Views() {
		d := parsed(t, v)
		for id, in := range d.Inputs {
			tokens := inputTokens[id]
			if len(tokens) == 0 || !strings.HasPrefix(tokens[0], in.Options.Token) {
				t.Errorf("%s: input %s has the token %q", v.ID, id, in.Options.Token)
			}
		}
		for id, s := range d.DataSources {
			for _, m := range anyToken.FindAllStringSubmatch(s.Options.Query, -1) {
				if !slices.Contains(known, m[1]) {
					t.Errorf("%s: %s uses the token %s", v.ID, id, m[1])
				}
			}
			if n := strings.Count(s.Options.Query, "$"); n != 2*len(anyToken.FindAllString(s.Options.Query, -1)) {
				t.Errorf("%s: %s has a $ that is no token's", v.ID, id)
			}
			if s.Type != "ds.search" || id == "ds_arrivals" || id == "ds_base_places" {
				continue // look everywhere, by design
			}
			found := len(events.FindAllString(s.Options.Query, -1))
			if narrowed := strings.Count(s.Options.Query, " index IN ($index$) host IN ($host$))"); found == 0 || found != narrowed {
				t.Errorf("%s: %s is narrowed in %d of %d places", v.ID, id, narrowed, found)
			}
		}
	}
}

// The menu leads to every view.
func TestMenu(t *testing.T) {
	text, err := os.ReadFile("../default/data/ui/nav/default.xml")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range Views() {
		if !strings.Contains(string(text), `<view name="`+v.ID+`"`) {
			t.Errorf("the menu does not have %s", v.ID)
		}
	}
}
