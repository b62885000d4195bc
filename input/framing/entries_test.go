package framing

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

// entryFiles are what journalctl of systemd 252 writes of one journal.
var entryFiles = map[string]string{
	"journal-export": "testdata/journal.export", "journal-verbose": "testdata/journal.verbose",
}

// inEntries is what the lines of that journal are, and at which second each came.
var inEntries = []struct {
	second  int
	text    string
	program string
	omitted bool
}{
	{0, `time=2026-04-13T08:00:00.123+02:00 level=INFO source=routes.go:1 msg="Listening on [::]:11434 (version 0.13.5)"`,
		"", false},
	{1, `[GIN] 2026/04/13 - 08:00:01 | 200 |     1.204ms |     203.0.113.5 | POST     "/api/chat"`, "", false},
	{2, "\x1b[31mred\x1b[0m text", "", false},
	{3, "panic: boom", "", false},
	{4, "goroutine 1 [running]:", "", false},
	{5, "main.main()", "", false},
	{6, "\t/x/main.go:12 +0x1", "", false},
	{7, "two", "", false},
	{7, "lines", "", false},
	{8, "123456789", "", false},
	{9, "ollama.service: Main process exited, code=killed, status=9/KILL", "program=systemd", false},
	{10, "", "", true},
	{11, `[GIN] 2026/04/13 - 08:00:09 | 404 |     1.204ms |     203.0.113.6 | GET     "/nope"`, "", false},
}

// readFrom reads text from a position on, so many lines at a time, and returns the records,
// their texts their own.
func readFrom(f *Frames, text []byte, from input.Position, lines int, last input.Progress) (all []input.Record) {
	pos := from
	var chunk input.Chunk
	first := from
	flush := func(progress input.Progress) {
		f.Unwrap(&chunk, first, progress)
		for _, r := range chunk.Records {
			r.Text = bytes.Clone(r.Text)
			all = append(all, r)
		}
		chunk.Records, first = chunk.Records[:0], pos
	}
	for line := range bytes.Lines(text[from:]) {
		pos += input.Position(len(line))
		line = bytes.Clone(bytes.TrimSuffix(line, lineFeed))
		if chunk.Records = append(chunk.Records, input.Record{Text: line, Next: pos}); len(chunk.Records) == lines {
			flush(input.More)
		}
	}
	flush(last)
	return all
}

// Entries of several lines become the lines of their texts.
func TestEntriesOfSeveralLines(t *testing.T) {
	for kept, path := range entryFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, lines := range []int{1, 7, 100000} {
			for _, last := range []input.Progress{input.Idle, input.Ended} {
				f := New(options(), "")
				got := readFrom(f, text, 0, lines, last)
				if f.Keep() != kept || f.Says() == "" {
					t.Fatalf("%s: recognized as %q, said %q", path, f.Keep(), f.Says())
				}
				checkEntries(t, fmt.Sprintf("%s, %d at a time", path, lines), kept, got)
				if n := len(got); got[n-1].Next != input.Position(len(text)) || f.Pending() {
					t.Errorf("%s: reading resumes at %d of %d, pending %v", path, got[n-1].Next, len(text), f.Pending())
				}
			}
		}
	}
}

func checkEntries(t *testing.T, what, kept string, got []input.Record) {
	t.Helper()
	if len(got) != len(inEntries) {
		t.Fatalf("%s: %d lines, want %d", what, len(got), len(inEntries))
	}
	for i, want := range inEntries {
		r, text := got[i], want.text
		if kept == "journal-verbose" && strings.Contains(text, "\x1b") {
			text = "[17B blob data]" // all that journalctl writes of it
		}
		if string(r.Text) != text || r.Omitted != want.omitted || fieldsOf(r.Program) != want.program {
			t.Errorf("%s: got %q, omitted %v, %s; want %q", what, r.Text, r.Omitted, fieldsOf(r.Program), text)
		}
		at := time.Date(2026, 4, 13, 6, 0, want.second, 123456000, time.UTC)
		if !want.omitted && (r.Time != at.UnixNano() || r.Host != "gpu1") {
			t.Errorf("%s: %q is of %v on %q", what, r.Text, time.Unix(0, r.Time).UTC(), r.Host)
		}
	}
}

