package main

import (
	"image"
	"image/color"
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

// A picture of few colours loses nothing; of many, each becomes one near it.
func TestPaletted(t *testing.T) {
	full := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 1600 {
		full.Set(i%40, i/40, color.RGBA{uint8(i % 40), uint8(i / 40), 200, 255})
	}
	small := paletted(full)
	if len(small.Palette) != 256 {
		t.Errorf("%d colours", len(small.Palette))
	}
	few := full.SubImage(image.Rect(0, 0, 10, 10)).(*image.RGBA)
	same := paletted(few)
	for x := range 10 {
		for y := range 10 {
			if r, g, b, _ := same.At(x, y).RGBA(); r>>8 != uint32(x) || g>>8 != uint32(y) || b>>8 != 200 {
				t.Fatalf("%d, %d is %v", x, y, same.At(x, y))
			}
		}
	}
}
