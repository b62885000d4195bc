package report

import (
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// A column of numbers alone stands to the right, head and all; one with anything else does not.
func TestColumnsOfNumbers(t *testing.T) {
	got := tableOf([]string{"n", "mixed", "several", "none"}, []spl.Row{
		{"n": {"12"}, "mixed": {"1"}, "several": {"200"}},
		{"n": {"5.452122"}, "mixed": {"one"}, "several": {"200", "500"}},
		{},
	})
	for i, want := range []bool{true, false, false, false} {
		if got.Columns[i].Number != want {
			t.Errorf("%s: a column of numbers: %v", got.Columns[i].Name, got.Columns[i].Number)
		}
		for _, row := range got.Rows {
			if row[i].Number != want {
				t.Errorf("%s: a cell of it is on another side", got.Columns[i].Name)
			}
		}
	}
	if v := got.Rows[1][0].Values[0]; v != "5.45" {
		t.Errorf("5.452122 is shown as %s", v)
	}
}

func TestRounded(t *testing.T) {
	for text, want := range map[string]string{
		"12": "12", "0.25": "0.25", "5.452122": "5.45", "-1.999": "-2", "0.000123": "0.0001", "0.0": "0.0", "0.000": "0", "1.5e-3": "0.002",
	} {
		if got := rounded(text); got != want {
			t.Errorf("%s is shown as %s, want %s", text, got, want)
		}
	}
}

// What the dashboard draws on a scale of its own has one here, too: bytes are not piled on counts.
func TestSecondScale(t *testing.T) {
	found := 0
	for _, p := range panels() {
		if p.second == "" {
			continue
		}
		found++
		c := chart{labels: []string{"a", "b"}, names: []string{"few", p.second}, values: [][]float64{{1, 2}, {4000, 5000}}, second: p.second}
		svg, err := c.svg(p.kind, false)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{p.second + " (right)", ">2<", ">4k<"} {
			if !strings.Contains(string(svg), want) {
				t.Errorf("%s: no %q in %s", p.title, want, svg)
			}
		}
	}
	if found == 0 {
		t.Error("no panel has two scales")
	}
}