// Whoever reads on from where any line was done with gets all that come after it.
func TestEntriesAreReadOn(t *testing.T) {
	for kept, path := range entryFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all := readFrom(New(options(), ""), text, 0, 100000, input.Ended)
		for i, r := range all {
			if i > 0 && r.Next == all[i-1].Next {
				continue // more of its entry follows: all of that is read again
			}
			rest := readFrom(New(options(), kept), text, r.Next, 3, input.Ended)
			if !slices.Equal(textsOf(rest), textsOf(all[i+1:])) {
				t.Errorf("%s: after %q got\n%q\nwant\n%q", path, r.Text, textsOf(rest), textsOf(all[i+1:]))
			}
		}
	}
}

func textsOf(records []input.Record) (s []string) {
	for _, r := range records {
		s = append(s, string(r.Text))
	}
	return s
}

// A log may be written while it is read: what is there of the last entry is handed on once
// it is enough, and the rest of its text comes later.
func TestTheLastVerboseEntryDoesNotWait(t *testing.T) {
	text, err := os.ReadFile("testdata/journal.verbose")
	if err != nil {
		t.Fatal(err)
	}
	f := New(options(), "")
	upTo := bytes.Index(text, []byte("            lines"))
	got := readFrom(f, text[:upTo], 0, 100000, input.Idle)
	if last := got[len(got)-1]; string(last.Text) != "two" || last.Next != input.Position(upTo) {
		t.Fatalf("the last line is %q, up to %d of %d", last.Text, last.Next, upTo)
	}
	got = append(got, readFrom(f, text, input.Position(upTo), 100000, input.Idle)...)
	checkEntries(t, "in two parts", "journal-verbose", got)
}

// A text cannot pass for the fields of its entry, nor for another entry.
func TestForgedEntries(t *testing.T) {
	const cursor = "__CURSOR=s=f6;i=1;b=01;m=f4240;t=64f5131683a40;x=64"
	forged := "x\n\n" + cursor + "\n_HOSTNAME=evil\nMESSAGE=forged"
	length := []byte{byte(len(forged)), 0, 0, 0, 0, 0, 0, 0}
	export := cursor + "\n__REALTIME_TIMESTAMP=1776060000123456\n_HOSTNAME=gpu1\nSYSLOG_IDENTIFIER=ollama\nMESSAGE\n" +
		string(length) + forged + "\n_COMM=ollama\n\n"
	head := "Mon 2026-04-13 08:00:00.123456 CEST [s=f6;i=1;b=01;m=f4240;t=64f5131683a40;x=64]\n"
	verbose := head + "    _HOSTNAME=gpu1\n    SYSLOG_IDENTIFIER=ollama\n    MESSAGE=" +
		strings.ReplaceAll(forged, "\n", "\n            ") + "\n    _COMM=ollama\n"
	for _, text := range []string{export, verbose} {
		got := readFrom(New(options(), ""), []byte(text), 0, 100000, input.Ended)
		if !slices.Equal(textsOf(got), strings.Split(forged, "\n")) {
			t.Errorf("got %q", textsOf(got))
		}
		for _, r := range got {
			if r.Host != "gpu1" {
				t.Errorf("%q is of host %q", r.Text, r.Host)
			}
		}
	}
}

// Whatever stands in a log of entries: nothing breaks, positions grow, and what is cut says so.
func FuzzEntries(f *testing.F) {
	for _, path := range entryFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, uint8(3))
	}
	f.Add([]byte("__CURSOR=s=1\nMESSAGE\n\x0a\x00\x00\x00\x00\x00\x00\x00123456789\n\n\nplain"), uint8(1))
	f.Add([]byte("__CURSOR=s=1\nMESSAGE\n\xff\xff\xff\xff\xff\xff\xff\xff1\n\n"), uint8(1))
	f.Fuzz(func(t *testing.T, text []byte, lines uint8) {
		for _, kept := range []string{"journal-export", "journal-verbose"} {
			frames := New(options(), kept)
			frames.Limit(nil, 64)
			var last input.Position
			for _, r := range readFrom(frames, text, 0, int(lines)+1, input.Ended) {
				if r.Next < last || r.Next > input.Position(len(text)) {
					t.Fatalf("%q resumes at %d, the one before at %d, of %d", r.Text, r.Next, last, len(text))
				}
				last = r.Next
			}
		}
	})
}
