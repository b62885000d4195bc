package scs

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/splunk/splunk-cloud-sdk-go/services/ingest"

	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

func TestEnvelope(t *testing.T) {
	for name, tt := range map[string]struct {
		origin hec.Origin
		ev     sourcetypes.Event
		want   string
	}{
		"line": {hec.Origin{Host: "h", Source: "/var/log/o.log"},
			sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1732216541541000000, Digits: 3}, Body: []byte(`a "b"`)},
			`{"timestamp":1732216541541,"id":"ID","host":"h","source":"/var/log/o.log","sourcetype":"ollama:server","body":"a \"b\""}`},
		"object": {hec.Origin{Host: "h", Source: "s", Index: "ai"},
			sourcetypes.Event{Sourcetype: sourcetypes.API, Time: sourcetypes.Stamp{Nanos: 1732216541541999001, Digits: 9}, Body: []byte(`{"status":200}`)},
			`{"timestamp":1732216541541,"nanos":999001,"id":"ID","host":"h","source":"s","sourcetype":"ollama:api","attributes":{"index":"ai"},"body":{"status":200}}`},
		"fields": {hec.Origin{Host: "h", Source: "a\xffb", Fields: []input.Field{{Name: "pod", Value: "p"}, {Name: "image", Value: `o"x`}}},
			sourcetypes.Event{Sourcetype: sourcetypes.Prompts, Body: []byte(`{}`)},
			`{"timestamp":0,"id":"ID","host":"h","source":"a` + "\uFFFD" + `b","sourcetype":"ollama:prompts","attributes":{"pod":"p","image":"o\"x"},"body":{}}`},
		"a host the line names": {hec.Origin{Host: "h", Source: "s"}, sourcetypes.Event{Host: "gpu1", Time: sourcetypes.Stamp{Nanos: -1}, Body: []byte("x")},
			`{"timestamp":0,"id":"ID","host":"gpu1","source":"s","sourcetype":"ollama:server","body":"x"}`},
		"HOST set": {hec.Origin{Host: "h", Always: true, Source: "s"}, sourcetypes.Event{Host: "gpu1", Body: []byte("x")},
			`{"timestamp":0,"id":"ID","host":"h","source":"s","sourcetype":"ollama:server","body":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			e := NewEnvelope(tt.origin)
			got := string(e.Append(nil, &tt.ev))
			if got = strings.Replace(got, string(e.series)+"0", "ID", 1); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// Lines that are alike are different events, of one stream and of several.
func TestEveryEventHasAnIDOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for range 10 {
		e := NewEnvelope(hec.Origin{Host: "h", Source: "s"})
		for range 100 {
			var sent object
			if err := json.Unmarshal(e.Append(nil, &sourcetypes.Event{Body: []byte("x")}), &sent); err != nil {
				t.Fatal(err)
			}
			seen[sent.ID] = true
		}
	}
	if len(seen) != 1000 {
		t.Errorf("1000 events have %d ids", len(seen))
	}
}

// plainly encodes an event by the SDK's own type: slow and plain.
func plainly(t *testing.T, o hec.Origin, ev *sourcetypes.Event, id string) []byte {
	t.Helper()
	host, source, sourcetype := o.Host, o.Source, ev.Sourcetype.String()
	ms, rest := ev.Time.Nanos/1e6, int32(ev.Time.Nanos%1e6)
	plain := ingest.Event{Host: &host, Source: &source, Sourcetype: &sourcetype, Timestamp: &ms, Id: &id}
	if rest != 0 {
		plain.Nanos = &rest
	}
	if o.Index != "" {
		plain.Attributes = map[string]any{"index": o.Index}
	}
	plain.Body = string(ev.Body)
	if ev.Sourcetype != sourcetypes.Server {
		plain.Body = json.RawMessage(ev.Body)
	}
	text, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func FuzzEnvelopeAgreesWithTheSDK(f *testing.F) {
	f.Add("a line", "host", "/var/log/o.log", "ai", int64(1732216541541999001), false)
	f.Add("\x00\x1f\"\\\u2028 <&>", "", "", "", int64(0), true)
	f.Fuzz(func(t *testing.T, body, host, source, index string, nanos int64, isObject bool) {
		clean := func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
		o := hec.Origin{Host: clean(host), Source: clean(source), Index: clean(index)}
		ev := &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: max(nanos, 0)}, Body: []byte(clean(body))}
		if isObject {
			ev.Sourcetype = sourcetypes.API
			ev.Body, _ = json.Marshal(map[string]string{"x": clean(body)})
		}
		e := NewEnvelope(o)
		got, want := e.Append(nil, ev), plainly(t, o, ev, string(e.series)+"0")
		if a, b := decoded(t, got), decoded(t, want); !reflect.DeepEqual(a, b) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func BenchmarkEnvelope(b *testing.B) {
	e := NewEnvelope(hec.Origin{Host: "h", Source: "/var/log/ollama.log"})
	ev := &sourcetypes.Event{
		Time: sourcetypes.Stamp{Nanos: 1732216541541000000, Digits: 3},
		Body: bytes.Repeat([]byte("msg=x "), 30),
	}
	dst := e.Append(nil, ev)
	b.SetBytes(int64(len(dst)))
	b.ReportAllocs()
	for b.Loop() {
		dst = e.Append(dst[:0], ev)
	}
}
