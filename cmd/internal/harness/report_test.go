//go:build linux

package harness

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"ollama-hec/splunk_app/detections"
)

// reported is what report --json prints.
type reported struct {
	Events     map[string]int
	Detections map[string][]map[string]any
}

func (b *bench) report(in string, args ...string) reported {
	b.t.Helper()
	c := b.command(append([]string{"report", "--json"}, args...)...)
	c.In = strings.NewReader(in)
	s, err := c.Start()
	b.must(err)
	b.wantExit(s, 0)
	var got reported
	if err := json.Unmarshal([]byte(s.Out()), &got); err != nil {
		b.t.Fatalf("%v: %s", err, tail(s.Out(), 10))
	}
	return got
}

// report tells of files, whatever their form, what the searches find in the events that
// run sends of them.
func TestReport(t *testing.T) {
	t.Parallel()
	b := bare(t)
	for _, name := range []string{"network.tsv", "../corpus/v0.13.5-info.log", "../cases/v0.30.log"} {
		text, err := os.ReadFile(filepath.Join("../../../testdata/detections", name))
		b.must(err)
		var lines []string
		for line := range strings.Lines(string(text)) { // of a table, the last cell
			lines = append(lines, line[strings.LastIndexByte(line, '\t')+1:])
		}
		log := strings.Join(lines, "")
		file := b.path(filepath.Base(name) + ".log")
		b.write(filepath.Base(file), log)
		want := b.found(file)
		if n := len(want.Detections["Ollama Network Failure"]); n == 0 && name == "network.tsv" {
			t.Fatalf("%s: nothing is found", name)
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err = w.Write([]byte(log))
		b.must(err)
		b.must(w.Close())
		b.write("packed.log.gz", packed.String())
		wide := []byte{0xff, 0xfe}
		for _, u := range utf16.Encode([]rune(log)) {
			wide = append(wide, byte(u), byte(u>>8))
		}
		b.write("wide.log", string(wide))
		for how, got := range map[string]reported{
			"a file":        b.report("", file),
			"gzip":          b.report("", b.path("packed.log.gz")),
			"UTF-16":        b.report("", b.path("wide.log")),
			"stdin":         b.report(log, "-"),
			"several files": b.report(log, b.path("empty.log"), "-"),
		} {
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s as %s: got %+v, want %+v", name, how, got, want)
			}
		}
	}
}

// found is what the searches find in the events that preview prints, all at once.
func (b *bench) found(file string) reported {
	b.t.Helper()
	b.write("empty.log", "")
	preview := b.launch("preview", file)
	b.wantExit(preview, 0)
	want := reported{
		Events:     map[string]int{"ollama:server": 0, "ollama:api": 0, "ollama:prompts": 0},
		Detections: map[string][]map[string]any{},
	}
	var events []detections.Event
	for line := range strings.Lines(preview.Out()) {
		var e struct {
			Time             json.Number
			Host, Sourcetype string
			Event            json.RawMessage
		}
		b.must(json.Unmarshal([]byte(line), &e))
		raw := string(e.Event)
		if e.Sourcetype == "ollama:server" {
			b.must(json.Unmarshal(e.Event, &raw))
		}
		want.Events[e.Sourcetype]++
		events = append(events, detections.Event{Sourcetype: e.Sourcetype, Host: e.Host, Time: e.Time.String(), Raw: raw})
	}
	seen := detections.See(events)
	for _, d := range detections.All() {
		rows := []map[string]any{}
		for _, f := range d.RunOn(seen) {
			row := map[string]any{}
			for _, column := range f.Columns {
				switch values := f.Row[column]; len(values) {
				case 0:
				case 1:
					row[column] = values[0]
				default:
					list := []any{}
					for _, v := range values {
						list = append(list, v)
					}
					row[column] = list
				}
			}
			rows = append(rows, row)
		}
		want.Detections[d.Name] = rows
	}
	return want
}

// What cannot be reported is said, with the status of its kind, and nothing is printed.
func TestReportRefuses(t *testing.T) {
	t.Parallel()
	b := bare(t)
	b.write("a.log", "time=2026-01-01T00:00:00Z level=INFO msg=x\n")
	b.write("broken.log.gz", "\x1f\x8b no gzip")
	for _, tt := range []struct {
		name, want string
		status     int
		args       []string
	}{
		{"no file", "arg", 2, []string{"--json"}},
		{"a page over what is read", "--output", 2, []string{b.path("a.log"), "-o", b.path("a.log")}},
		{"a file that is missing", "FILE: stat", 2, []string{"--json", b.path("a.log"), b.path("none.log")}},
		{"a directory", "a directory", 2, []string{"--json", b.dir}},
		{"a wrong setting", "--prompts", 2, []string{"--json", "--prompts=maybe", b.path("a.log")}},
		{"broken gzip", "broken.log.gz", 1, []string{"--json", b.path("broken.log.gz")}},
	} {
		s := b.launch(append([]string{"report"}, tt.args...)...)
		b.wantExit(s, tt.status)
		if !strings.Contains(s.Log(), tt.want) || s.Out() != "" {
			t.Errorf("%s: stdout %q, stderr %s", tt.name, s.Out(), s.Log())
		}
	}
}
