package hec

import (
	"bytes"
	"encoding/json"
	"testing"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

func TestEnvelope(t *testing.T) {
	line := &sourcetypes.Event{
		Time: sourcetypes.Stamp{Nanos: 1732216541541000000, Digits: 3},
		Body: []byte(`msg="a\b"` + "\t\x01é"),
	}
	object := &sourcetypes.Event{
		Sourcetype: sourcetypes.API,
		Time:       sourcetypes.Stamp{Nanos: 1732216541999999999},
		Body:       []byte(`{"status":200}`),
	}
	for _, tt := range []struct {
		name   string
		origin Origin
		ev     *sourcetypes.Event
		want   string
	}{
		{"line", Origin{Host: "h", Source: "/var/log/o.log"}, line,
			`{"time":1732216541.541,"host":"h","source":"/var/log/o.log","sourcetype":"ollama:server","event":"msg=\"a\\b\"\t\u0001é"}`},
		{"object", Origin{Host: "h", Source: "s", Index: "ai"}, object,
			`{"time":1732216541,"host":"h","source":"s","sourcetype":"ollama:api","index":"ai","event":{"status":200}}`},
		{"fields", Origin{Host: "h", Source: "s", Fields: []input.Field{{Name: "pod", Value: "p"}, {Name: "image", Value: `o"x`}}}, object,
			`{"time":1732216541,"host":"h","source":"s","sourcetype":"ollama:api","fields":{"pod":"p","image":"o\"x"},"event":{"status":200}}`},
		{"path that is not UTF-8", Origin{Host: "h", Source: "a\xffb"}, object,
			`{"time":1732216541,"host":"h","source":"a` + "\uFFFD" + `b","sourcetype":"ollama:api","event":{"status":200}}`},
		{"a host the line names", Origin{Host: "h", Source: "s"}, &sourcetypes.Event{Host: "gpu\"1", Body: []byte("x")},
			`{"time":0,"host":"gpu\"1","source":"s","sourcetype":"ollama:server","event":"x"}`},
		{"a host the line names, HOST set", Origin{Host: "h", Always: true, Source: "s"}, &sourcetypes.Event{Host: "gpu1", Body: []byte("x")},
			`{"time":0,"host":"h","source":"s","sourcetype":"ollama:server","event":"x"}`},
		{"said by another program", Origin{Host: "h", Source: "s", Fields: []input.Field{{Name: "pod", Value: "p"}}}, &sourcetypes.Event{Host: "gpu1", Caller: "systemd", Body: []byte("x")},
			`{"time":0,"host":"gpu1","source":"s","sourcetype":"ollama:server","fields":{"pod":"p","caller":"systemd"},"event":"x"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := string(NewEnvelope(tt.origin).Append(nil, tt.ev))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "12345678\"", "1234567\\", "\x1f234567\x00", "ééééé\"", "\x7f \x20", "0123456701234567\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, s []byte) {
		s = bytes.ToValidUTF8(s, []byte("\uFFFD"))
		enc := appendString(nil, s)
		var back string
		if err := json.Unmarshal(enc, &back); err != nil || back != string(s) {
			t.Fatalf("%q became %s: %v", s, enc, err)
		}
		dst := make([]byte, len(s)+1)
		if n, want := copyPlain(dst, s), plainRun(s); n != want || !bytes.Equal(dst[:n], s[:n]) || dst[len(s)] != 0 {
			t.Fatalf("copyPlain(%q) = %d, want %d", s, n, want)
		}
	})
}

func FuzzTime(f *testing.F) {
	f.Add(int64(1732216541541000000), uint8(3), int64(1732216541999999999), uint8(9))
	f.Add(int64(-1), uint8(0), int64(0), uint8(1))
	f.Add(int64(1), uint8(12), int64(1e9), uint8(0))
	f.Fuzz(func(t *testing.T, first int64, digits uint8, second int64, digits2 uint8) {
		e := NewEnvelope(Origin{})
		for _, at := range []sourcetypes.Stamp{
			{Nanos: first, Digits: digits}, {Nanos: second, Digits: digits2}, {Nanos: first, Digits: digits2},
		} {
			if got, want := e.appendTime(nil, at), at.Append([]byte(`{"time":`)); !bytes.Equal(got, want) {
				t.Fatalf("%+v: got %s, want %s", at, got, want)
			}
		}
	})
}

// plainRun is copyPlain without the cleverness.
func plainRun(s []byte) int {
	n := bytes.IndexFunc(s, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' })
	if n < 0 {
		return len(s)
	}
	return n
}

func BenchmarkEnvelope(b *testing.B) {
	e := NewEnvelope(Origin{Host: "host-1", Source: "/var/log/ollama/ollama.log"})
	for name, ev := range map[string]*sourcetypes.Event{
		"access": {
			Time: sourcetypes.Stamp{Nanos: 1732216541000000000},
			Body: []byte(`[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/api/some/path"`),
		},
		"slog": {
			Time: sourcetypes.Stamp{Nanos: 1732216541541000000, Digits: 3},
			Body: []byte(`time=2026-11-21T19:28:47.416Z level=WARN source=server.go:167 msg="requested context size too large for model" num_ctx=4096 n_ctx_train=2048`),
		},
	} {
		b.Run(name, func(b *testing.B) {
			dst := e.Append(nil, ev)
			b.SetBytes(int64(len(dst)))
			b.ReportAllocs()
			for b.Loop() {
				dst = e.Append(dst[:0], ev)
			}
		})
	}
}
