package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/version"
)

const chart = "deploy/helm/ollama-hec/"

// givenByChart are the settings that have a value of the chart's own in place of
// one under settings, and those that are secrets, which no ConfigMap may hold.
var givenByChart = []string{
	"URL", "TOKEN", "TOKEN_FILE", "PATHS", "STATE_DIR", "CA_FILE", "METRICS_ADDR",
	"SCS_TOKEN", "SCS_TOKEN_FILE", "SCS_PRINCIPAL_SECRET_FILE", "CERT_FILE", "KEY_FILE",
	"PROXY_LISTEN", "PROXY_UPSTREAM", "PROXY_CERT_FILE", "PROXY_KEY_FILE",
}

// The chart's schema knows the program's settings, so that Helm refuses one that
// is misspelt, and the chart has the program's version.
func TestChartKnowsTheSettings(t *testing.T) {
	name := chart + "values.schema.json"
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	known := map[string]any{}
	for _, r := range settings.All() {
		short := strings.TrimPrefix(r.Env, settings.Prefix+"_")
		if slices.Contains(givenByChart, short) {
			continue
		}
		known[short] = map[string]any{"type": []string{"string", "integer", "boolean"}, "description": r.Desc}
	}
	values, _ := schema["properties"].(map[string]any)
	of, _ := values["settings"].(map[string]any)
	if of == nil {
		t.Fatalf("%s has no settings", name)
	}
	of["properties"] = known
	var want strings.Builder
	e := json.NewEncoder(&want)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(schema); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(name, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(text) != want.String() {
		t.Errorf("%s is behind the settings: go test ./cmd/ollama-hec -run Chart -update", name)
	}
	about, err := os.ReadFile(chart + "Chart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nversion: " + version.Version + "\n", "\nappVersion: " + version.Version + "\n"} {
		if !strings.Contains(string(about), want) {
			t.Errorf("Chart.yaml does not say %q", want)
		}
	}
}
