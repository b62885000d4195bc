package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ollama-hec/splunk_app/detections"
)

// corpus is the events of the logs of real servers, one a line.
func corpus(t *testing.T) (events []detections.Event) {
	t.Helper()
	files, err := filepath.Glob("../../testdata/corpus/*.log")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			events = append(events, detections.Event{
				Sourcetype: "ollama:server", Source: file, Host: filepath.Base(file),
				Time: fmt.Sprint(1_767_773_642 + i), Raw: line,
			})
		}
	}
	return events
}

// told is a report as a program reads it.
type told struct {
	Events     map[string]int
	Detections map[string][]map[string]any
}

func written(t *testing.T, events []detections.Event) told {
	t.Helper()
	r := New("ollama:server", "ollama:api")
	for _, e := range events {
		if err := r.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got told
	if err := json.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, b.String())
	}
	return got
}

// Event by event it finds what the detections find in all events at once.
func TestReport(t *testing.T) {
	events := corpus(t)
	got := written(t, events)
	if want := map[string]int{"ollama:server": len(events), "ollama:api": 0}; !reflect.DeepEqual(got.Events, want) {
		t.Errorf("events %v, want %v", got.Events, want)
	}
	if len(got.Detections) != len(detections.All()) {
		t.Errorf("%d detections, want %d", len(got.Detections), len(detections.All()))
	}
	for _, d := range detections.All() {
		var want []map[string]any
		for _, f := range d.Run(events) {
			row := map[string]any{}
			for name, values := range f.Row {
				if !slices.Contains(f.Columns, name) {
					continue
				}
				if row[name] = values[0]; len(values) > 1 {
					list := []any{}
					for _, v := range values {
						list = append(list, v)
					}
					row[name] = list
				}
			}
			want = append(want, row)
		}
		rows, named := got.Detections[d.Name]
		if !named || rows == nil {
			t.Errorf("%s is not told", d.Name)
		}
		if len(rows)+len(want) > 0 && !reflect.DeepEqual(rows, want) {
			t.Errorf("%s: got %v, want %v", d.Name, rows, want)
		}
	}
}

// Of no events every number is 0, and every list empty.
func TestReportOfNothing(t *testing.T) {
	got := written(t, nil)
	for name, rows := range got.Detections {
		if rows == nil || len(rows) > 0 {
			t.Errorf("%s: %v", name, rows)
		}
	}
	if len(got.Detections) == 0 || got.Events["ollama:server"] != 0 {
		t.Errorf("%+v", got)
	}
}

// Members keep their order, and text stays as it is.
func TestObject(t *testing.T) {
	got, err := marshal(object{{"z", 1}, {"a<b", []string{"x&y", "\x1b"}}, {"m", object{}}})
	if want := `{"z":1,"a<b":["x&y","\u001b"],"m":{}}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
