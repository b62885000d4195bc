package detections

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// delivered are the events that the corpus becomes, by log: those that
// normalizing is held to.
func delivered(t *testing.T) map[string][]Event {
	t.Helper()
	paths, err := filepath.Glob("../../testdata/golden/*.jsonl")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden events: %v", err)
	}
	logs := make(map[string][]Event)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl") + ".log"
		for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			var parts [3]json.RawMessage
			e := Event{Source: name, Host: "gpu-1"}
			if err := json.Unmarshal([]byte(l), &parts); err != nil {
				t.Fatalf("%s: %v", path, err)
			}
			if err := json.Unmarshal(parts[0], &e.Sourcetype); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(parts[1], &e.Time); err != nil {
				t.Fatal(err)
			}
			if json.Unmarshal(parts[2], &e.Raw) != nil { // an object
				e.Raw = string(parts[2])
			}
			logs[name] = append(logs[name], e)
		}
	}
	return logs
}

// The extractions say the same of an access line as normalizing says in the
// ollama:api event that follows it, and hand out each key of a JSON event; only
// the one of the two that is in the model carries its tag.
func TestFieldsOfDeliveredEvents(t *testing.T) {
	pairs := 0
	for name, events := range delivered(t) {
		for i, e := range events {
			fields := withAddOn.fields(e)
			if tagged := fields.First("tag") == "web"; tagged != (e.Sourcetype == "ollama:api") {
				t.Errorf("%s: %s is tagged %v", name, e.Sourcetype, fields["tag"])
			}
			if e.Sourcetype == "ollama:server" {
				continue
			}
			for key, v := range object(t, e.Raw) {
				if key == "prompt" && len(e.Raw) > 5000 {
					v = "" // Splunk extracts no more; that is why it is the last key
				}
				if fields.First(key) != v {
					t.Errorf("%s: %s is %q, want %q", name, key, fields.First(key), v)
				}
			}
			if e.Sourcetype != "ollama:api" {
				continue
			}
			pairs++
			accessLine := withAddOn.fields(events[i-1])
			for _, key := range []string{"src", "http_method", "uri_path", "uri_query", "status", "response_time_ms", "action", "dest", "vendor_product"} {
				line, api := accessLine.First(key), fields.First(key)
				if key == "uri_path" { // in the line still as Go quotes it
					if unquoted, err := strconv.Unquote(`"` + line + `"`); err == nil {
						line = unquoted
					}
				}
				if line != api {
					t.Errorf("%s: %s is %q in the access line, %q in ollama:api\n%s\n%s", name, key, line, api, events[i-1].Raw, e.Raw)
				}
			}
		}
	}
	if pairs < 100 {
		t.Errorf("only %d requests", pairs)
	}
}

func object(t *testing.T, raw string) map[string]string {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	var values map[string]any
	if err := d.Decode(&values); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	texts := make(map[string]string)
	for key, v := range values {
		texts[key] = fmt.Sprint(v)
	}
	return texts
}

// On what is delivered, every labelled failure is an incident and every request
// from outside counts once, though it arrives twice.
func TestDetectionsOnDeliveredEvents(t *testing.T) {
	failures := make(map[string]int)
	for _, l := range corpus(t) {
		if l.kind != "" {
			failures[l.file]++
		}
	}
	for name, events := range delivered(t) {
		incidents := 0
		for _, f := range networkFailure().on(t, withAddOn)(events...) {
			n, err := strconv.Atoi(f.Row["incidents"][0])
			if err != nil {
				t.Fatal(err)
			}
			incidents += n
		}
		if incidents != failures[name] {
			t.Errorf("%s: %d incidents, want %d", name, incidents, failures[name])
		}
		external := make(map[string]int)
		for _, e := range events {
			if e.Sourcetype == "ollama:api" && object(t, e.Raw)["src_scope"] == "external" {
				external[object(t, e.Raw)["src"]]++
			}
		}
		found := externalAccess().on(t, withAddOn)(events...)
		if len(found) != len(external) {
			t.Errorf("%s: %d external sources, want %d", name, len(found), len(external))
		}
		for _, f := range found {
			if src := f.Row["src"][0]; f.Row["requests"][0] != strconv.Itoa(external[src]) {
				t.Errorf("%s: %v requests from %s, want %d", name, f.Row["requests"], src, external[src])
			}
		}
	}
}
