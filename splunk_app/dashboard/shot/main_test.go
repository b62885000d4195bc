package main

import (
	"strings"
	"testing"

	"ollama-hec/splunk_app/dashboard"
)

// The made-up day leaves no panel empty, and every chart has the whole day.
func TestDay(t *testing.T) {
	rows := day()
	for _, v := range dashboard.Views() {
		d, err := filled(v, rows)
		if err != nil {
			t.Fatal(err)
		}
		sources := d["dataSources"].(map[string]any)
		for _, p := range v.Panels() {
			data := sources["ds_"+p.ID].(map[string]any)["options"].(map[string]any)["data"].(map[string]any)
			columns := data["columns"].([][]any)
			if len(columns) == 0 || len(columns[0]) == 0 {
				t.Errorf("%s is empty", p.ID)
				continue
			}
			byTime := p.Kind == dashboard.Line || p.Kind == dashboard.Column
			if byTime && (len(columns[0]) != 48 || !strings.HasPrefix(columns[0][0].(string), "2026-01-07T00:00:00")) {
				t.Errorf("%s has %d spans from %v", p.ID, len(columns[0]), columns[0][0])
			}
		}
		for id := range sources {
			if strings.Contains(id, "base") {
				t.Errorf("%s is left, and asks a Splunk", id)
			}
		}
	}
}
