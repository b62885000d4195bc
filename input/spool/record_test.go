package spool

import (
	"bytes"
	"maps"
	"testing"
	"time"
)

func TestALineReadsAsItWasWritten(t *testing.T) {
	at := time.Unix(1_732_216_541, 123_456_789)
	for _, tt := range []struct {
		r    Record
		line string
	}{
		{Record{Time: at, Sourcetype: "ollama:api", Event: []byte(`{"origin":"capture","status":200}`)},
			`{"v":1,"time":1732216541123456789,"sourcetype":"ollama:api","event":{"origin":"capture","status":200}}`},
		{Record{Time: at, Sourcetype: "ollama:prompts", Fields: map[string]string{"pod": `a"b`, "container_name": "x"}, Event: []byte(`{}`)},
			`{"v":1,"time":1732216541123456789,"sourcetype":"ollama:prompts","fields":{"container_name":"x","pod":"a\"b"},"event":{}}`},
	} {
		line := tt.r.AppendLine(nil)
		if string(line) != tt.line+"\n" {
			t.Errorf("got  %swant %s", line, tt.line)
		}
		got, err := Parse(bytes.TrimSuffix(line, []byte("\n")))
		if err != nil || !got.Time.Equal(tt.r.Time) || got.Sourcetype != tt.r.Sourcetype ||
			!maps.Equal(got.Fields, tt.r.Fields) || !bytes.Equal(got.Event, tt.r.Event) {
			t.Errorf("read %+v, %v", got, err)
		}
	}
}

func TestWhatIsNoLineIsRefused(t *testing.T) {
	for _, line := range []string{
		``, `{`, `[GIN] 2024/11/21`, `null`, `[]`, `{"v":1}`,
		`{"v":1,"time":1,"sourcetype":"ollama:api","event":{"a"`,
		`{"v":2,"time":1,"sourcetype":"ollama:api","event":{}}`,
		`{"v":1,"sourcetype":"ollama:api","event":{}}`,
		`{"v":1,"time":1,"event":{}}`,
		`{"v":1,"time":1.5,"sourcetype":"ollama:api","event":{}}`,
		`{"v":1,"time":1,"sourcetype":"ollama:api"}`,
		`{"v":1,"time":1,"sourcetype":"ollama:api","event":"text"}`,
		`{"v":1,"time":1,"sourcetype":"ollama:api","event":null}`,
		`{"v":1,"time":1,"sourcetype":"ollama:api","event":{}} {}`,
	} {
		if r, err := Parse([]byte(line)); err == nil {
			t.Errorf("%s: read as %+v", line, r)
		}
	}
}
