package framing

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
)

// decode runs physical lines through a decoder and shows each line it gives
// as `output nanos resume text`, positions being counted in physical lines.
func decode(t *testing.T, d *decoder, physical ...string) []string {
	t.Helper()
	var got []string
	for i, p := range physical {
		if line, ok := d.Unwrap([]byte(p), input.Position(i)); ok {
			got = append(got, show(line, d.Resume(input.Position(i+1))))
		}
	}
	return got
}

func show(l Line, resume input.Position) string {
	return fmt.Sprintf("%d %d %d %s", l.Output, l.Time, resume, l.Text)
}

func TestUnwrap(t *testing.T) {
	const at = "1792610141500000000" // 2026-10-21T19:15:41.5Z
	const z = "2026-10-21T19:15:41.5Z"
	docker := func(log, stream string) string {
		return `{"log":"` + log + `","stream":"` + stream + `","time":"` + z + `"}`
	}
	for _, tt := range []struct {
		name    string
		framing runtime
		in      []string
		want    []string
	}{
		{"docker line", dockerLog, []string{docker(`[GIN] \"/\" \u003ca\u003e µs\n`, "stdout")},
			[]string{"1 " + at + ` 1 [GIN] "/" <a> µs`}},
		{"docker with attrs", dockerLog,
			[]string{`{"log":"a\n","stream":"stderr","attrs":{"tag":"}{"},"time":"` + z + `"}`},
			[]string{"2 " + at + " 1 a"}},
		{"docker empty line", dockerLog, []string{docker(`\n`, "stdout")}, []string{"1 " + at + " 1 "}},
		{"docker CRLF is left to who strips it", dockerLog, []string{docker(`a\r\n`, "stdout")}, []string{"1 " + at + " 1 a\r"}},
		{"docker parts", dockerLog, []string{docker("a", "stdout"), docker("b", "stdout"), docker(`c\n`, "stdout")},
			[]string{"1 " + at + " 3 abc"}},
		{"a backslash and an n end no line", dockerLog, []string{docker(`C:\\n`, "stdout"), docker(`ew\n`, "stdout")},
			[]string{"1 " + at + ` 2 C:\new`}},
		{"outputs are joined apart, and nothing is passed by", dockerLog,
			[]string{docker("out", "stdout"), docker(`err\n`, "stderr"), docker("err", "stderr"), docker(`put\n`, "stdout"), docker(`or\n`, "stderr")},
			[]string{"2 " + at + " 0 err", "1 " + at + " 2 output", "2 " + at + " 5 error"}},
		{"cri line", criLog, []string{z + " stderr F time=x  two spaces "}, []string{"2 " + at + " 1 time=x  two spaces "}},
		{"cri parts", criLog, []string{z + " stdout P ab", z + " stdout P c", z + " stdout F d"}, []string{"1 " + at + " 3 abcd"}},
		{"cri part that ends empty", criLog, []string{z + " stdout P ab", z + " stdout F "}, []string{"1 " + at + " 2 ab"}},
		{"cri empty line, with and without its space", criLog, []string{z + " stdout F ", z + " stdout F"}, []string{"1 " + at + " 1 ", "1 " + at + " 2 "}},
		{"cri further tags", criLog, []string{z + " stdout F:x a"}, []string{"1 " + at + " 1 a"}},
		{"cri zone", criLog, []string{"2026-10-22T03:15:41.5+08:00 stdout F a"}, []string{"1 " + at + " 1 a"}},
		{"not docker after all", dockerLog, []string{"panic: boom", `{"log":"cut`, `{"log":5,"stream":"stdout","time":"` + z + `"}`},
			[]string{"0 0 1 panic: boom", `0 0 2 {"log":"cut`, `0 0 3 {"log":5,"stream":"stdout","time":"` + z + `"}`}},
		{"not cri after all", criLog, []string{"", "a b c", z + " stdlog F a", z + " stdout X a", z + " stdout"},
			[]string{"0 0 1 ", "0 0 2 a b c", "0 0 3 " + z + " stdlog F a", "0 0 4 " + z + " stdout X a", "0 0 5 " + z + " stdout"}},
		{"no framing", noRuntime, []string{docker("a", "stdout")}, []string{"0 0 1 " + docker("a", "stdout")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := decode(t, &decoder{runtime: tt.framing}, tt.in...)
			if strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// note is line with the note of every source on what is missing.
func note(line string, gone int) string {
	text, _ := input.Limit([]byte(line+"x"), int64(len(line)+gone), len(line))
	return string(text)
}

func TestLinesAreCutAtMaxLine(t *testing.T) {
	d := &decoder{runtime: criLog, MaxLine: 5}
	const z = "2026-10-21T19:15:41Z stdout "
	got := decode(t, d, z+"F 12345", z+"F 1234567", z+"P 123", z+"P 45", z+"F ", z+"P 1234", z+"P 5678", z+"F 9", z+"F ok")
	var texts []string
	for _, g := range got {
		texts = append(texts, strings.SplitN(g, " ", 4)[3])
	}
	want := []string{"12345", note("12345", 2), "12345", note("12345", 4), "ok"}
	if !slices.Equal(texts, want) {
		t.Errorf("got %q, want %q", texts, want)
	}
}

func TestCuttingLeavesTheRestOfTheBuffer(t *testing.T) {
	d := &decoder{runtime: criLog, MaxLine: 1}
	buf := []byte("2026-10-21T19:15:41Z stdout F abcdefgh\nnext line")
	if line, _ := d.Unwrap(buf[:38], 0); string(line.Text) != note("a", 7) {
		t.Errorf("got %q", line.Text)
	}
	if got := string(buf[39:]); got != "next line" {
		t.Errorf("what follows in the buffer became %q", got)
	}
}

func TestFlushGivesWhatGotNoEnd(t *testing.T) {
	d := &decoder{runtime: criLog}
	const z = "2026-10-21T19:15:41Z "
	if got := decode(t, d, z+"stdout P out", z+"stderr P err"); got != nil || !d.Pending() {
		t.Fatalf("two beginnings gave %q, pending: %v", got, d.Pending())
	}
	if r := d.Resume(1000); r != 0 {
		t.Errorf("resumes at %d, past the first part", r)
	}
	var got []string
	for line, ok := d.Flush(); ok; line, ok = d.Flush() {
		got = append(got, string(line.Text))
	}
	if strings.Join(got, " ") != "out err" || d.Pending() || d.Resume(1000) != 1000 {
		t.Errorf("flushed %q, pending: %v", got, d.Pending())
	}
}

func TestDetect(t *testing.T) {
	for line, want := range map[string]runtime{
		`{"log":"a\n","stream":"stderr","time":"2026-10-21T19:15:41.123456789Z"}`:                     dockerLog,
		`{"time":"2026-10-21T19:15:41Z","stream":"stdout","log":"part"}`:                              dockerLog,
		`2026-10-21T19:15:41.123456789Z stdout F a`:                                                   criLog,
		`2026-10-21T19:15:41.123456789+02:00 stderr P a`:                                              criLog,
		`time=2026-10-21T19:15:41.541Z level=INFO source=server.go:496 msg="loading model"`:           noRuntime,
		`{"timestamp":1701615522,"level":"INFO","function":"main","line":1746,"message":"listening"}`: noRuntime,
		`{"log":"a\n","stream":"stderr"}`:                                                             noRuntime,
		`2023/10/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434`:                             noRuntime,
		``: noRuntime,
	} {
		if got := detectRuntime([]byte(line)); got != want {
			t.Errorf("detectRuntime(%q) = %d, want %d", line, got, want)
		}
	}
}

func TestUnwrapAllocatesNothing(t *testing.T) {
	for framing, line := range map[runtime]string{
		dockerLog: `{"log":"time=2026 msg=\"a b\"\n","stream":"stderr","time":"2026-10-21T19:15:41.123456789Z"}`,
		criLog:    `2026-10-21T19:15:41.123456789Z stdout F [GIN] 2026/10/21`,
	} {
		d := &decoder{runtime: framing, MaxLine: 1 << 20}
		buf := make([]byte, len(line))
		if n := testing.AllocsPerRun(100, func() {
			copy(buf, line)
			if _, ok := d.Unwrap(buf, 0); !ok {
				t.Fatal("the line is complete")
			}
		}); n != 0 {
			t.Errorf("framing %d: %v allocations a line", framing, n)
		}
	}
}
