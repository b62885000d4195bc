package main

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"ollama-hec/splunk_app/modinput"
)

const managerPath = "default/data/ui/manager/ollama_logs.xml"

// part is an element of a manager page, as Splunk's documentation and the add-ons that ship
// one write it.
type part struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []part     `xml:",any"`
}

func (p part) attr(name string) string {
	for _, a := range p.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all returns the parts below p of that name, at any depth.
func (p part) all(name string) (found []part) {
	for _, c := range p.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
		found = append(found, c.all(name)...)
	}
	return found
}

// grammar is what may stand in each element, and its attributes.
var grammar = map[string]struct{ children, attrs []string }{
	"endpoint":   {[]string{"header", "breadcrumb", "elements"}, []string{"name"}},
	"header":     {},
	"breadcrumb": {[]string{"parent", "name"}, nil},
	"parent":     {nil, []string{"hidecurrent"}},
	"name":       {},
	"elements":   {[]string{"element"}, nil},
	"element":    {[]string{"view", "key", "elements", "options", "onChange"}, []string{"name", "type", "label"}},
	"view":       {nil, []string{"name"}},
	"key":        {nil, []string{"name"}},
	"options":    {[]string{"opt"}, nil},
	"opt":        {nil, []string{"value", "label"}},
	"onChange":   {[]string{"key", "group_set"}, nil},
	"group_set":  {[]string{"group"}, nil},
	"group":      {nil, []string{"name"}},
}

func (p part) check(t *testing.T) {
	name := p.XMLName.Local
	rule, known := grammar[name]
	if !known {
		t.Errorf("no manager page has an element %s", name)
	}
	for _, a := range p.Attrs {
		if !slices.Contains(rule.attrs, a.Name.Local) || a.Value == "" {
			t.Errorf("%s has %s=%q", name, a.Name.Local, a.Value)
		}
	}
	if strings.TrimSpace(p.Text) != "" && len(rule.children) > 0 {
		t.Errorf("%s has text: %s", name, p.Text)
	}
	for _, c := range p.Children {
		if !slices.Contains(rule.children, c.XMLName.Local) {
			t.Errorf("%s stands in %s", c.XMLName.Local, name)
		}
		c.check(t)
	}
}

func manager(t *testing.T) part {
	t.Helper()
	texts, _, _ := archive(t, packages[0])
	var page part
	if err := xml.Unmarshal([]byte(texts[managerPath]), &page); err != nil {
		t.Fatal(err)
	}
	return page
}

// The page of the input in Splunk Web is of the structure that Splunk reads.
func TestManagerIsWellMade(t *testing.T) {
	page := manager(t)
	page.check(t)
	if page.XMLName.Local != "endpoint" || page.attr("name") != "data/inputs/"+modinput.OllamaLogs().Name {
		t.Errorf("it is the page %s of %s", page.XMLName.Local, page.attr("name"))
	}
	for _, e := range page.all("element") {
		name, kind := e.attr("name"), e.attr("type")
		views := map[string]bool{}
		keys := map[string]string{}
		var own, options []part
		for _, c := range e.Children {
			switch c.XMLName.Local {
			case "view":
				views[c.attr("name")] = true
			case "key":
				keys[c.attr("name")] = c.Text
			case "elements":
				own = c.Children
			case "options":
				options = c.Children
			}
		}
		for v := range views {
			if !slices.Contains([]string{"list", "edit", "create"}, v) {
				t.Errorf("%s is in the view %s", name, v)
			}
		}
		for k, text := range keys {
			if !slices.Contains([]string{"legend", "helpText", "exampleText"}, k) || text == "" {
				t.Errorf("%s has the key %s = %q", name, k, text)
			}
		}
		switch {
		case !slices.Contains([]string{"", "fieldset", "textfield", "select"}, kind):
			t.Errorf("%s is a %s", name, kind)
		case (kind == "fieldset") != (len(own) > 0), (kind == "select") != (len(options) > 1), !views["create"]:
			t.Errorf("%s: a %q with %d elements, %d options, in %v", name, kind, len(own), len(options), views)
		case kind != "fieldset" && (keys["exampleText"] == "" || e.attr("label") == ""):
			t.Errorf("%s is without help or label", name)
		case kind == "" && name != "name", views["edit"] == (name == "name"):
			t.Errorf("%s: type %q, in %v: the name is given once, all else can be edited", name, kind, views)
		}
		for _, inner := range own {
			for _, v := range inner.all("view") {
				if !views[v.attr("name")] {
					t.Errorf("%s is in the view %s, and its group %s is not", inner.attr("name"), v.attr("name"), name)
				}
			}
		}
	}
}

// Each argument of the input has one field, of the same title, and each field is an argument
// or what every input has. None is for the token.
func TestManagerIsOfTheScheme(t *testing.T) {
	titles := map[string]string{"name": "Name", "host": "Host", "index": "Index"}
	for _, a := range modinput.OllamaLogs().Arguments {
		titles[a.Name] = a.Title
	}
	seen := map[string]bool{}
	for _, e := range manager(t).all("element") {
		name := e.attr("name")
		if e.attr("type") == "fieldset" {
			continue
		}
		if seen[name] || titles[name] != e.attr("label") {
			t.Errorf("field %s: label %q, want %q; twice %v", name, e.attr("label"), titles[name], seen[name])
		}
		seen[name] = true
		if strings.Contains(name, "token") || strings.Contains(name, "password") {
			t.Errorf("field %s: it would stand in inputs.conf", name)
		}
	}
	for name := range titles {
		if !seen[name] {
			t.Errorf("%s has no field", name)
		}
	}
}

// What only HEC needs is shown for HEC only: the groups that are shown are there.
func TestManagerShowsWhatOutputNeeds(t *testing.T) {
	page := manager(t)
	groups := map[string]bool{"NONE": true, "ALL": true}
	for _, e := range page.all("element") {
		if e.attr("type") == "fieldset" {
			groups[e.attr("name")] = true
		}
	}
	changes := page.all("onChange")
	if len(changes) != 1 {
		t.Fatalf("%d fields change others", len(changes))
	}
	shown := map[string]string{}
	for _, k := range changes[0].all("key") {
		shown[k.attr("name")] = k.Text
	}
	if shown["_action"] != "showonly" || shown[modinput.OutputSplunkd] != "NONE" || !groups[shown[modinput.OutputHEC]] ||
		shown[modinput.OutputHEC] != changes[0].all("group")[0].attr("name") {
		t.Errorf("shown: %v", shown)
	}
}
