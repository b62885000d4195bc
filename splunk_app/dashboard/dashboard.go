// Package dashboard defines the add-on's dashboard as Go data and writes the Dashboard
// Studio view from it. So a test can run its searches on real events, and they share the
// text of the detections.
//
// The view's form is checked with Splunk's own schemas by
// packaging/check-dashboard; how it looks was not seen on a live Splunk. Its layout of tabs
// needs Splunk 9.4.
package dashboard

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
)

//go:generate go test . -update

// View returns the file default/data/ui/views/ollama.xml.
func View() string {
	var definition bytes.Buffer
	e := json.NewEncoder(&definition)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(build()); err != nil {
		panic(err) // nothing in it can fail to encode
	}
	return fmt.Sprintf(
		"<dashboard version=\"2\" theme=\"light\">\n  <label>%s</label>\n  <description>%s</description>\n  <definition><![CDATA[\n%s]]></definition>\n</dashboard>\n",
		title,
		description,
		definition.String(),
	)
}

const (
	title       = "Ollama"
	description = "Requests, errors, latency, external sources, models, network failures and prompts of Ollama servers; tokens and connections where they are captured"
)

// Tab is a page of the dashboard, its panels from top to bottom.
type Tab struct {
	ID, Label string
	Panels    []Panel
}

// Tabs returns the pages.
func Tabs() []Tab {
	return []Tab{
		{"overview", "Overview", append([]Panel{arrivals()}, below(arrivalsHeight, overview())...)},
		{"captured", "Captured requests and connections", captured()},
	}
}

// Panel is one visualization and the search behind it.
type Panel struct {
	ID, Title, Note string
	Kind            string // of visualization
	Search          string
	Options         map[string]any
	X, Y, W, H      int
	// Earliest and Latest are the range of its events; empty: what is picked.
	Earliest, Latest string
}

// The dashboard is a grid 1200 wide.
const (
	single = "splunk.singlevalue"
	line   = "splunk.line"
	column = "splunk.column"
	table  = "splunk.table"
)

func stacked() map[string]any { return with(map[string]any{"stackMode": "stacked"}) }

// lines are the options of a line that has gaps where nothing is known.
func lines() map[string]any { return with(map[string]any{"nullValueDisplay": "gaps"}) }

func with(options map[string]any) map[string]any {
	options["legendDisplay"] = "right"
	options["yAxisTitleVisibility"] = "hide"
	options["xAxisTitleVisibility"] = "hide"
	return options
}

const shortTime = `strftime(last_seen, "%Y-%m-%d %H:%M:%S")`

// base is a macro that finds events of one sourcetype.
var base = regexp.MustCompile("`ollama_(?:server|api|prompts|connection)`")

// query is the panel's search in the indexes that the input names.
func (p Panel) query() string { return base.ReplaceAllString(p.Search, "($0 index IN ($$index$$))") }

// object is a JSON object being built.
type object = map[string]any

func build() object {
	sources, views, layouts := object{}, object{}, object{}
	tabs := []object{}
	for _, tab := range Tabs() {
		structure := []object{}
		for _, p := range tab.Panels {
			sources["ds_"+p.ID] = p.source()
			views["viz_"+p.ID] = p.view()
			structure = append(structure, object{
				"item": "viz_" + p.ID, "type": "block", "position": object{"x": p.X, "y": p.Y, "w": p.W, "h": p.H},
			})
		}
		layout := "layout_" + tab.ID
		tabs = append(tabs, object{"layoutId": layout, "label": tab.Label})
		layouts[layout] = object{"type": "grid", "options": object{"width": 1200}, "structure": structure}
	}
	return object{
		"title":          title,
		"description":    description,
		"dataSources":    sources,
		"visualizations": views,
		"inputs": object{
			"input_time": object{
				"type": "input.timerange", "title": "Time", "options": object{"token": "global_time", "defaultValue": "-24h@h,now"},
			},
			"input_index": object{
				"type": "input.text", "title": "Index, or several",
				"options": object{"token": "index", "defaultValue": "*"},
			},
		},
		"defaults": object{},
		"layout": object{
			"globalInputs":      []string{"input_time", "input_index"},
			"tabs":              object{"items": tabs},
			"layoutDefinitions": layouts,
		},
	}
}

func (p Panel) source() object {
	return object{"type": "ds.search", "name": p.Title + " (" + p.ID + ")", "options": object{
		"query": p.query(),
		"queryParameters": object{
			"earliest": cmp.Or(p.Earliest, "$global_time.earliest$"), "latest": cmp.Or(p.Latest, "$global_time.latest$"),
		},
	}}
}

func (p Panel) view() object {
	view := object{"type": p.Kind, "title": p.Title, "dataSources": object{"primary": "ds_" + p.ID}}
	if p.Note != "" {
		view["description"] = p.Note
	}
	if p.Options != nil {
		view["options"] = p.Options
	}
	return view
}
