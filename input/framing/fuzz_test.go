package framing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"ollama-hec/input"
)

// plainDocker is parseDocker written plainly.
func plainDocker(line []byte) (text string, nanos int64, out input.Output, ok bool) {
	var m map[string]json.RawMessage
	var log, stream, stamp string
	for key, into := range map[string]*string{"log": &log, "stream": &stream, "time": &stamp} {
		if json.Unmarshal(line, &m) != nil || json.Unmarshal(m[key], into) != nil || m[key][0] != '"' {
			return
		}
	}
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if err != nil || at.Year() < 1972 || at.Year() > 2260 {
		return
	}
	out, ok = map[string]input.Output{"stdout": input.Stdout, "stderr": input.Stderr}[stream]
	return log, at.UnixNano(), out, ok
}

func FuzzDocker(f *testing.F) {
	f.Add([]byte(`{"log":"a\n","stream":"stderr","time":"2026-10-21T19:15:41.123456789Z"}`))
	f.Add(
		[]byte(`{"log":"\ud83d\ude00\u001b\\n","stream":"stdout","attrs":{"x":[1,{}]},"time":"2026-10-21T19:15:41+02:00"}`),
	)
	f.Fuzz(func(t *testing.T, line []byte) {
		text, nanos, out, ok := plainDocker(line)
		d := &decoder{runtime: dockerLog}
		got, complete := d.Unwrap(bytes.Clone(line), 7)
		if !complete {
			if d.Resume(100) != 7 {
				t.Fatal("a part is pending, but reading would resume after it")
			}
			got, _ = d.Flush()
		} else if ok && strings.HasSuffix(text, "\n") {
			text = text[:len(text)-1]
		}
		if !ok || !utf8.Valid(line) || escapedKeys(line) {
			return
		}
		if string(got.Text) != text || got.Time != nanos || got.Output != out {
			t.Fatalf("got %q %d %d, want %q %d %d", got.Text, got.Time, got.Output, text, nanos, out)
		}
	})
}

// escapedKeys: a key spelled with escapes is not looked for; no runtime does that.
func escapedKeys(line []byte) bool {
	var m map[string]json.RawMessage
	json.Unmarshal(line, &m)
	for key := range m {
		if !bytes.Contains(line, fmt.Appendf(nil, "%q", key)) {
			return true
		}
	}
	return false
}

// FuzzStamp: what time.Format writes is read, and so is all that time.Parse reads,
// the same, and nothing else.
func FuzzStamp(f *testing.F) {
	for _, s := range []string{"2026-10-21T19:15:41.123456789Z", "2024-02-29T23:59:59+14:00", "2023-02-29T00:00:00Z",
		"2000-10-01T0:00:00+00:00", "2026-10-21T19:15:41.1234567891Z", "2026-10-21T19:15:41+24:60", "2100-02-29T00:00:00Z", "2000-02-29T00:00:00-00:30", "2026-10-21T19:15:60Z", "2026-10-21T19:15:41,5Z", "1999-12-31T23:59:59.Z"} {
		f.Add(s, int64(1_792_610_141), int64(5), int16(480))
	}
	f.Fuzz(func(t *testing.T, s string, seconds, nanos int64, minutes int16) {
		got, ok := parseStamp([]byte(s))
		want, err := time.Parse(time.RFC3339Nano, s)
		if readable := err == nil && want.Year() >= 1971 &&
			want.Year() <= 2261; ok != readable ||
			ok && got != want.UnixNano() {
			t.Fatalf("parseStamp(%q) = %d, %v, time.Parse: %v, %v", s, got, ok, want, err)
		}
		const first, last = 63_072_000, 9_151_000_000 // 1972 to 2259
		want = time.Unix(first+int64(uint64(seconds)%(last-first)), int64(uint64(nanos)%1e9)).
			In(time.FixedZone("", int(minutes)%(24*60)*60))
		if got, ok := parseStamp([]byte(want.Format(time.RFC3339Nano))); !ok || got != want.UnixNano() {
			t.Fatalf("parseStamp(%s) = %d, %v, want %d", want.Format(time.RFC3339Nano), got, ok, want.UnixNano())
		}
	})
}

func FuzzCRI(f *testing.F) {
	f.Add("2026-10-21T19:15:41.123456789Z", true, false, "text of the line")
	f.Fuzz(func(t *testing.T, stamp string, stderr, part bool, text string) {
		if _, ok := parseStamp([]byte(stamp)); !ok {
			return
		}
		stream, out, tag := "stdout", input.Stdout, "F"
		if stderr {
			stream, out = "stderr", input.Stderr
		}
		if part {
			tag = "P"
		}
		d := &decoder{runtime: criLog}
		line, complete := d.Unwrap([]byte(stamp+" "+stream+" "+tag+" "+text), 0)
		if complete == part {
			t.Fatalf("complete: %v, part: %v", complete, part)
		}
		if part {
			line, _ = d.Flush()
		}
		if string(line.Text) != text || line.Output != out {
			t.Fatalf("got %q %d, want %q %d", line.Text, line.Output, text, out)
		}
	})
}

func BenchmarkDocker(b *testing.B) {
	benchmark(
		b,
		dockerLog,
		`{"log":"[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      \"/nope\"\n","stream":"stdout","time":"2026-10-21T19:15:41.123456789Z"}`,
	)
}

func BenchmarkCRI(b *testing.B) {
	benchmark(
		b,
		criLog,
		`2026-10-21T19:15:41.123456789Z stdout F [GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |       127.0.0.1 | GET      "/nope"`,
	)
}

func benchmark(b *testing.B, framing runtime, line string) {
	d := &decoder{runtime: framing, MaxLine: 1 << 20}
	buf := make([]byte, len(line))
	b.ReportAllocs()
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		copy(buf, line)
		d.Unwrap(buf, 0)
	}
}
