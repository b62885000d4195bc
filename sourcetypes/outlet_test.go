package sourcetypes

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/input"
)

// programsTold is what comes of lines that several programs wrote to one stream.
func programsTold(records ...input.Record) (got []string) {
	opts := defaults()
	opts.Zone = nil // as the lines say
	n := NewNormalizer(opts, 0, input.Carry{}, func(e *Event) {
		if e.Sourcetype == Server {
			name := ""
			if e.Program != nil {
				name = e.Program.Fields[0].Value
			}
			got = append(got, fmt.Sprintf("%s %s %s", name, e.Time.Append(nil), strings.ReplaceAll(string(e.Body), "\n", "⏎")))
		}
	})
	for i := range records {
		records[i].Next = input.Position(i + 1)
		n.Add(&records[i])
	}
	n.Flush()
	return got
}

func program(name string) *input.Program {
	return &input.Program{Fields: []input.Field{{Name: "container", Value: name}}}
}

func wrote(p *input.Program, at int64, text string) input.Record {
	return input.Record{Program: p, Time: at * 1e9, Text: []byte(text)}
}

// Programs that write to one stream at a time do not get each other's lines, nor
// each other's zones and times.
func TestProgramsAreJoinedApart(t *testing.T) {
	a, b := program("a"), program("b")
	got := programsTold(
		wrote(a, 0, `time=2026-04-13T08:00:00.000+02:00 level=INFO msg=a`),
		wrote(b, 0, `time=2026-04-13T06:00:00.000Z level=INFO msg=b`),
		wrote(a, 0, `panic: boom`),
		wrote(b, 0, `head:`),
		wrote(a, 0, ``),
		wrote(b, 0, `  of b`),
		wrote(a, 0, `goroutine 1 [running]:`),
		wrote(b, 0, `[GIN] 2026/04/13 - 06:00:01 | 200 |     1.204ms |     203.0.113.5 | POST     "/b"`),
		wrote(a, 0, `main.main()`),
		wrote(a, 0, "\t/x/main.go:12 +0x1"),
		wrote(a, 0, `[GIN] 2026/04/13 - 08:00:02 | 200 |     1.204ms |     203.0.113.5 | POST     "/a"`),
	)
	want := []string{
		`a 1776060000.000 time=2026-04-13T08:00:00.000+02:00 level=INFO msg=a`,
		`b 1776060000.000 time=2026-04-13T06:00:00.000Z level=INFO msg=b`,
		`b 1776060000.000 head:⏎  of b`,
		"a 1776060000.000 panic: boom⏎⏎goroutine 1 [running]:⏎main.main()⏎\t/x/main.go:12 +0x1",
		`b 1776060001 [GIN] 2026/04/13 - 06:00:01 | 200 |     1.204ms |     203.0.113.5 | POST     "/b"`,
		`a 1776060002 [GIN] 2026/04/13 - 08:00:02 | 200 |     1.204ms |     203.0.113.5 | POST     "/a"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A line without a stamp does not take another program's where its envelope has one.
func TestProgramsTimesAreTheirOwn(t *testing.T) {
	a, systemd := program("a"), program("systemd")
	got := programsTold(
		wrote(a, 10, `time=2026-04-13T06:00:02.877Z level=INFO msg=a`),
		wrote(systemd, 1776060003, `ollama.service: Main process exited`),
		wrote(systemd, 0, `and without a time`),
	)
	if len(got) != 3 || !strings.HasPrefix(got[1], "systemd 1776060003 ") ||
		!strings.HasPrefix(got[2], "systemd 1776060002.877 ") {
		t.Errorf("%q", got)
	}
}

// However many programs there are, every line arrives.
func TestManyPrograms(t *testing.T) {
	var records []input.Record
	for i := range 3 * maxOutlets {
		records = append(records, wrote(program(fmt.Sprint(i)), 0, `panic: boom`))
	}
	if got := programsTold(records...); len(got) != len(records) {
		t.Errorf("%d events of %d lines", len(got), len(records))
	}
}

// What is not Ollama's is passed over, and counted.
func TestOmittedLinesAdvanceThePosition(t *testing.T) {
	n := NewNormalizer(defaults(), 0, input.Carry{}, func(*Event) { t.Error("an event") })
	n.Add(&input.Record{Omitted: true, Next: 7})
	if next, _ := n.Resume(); next != 7 || n.Counts().Omitted != 1 || n.Counts().Lines != 0 {
		t.Errorf("resumes at %d, %+v", next, n.Counts())
	}
}

// A power cut leaves zeros where lines were: those before and behind are lines.
func TestZerosHideNoLine(t *testing.T) {
	zeros := strings.Repeat("\x00", 512)
	got := programsTold(
		wrote(nil, 0, zeros+`time=2026-04-13T06:00:00.000Z level=INFO msg=a`),
		wrote(nil, 0, `broken off`+zeros+`time=2026-04-13T06:00:01.000Z level=INFO msg=b`+zeros),
		wrote(nil, 0, zeros),
		wrote(nil, 0, "a zero \x00 inside"),
	)
	want := []string{
		" 1776060000.000 time=2026-04-13T06:00:00.000Z level=INFO msg=a",
		" 1776060000.000 broken off",
		" 1776060001.000 time=2026-04-13T06:00:01.000Z level=INFO msg=b",
		" 1776060001.000 a zero \x00 inside",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q", got)
	}
}
