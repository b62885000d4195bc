package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// width is that of the grid.
const width = 1200

// XML returns the file default/data/ui/views/<ID>.xml.
func (v View) XML() string {
	var definition bytes.Buffer
	e := json.NewEncoder(&definition)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v.Definition()); err != nil {
		panic(err) // nothing in it can fail to encode
	}
	return fmt.Sprintf(
		"<dashboard version=\"2\" theme=\"light\">\n  <label>%s</label>\n  <description>%s</description>\n  <definition><![CDATA[\n%s]]></definition>\n</dashboard>\n",
		v.Label,
		v.About,
		definition.String(),
	)
}

// Definition returns the page in the form of Dashboard Studio.
func (v View) Definition() map[string]any {
	sources, views, structure := inputSources(), object{}, []object{}
	y := 0
	for _, row := range v.Rows {
		wide := width / len(row.Panels)
		for i, p := range row.Panels {
			if p.Base != nil {
				sources["ds_base_"+p.Base.ID] = found(p.Base.ID, picked(p.Base.Search), pickedTime)
			}
			sources["ds_"+p.ID] = p.source()
			views["viz_"+p.ID] = p.view()
			structure = append(structure, object{
				"item": "viz_" + p.ID, "type": "block", "position": object{"x": i * wide, "y": y, "w": wide, "h": row.Height},
			})
		}
		y += row.Height
	}
	return object{
		"title": v.Label, "description": v.About,
		"dataSources": sources, "visualizations": views, "inputs": inputs(), "defaults": object{},
		"layout": object{
			"type": "grid", "options": object{"width": width},
			"globalInputs": []string{"input_time", "input_index", "input_host"}, "structure": structure,
		},
	}
}

var (
	pickedTime = object{"earliest": "$global_time.earliest$", "latest": "$global_time.latest$"}
	monthLong  = object{"earliest": "-30d@d", "latest": "now"}
)

// found is a source that searches events.
func found(name, query string, times object) object {
	return object{"type": "ds.search", "name": name, "options": object{"query": query, "queryParameters": times}}
}

// refining is a source that refines the rows of another.
func refining(name, base, query string) object {
	return object{"type": "ds.chain", "name": name, "options": object{"extend": base, "query": query}}
}

func (p Panel) source() object {
	switch {
	case p.Base != nil:
		return refining(p.ID, "ds_base_"+p.Base.ID, p.refined())
	case p.Always:
		return found(p.ID, p.refined(), monthLong)
	}
	return found(p.ID, picked(p.refined()), pickedTime)
}

func (p Panel) view() object {
	view := object{"type": p.Kind, "title": p.Title, "dataSources": object{"primary": "ds_" + p.ID}}
	if text := p.described(); text != "" && p.Kind != Single {
		view["description"] = text
	}
	look := p.Look
	if p.Kind == Table {
		look = tabled(p.Columns)
	}
	if look.Options != nil {
		view["options"] = look.Options
	}
	if look.Context != nil {
		view["context"] = look.Context
	}
	if p.Click != "" {
		link := object{"url": eventsLink(p.Click), "newTab": true}
		view["eventHandlers"] = []object{{"type": "drilldown.customUrl", "options": link}}
	}
	return view
}

// described is what stands below the title.
func (p Panel) described() string {
	switch {
	case p.Empty == "":
		return p.Note
	case p.Note == "":
		return "Empty: " + p.Empty
	}
	return p.Note + " Empty: " + p.Empty
}
