package main

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/splunk_app/modinput"
)

// A drop-down in Splunk Web offers all that an argument takes, what is the default first, and
// nothing else: a field that takes some words is a drop-down.
func TestDropDownsOfferWhatArgumentsTake(t *testing.T) {
	offered := dropDowns(t)
	takes, defaults := map[string][]string{}, map[string]string{"output": modinput.OutputSplunkd, "connections": "off"}
	for _, a := range modinput.OllamaLogs().Arguments {
		if words := choices(a.Name); len(words) > 0 {
			takes[a.Name] = words
		}
		for _, s := range settings.All() {
			if name, _ := settings.Argument(s); name == a.Name {
				defaults[a.Name] = s.Default
			}
		}
	}
	for name, values := range takes {
		got := offered[name]
		if len(got) == 0 || got[0] != defaults[name] {
			t.Errorf("%s offers %q, the default is %q", name, got, defaults[name])
		}
		if !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(values))) {
			t.Errorf("%s offers %q and takes %q", name, got, values)
		}
		for _, value := range got {
			st := &modinput.Stanza{Name: "a", Params: map[string]string{name: value, "url": "https://splunk:8088"}}
			if _, err := read(st); err != nil {
				t.Errorf("%s = %s: %v", name, value, err)
			}
		}
	}
	for name := range offered {
		if takes[name] == nil {
			t.Errorf("%s is a drop-down, and takes more than some words", name)
		}
	}
}

func dropDowns(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../../splunk_app/default/data/ui/manager/ollama_logs.xml"))
	if err != nil {
		t.Fatal(err)
	}
	var page struct {
		Elements []struct {
			Name    string `xml:"name,attr"`
			Options []struct {
				Value string `xml:"value,attr"`
			} `xml:"options>opt"`
		} `xml:"elements>element>elements>element"`
	}
	if err := xml.Unmarshal(text, &page); err != nil {
		t.Fatal(err)
	}
	offered := map[string][]string{}
	for _, e := range page.Elements {
		for _, o := range e.Options {
			offered[e.Name] = append(offered[e.Name], o.Value)
		}
	}
	return offered
}
