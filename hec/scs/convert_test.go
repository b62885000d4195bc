package scs

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestFromCollector(t *testing.T) {
	for event, want := range map[string]string{
		`{"time":1732216541.541999,"host":"h","source":"s","sourcetype":"t","index":"i","fields":{"a":"b"},"event":"<x>"}`: `{"timestamp":1732216541541,"nanos":999000,"id":"ID","host":"h","source":"s","sourcetype":"t","attributes":{"a":"b","index":"i"},"body":"<x>"}`,
		`{"event":{"a":1}}`:                                    `{"id":"ID","body":{"a":1}}`,
		`{"time":"12","event":1}`:                              `{"timestamp":12000,"id":"ID","body":1}`,
		`{"time":-5,"event":1}`:                                `{"timestamp":0,"id":"ID","body":1}`,
		`{"time":1e400000,"event":1}`:                          `{"timestamp":0,"id":"ID","body":1}`,
		`{"time":1e9999999,"event":1}`:                         "its time is 1e9999999",
		`{"time":0.` + strings.Repeat("1", 50) + `,"event":1}`: "its time has 52 digits",
		`{"time":1}`:                                           "it has no event",
		`{`:                                                    "not an event as HEC has it",
		`"half a li`:                                           "not an event as HEC has it",
	} {
		got, err := FromCollector([]byte(event))
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", event, err, want)
			}
			continue
		}
		var made object
		if err := json.Unmarshal(got, &made); err != nil || made.ID == "" {
			t.Fatalf("%s became %s", event, got)
		}
		if text := strings.Replace(string(got), made.ID, "ID", 1); text != want {
			t.Errorf("%s\ngot  %s\nwant %s", event, text, want)
		}
	}
}

// An event keeps all it has on its way to HEC's form and back, but for its id.
func FuzzConvertThereAndBack(f *testing.F) {
	f.Add("body", "h", "s", "t", "i", "v", int64(1732216541541), int32(999001))
	f.Add("", "", "", "", "", "", int64(0), int32(0))
	f.Fuzz(func(t *testing.T, body, host, source, sourcetype, index, value string, ms int64, nanos int32) {
		first := object{Host: host, Source: source, Sourcetype: sourcetype}
		first.Body, _ = json.Marshal(body)
		if ms >= 0 && ms < 1e12*4 && nanos >= 0 && nanos < 1e6 {
			first.Timestamp = &ms
			if nanos > 0 {
				first.Nanos = &nanos
			}
		}
		if index != "" {
			text, _ := json.Marshal(index)
			other, _ := json.Marshal(value)
			first.Attributes = map[string]json.RawMessage{"index": text, "other": other}
		}
		text, err := encode(first)
		if err != nil {
			t.Fatal(err)
		}
		there, err := toCollector(text)
		if err != nil {
			t.Fatal(err)
		}
		back, err := FromCollector(there)
		if err != nil {
			t.Fatalf("%s: %v", there, err)
		}
		a, b := decoded(t, text).(map[string]any), decoded(t, back).(map[string]any)
		delete(b, "id")
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s\nbecame %s\nand    %s", text, there, back)
		}
	})
}
