package modinput

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"ollama-hec/sourcetypes"
)

func TestEncoderGolden(t *testing.T) {
	full := NewEncoder("ollama_logs://a & b", `C:\Logs\<server> "1".log`, "web-1", "ollama", "")
	bare := NewEncoder("ollama_logs://default", "journald:ollama", "", "", "")
	var out []byte
	out = append(out, "<stream>\n"...)
	for _, e := range []struct {
		enc *Encoder
		sourcetypes.Event
	}{
		{full, event(sourcetypes.Server, 3, `time=2024-11-21T20:42:21.541Z level=INFO msg="a < b && c > d" err="it's"`)},
		{full, event(sourcetypes.API, 0, `{"src":"::1","uri_path":"/api/chat","uri_query":"a=1&b=2"}`)},
		{full, event(sourcetypes.Prompts, 9, `{"prompt":"\u0000 ]]> <system>"}`)},
		{bare, event(sourcetypes.Server, 3, "panic: a\r\n\tgoroutine 1 [running]:\n\x1b[31mred\x00 \u0085 \ufffe \xff \U0001F999")},
		{bare, event(sourcetypes.Server, 3, "")},
		{bare, named(event(sourcetypes.Server, 3, "a host that its line names"))},
		{full, named(event(sourcetypes.Server, 3, "the stanza's host goes before it"))},
	} {
		out = e.enc.Append(out, &e.Event)
	}
	golden(t, "events.xml", append(out, "</stream>\n"...))
}

func event(s sourcetypes.Sourcetype, digits uint8, body string) sourcetypes.Event {
	return sourcetypes.Event{
		Sourcetype: s,
		Time:       sourcetypes.Stamp{Nanos: 1732221741541234567, Digits: digits},
		Body:       []byte(body),
	}
}

func named(ev sourcetypes.Event) sourcetypes.Event {
	ev.Host = "<gpu-1>"
	return ev
}

func TestEncoderDoesNotAllocate(t *testing.T) {
	enc := NewEncoder("ollama_logs://a", "/var/log/ollama/server.log", "web-1", "ollama", "")
	ev := event(sourcetypes.Server, 3, strings.Repeat("<a é \x00> ", 100))
	ev.Host = "web-2"
	dst := enc.Append(nil, &ev)
	if n := testing.AllocsPerRun(100, func() { dst = enc.Append(dst[:0], &ev) }); n != 0 {
		t.Errorf("%v allocations per event", n)
	}
}

// A plain decoder reads back what was written, but for what XML cannot hold.
func FuzzEncoder(f *testing.F) {
	f.Add("/var/log/ollama/server.log", "web-1", "main", `level=INFO msg="a < b && c ]]> d"`)
	f.Add(
		"journald:ollama",
		"",
		"",
		"panic\r\n\tat \x1b[31m\x00 \u0085\u2028 \ufffe\uffff\ufffd \xff\xed\xa0\x80 \U0001F999",
	)
	f.Add("a\tb\nc", "\r", " ", "'\"<!--?>")
	f.Fuzz(func(t *testing.T, source, host, index, body string) {
		enc := NewEncoder("ollama_logs://"+source, source, host, index, "")
		for s := range sourcetypes.Sourcetypes {
			ev := event(s, 3, body)
			text := enc.Append([]byte("before"), &ev)
			var got struct {
				Stanza     string `xml:"stanza,attr"`
				Time       string `xml:"time"`
				Source     string `xml:"source"`
				Sourcetype string `xml:"sourcetype"`
				Index      string `xml:"index"`
				Host       string `xml:"host"`
				Data       string `xml:"data"`
			}
			rest, ok := strings.CutPrefix(string(text), "before")
			if err := xml.Unmarshal([]byte(rest), &got); !ok || err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			want := got
			want.Stanza, want.Time, want.Sourcetype = "ollama_logs://"+plainText(source), "1732221741.541", s.String()
			want.Source, want.Host, want.Index, want.Data = plainText(source), plainText(host), plainText(index), plainText(body)
			if got != want {
				t.Errorf("got  %+q\nwant %+q", got, want)
			}
		}
	})
}

// plainText is what XML 1.0 leaves of s, by the letter of its specification.
func plainText(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\t',
			r == '\n',
			r == '\r',
			r >= 0x20 && r <= 0xD7FF,
			r >= 0xE000 && r <= 0xFFFD,
			r >= 0x10000 && r <= utf8.MaxRune:
			out.WriteRune(r)
		default:
			out.WriteRune(utf8.RuneError)
		}
	}
	return out.String()
}

func BenchmarkEncoder(b *testing.B) {
	bodies := map[string]string{
		"access": `[GIN] 2024/11/21 - 20:42:21 | 200 |  1.234567891s |       127.0.0.1 | POST     "/api/generate"`,
		"slog":   `time=2024-11-21T20:42:21.541Z level=INFO source=server.go:105 msg="system memory" total="31.2 GiB" free="27.9 GiB" free_swap="8.0 GiB"`,
		"utf8": `time=2024-11-21T20:42:21.541Z level=DEBUG msg=prompt text="` + strings.Repeat(
			"Zażółć gęślą jaźń ",
			10,
		) + `"`,
	}
	enc := NewEncoder("ollama_logs://a", "/var/log/ollama/server.log", "web-1", "ollama", "")
	for name, body := range bodies {
		b.Run(name, func(b *testing.B) {
			ev := event(sourcetypes.Server, 3, body)
			var dst []byte
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				dst = enc.Append(dst[:0], &ev)
			}
		})
	}
}
