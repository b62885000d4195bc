package framing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"ollama-hec/input"
)

func seeds(f *testing.F) {
	for _, form := range forms {
		for _, line := range story {
			f.Add([]byte(form.wrap(line)))
		}
	}
}

// FuzzPrefixes: what an envelope removes and what it leaves are the line.
func FuzzPrefixes(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		before := bytes.Clone(line)
		for _, e := range envelopes {
			var p piece
			if !e.parse(line, &p) || e.object {
				continue
			}
			if !bytes.HasSuffix(line, p.text) || p.written != asItIs {
				t.Errorf("%s left %q of %q", e.name, p.text, line)
			}
			for _, name := range [][]byte{p.names.host, p.names.program, p.names.namespace, p.names.pod, p.names.container} {
				if !bytes.Contains(line[:len(line)-len(p.text)], name) {
					t.Errorf("%s took the name %q from %q", e.name, name, line)
				}
			}
		}
		if !bytes.Equal(line, before) {
			t.Errorf("%q became %q", before, line)
		}
	})
}

// FuzzObjects: what a shipper's object says is what encoding/json reads in it.
func FuzzObjects(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, line []byte) {
		var m map[string]json.RawMessage
		if json.Unmarshal(line, &m) != nil || !utf8.Valid(line) || escapedKeys(line) || twice(line) {
			return
		}
		for _, e := range []struct {
			*envelope
			keys []string
		}{
			{envelopeNamed("journal-json"), []string{"MESSAGE"}},
			{envelopeNamed("json"), []string{"log", "message", "msg", "textPayload", "line"}},
		} {
			var p piece
			if !e.parse(bytes.Clone(line), &p) || p.written != escaped {
				continue
			}
			p.decode()
			var texts []string
			for _, key := range e.keys {
				var text string
				if len(m[key]) > 0 && m[key][0] == '"' && json.Unmarshal(m[key], &text) == nil {
					texts = append(texts, strings.TrimSuffix(text, "\n"))
				}
			}
			if !slices.Contains(texts, string(p.text)) {
				t.Errorf("%s read %q, encoding/json %q", e.name, p.text, texts)
			}
		}
	})
}

// twice reports whether line may have a key twice: which one counts differs.
func twice(line []byte) bool {
	for _, key := range []string{`"log"`, `"message"`, `"msg"`, `"line"`, `"textPayload"`, `"MESSAGE"`} {
		if bytes.Count(line, []byte(key)) > 1 {
			return true
		}
	}
	return false
}

// FuzzFrames: whatever comes, in whatever pieces, every line comes out or is left out,
// and positions only grow.
func FuzzFrames(f *testing.F) {
	for _, form := range forms {
		f.Add(form.wrap(story[0])+"\n"+form.wrap(story[2])+"\n"+story[1]+"\n", uint8(2), false)
	}
	f.Fuzz(func(t *testing.T, log string, at uint8, named bool) {
		lines := strings.Split(log, "\n")
		o := options()
		o.Named = named
		frames := New(o, "")
		k := min(int(at), len(lines))
		records := read(t, frames, false, lines[:k]...)
		again := New(o, frames.Keep())
		again.Inherit(frames, 0)
		records = append(records, read(t, again, true, lines[k:]...)...)
		if len(records) < len(lines)-2*int(input.Outputs)-strings.Count(log, `"`)/2 {
			t.Errorf("%d records of %d lines", len(records), len(lines))
		}
		if kept := frames.Keep(); New(o, kept).Keep() != kept {
			t.Errorf("%q is read as %q", kept, New(o, kept).Keep())
		}
		last := input.Position(0)
		for _, r := range read(t, New(o, ""), true, lines...) {
			if r.Next < last {
				t.Errorf("a record goes on at %d after one at %d", r.Next, last)
			}
			last = r.Next
		}
	})
}

// FuzzEncodings: text comes back from UTF-16 in whatever pieces it comes, and lines
// end where they end.
func FuzzEncodings(f *testing.F) {
	f.Add("time=2026-04-13 ਅ\n漢字 😀 Ċ\r\nlast", uint8(3), true)
	f.Fuzz(func(t *testing.T, text string, cut uint8, big bool) {
		text = "time=" + strings.ToValidUTF8(text, "?")
		enc := UTF16LE
		if big {
			enc = UTF16BE
		}
		raw := encode(enc, "\ufeff"+text)
		k := min(int(cut), len(raw))
		var d Text
		got := string(d.Decode(raw[:k], false))
		got += string(d.Decode(raw[k:], true))
		if got != "\ufeff"+text {
			t.Errorf("got %q, want %q", got, text)
		}
		var lines []string
		for pos := 0; pos < len(raw); {
			i, size := enc.LineEnd(raw[pos:], pos&1 == 1)
			if i < 0 {
				i, size = len(raw)-pos, 0
			}
			lines = append(lines, string(enc.Append(nil, raw[pos:pos+i])))
			pos += i + size
		}
		if strings.Join(lines, "\n") != strings.TrimSuffix("\ufeff"+text, "\n") {
			t.Errorf("lines %q of %q", lines, text)
		}
	})
}

func encode(e Encoding, text string) []byte {
	var raw []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if e == UTF16BE {
			raw = append(raw, byte(u>>8), byte(u))
		} else {
			raw = append(raw, byte(u), byte(u>>8))
		}
	}
	return raw
}

func TestEncodingOf(t *testing.T) {
	for head, want := range map[string]Encoding{
		"":                                       UTF8,
		"t":                                      UTF8,
		"time=":                                  UTF8,
		"\xff\xfet\x00":                          UTF16LE,
		"\xfe\xff\x00t":                          UTF16BE,
		"\xef\xbb\xbftime":                       UTF8,
		"t\x00i\x00m\x00e\x00":                   UTF16LE,
		"\x00t\x00i\x00m\x00e":                   UTF16BE,
		"\x00\x00\x00\x00t\x00i\x00m\x00e\x00":   UTF16LE,
		"\x00\x00\x00\x00\x00t\x00i\x00m\x00e":   UTF16BE,
		"\x00\x00\x00\x00\x00time=2026-04-13T08": UTF8,
		"\x00\x00\x00\x00time=2026-04-13T08":     UTF8,
		"\x00\x00\x00\x00":                       UTF8,
	} {
		if got := EncodingOf([]byte(head)); got != want {
			t.Errorf("%q is taken for %s", head, got)
		}
	}
}

// A prefix that a client of Ollama can have written changes nothing.
func TestForgedPrefixesAreText(t *testing.T) {
	forged := []string{
		"Apr 13 08:00:00 evil ollama[1]: " + story[0],
		"<30>1 2020-01-01T00:00:00Z evil ollama 1 - - x",
		"evil-1  | " + story[0],
		"[pod/evil-0/ollama] x",
		"2020-01-01T00:00:00.123456789Z x",
		"evil-0 ollama " + story[0],
		`{"log":"x\n","stream":"stderr","time":"2020-01-01T00:00:00Z"}`,
		`{"__REALTIME_TIMESTAMP":"1776060000123456","_HOSTNAME":"evil","SYSLOG_IDENTIFIER":"ollama","MESSAGE":"x"}`,
		"2020-01-01T00:00:00Z stderr F x",
		"-- Boot 0123456789abcdef0123456789abcdef --",
		"+ evil › ollama",
	}
	for _, form := range append(slices.Clone(forms), form{name: "plain", wrap: after(""), keep: "plain"}) {
		f := New(options(), "")
		lines := []string{form.wrap(story[0])}
		for _, l := range forged {
			lines = append(lines, form.wrap(l))
		}
		got := read(t, f, false, lines...)
		kept := recognized(f)
		if kept != form.keep || len(got) != len(lines) {
			t.Errorf("%s became %q", form.name, kept)
			continue
		}
		for i, l := range forged {
			r, first := got[i+1], got[0]
			if string(r.Text) != l || r.Host != first.Host || r.Program != first.Program || r.Time != first.Time || r.Omitted {
				t.Errorf("%s: %q became %+v %q", form.name, l, r, r.Text)
			}
		}
	}
}

// In a log whose first lines are not Ollama's nothing is decided by them.
func TestFirstLinesOfOthers(t *testing.T) {
	for _, first := range []string{
		"nohup: ignoring input", "Attaching to ollama-1", `time="2026-04-13T08:00:00+02:00" level=warning msg="obsolete"`,
		"● ollama.service - Ollama Service", "     Active: active (running) since Mon 2026-04-13 08:00:00 CEST; 3 days ago",
		"-- Logs begin at Mon 2026-04-13 07:00:00 CEST, end at Mon 2026-04-13 09:00:00 CEST. --",
		"", "pulling manifest", "Error: something", "2026-04-13 starting", "id=5 | name | x", "a b c",
	} {
		for _, form := range forms {
			f := New(options(), "")
			read(t, f, true, first, form.wrap(story[0]))
			if kept := recognized(f); kept != form.keep {
				t.Errorf("%q before %s: %q", first, form.name, kept)
			}
		}
		f := New(options(), "")
		if read(t, f, true, first, story[0]); f.Keep() != "plain" {
			t.Errorf("%q before a plain line: %q", first, f.Keep())
		}
	}
}

// An indented line without a prefix goes on with the one before.
func TestContinuedLines(t *testing.T) {
	const own, other = "Apr 13 08:00:00 host1 ollama[1]: ", "Apr 13 08:00:00 host1 cron[1]: "
	got := read(t, New(options(), ""), true,
		own+"head:", strings.Repeat(" ", len(own))+"  and more", other+"head:", "  left out too", own+story[1])
	var texts []string
	for _, r := range got {
		if !r.Omitted {
			texts = append(texts, r.Host+" "+string(r.Text))
		}
	}
	if want := []string{"host1 head:", "host1   and more", "host1 " + story[1]}; !slices.Equal(texts, want) {
		t.Errorf("got %q", texts)
	}
}

// A plain line makes a log plain, but for a log whose very first line was framed.
func TestPlainLineInAFramedLog(t *testing.T) {
	framed := "Apr 13 08:00:00 host1 ollama[1]: " + story[1]
	for first, want := range map[string][]string{
		"nohup: ignoring input": {"nohup: ignoring input", story[1], story[0], framed},
		framed:                  {story[1], story[1], story[0], story[1]},
	} {
		for _, restarted := range []bool{false, true} {
			f := New(options(), "")
			got := read(t, f, true, first, framed)
			if restarted {
				f = New(options(), f.Keep())
			}
			got = append(got, read(t, f, true, story[0], framed)...)
			for i, r := range got {
				if string(r.Text) != want[i] {
					t.Errorf("restarted %v: got %q, want %q", restarted, r.Text, want[i])
				}
			}
		}
	}
}

// Every parser takes a time that grows as its line does: with the square of it these
// would take hours.
func TestParsersAreLinear(t *testing.T) {
	const n = 1 << 20
	for _, line := range []string{
		strings.Repeat("a ", n/2), strings.Repeat("1", n), strings.Repeat("{", n), "{" + strings.Repeat(`"a":{`, n/5), strings.Repeat("[", n),
		strings.Repeat("a | ", n/4), strings.Repeat("Apr 13 08:00:00 h p[1]: ", n/24), strings.Repeat("2026-04-13T06:00:00.123456789Z ", n/31),
		strings.Repeat("\x1b[0m", n/4), "<30>1 " + strings.Repeat("- ", 5) + strings.Repeat("[a b=\"", n/6), strings.Repeat("l", n), strings.Repeat("ollam", n/5),
		"{" + strings.Repeat(`"a":"\\",`, n/9), `{"MESSAGE":[` + strings.Repeat("1,", n/2) + "]}", strings.Repeat("pod-0 ", n/6), strings.Repeat("a-1  | b-1  | ", n/14),
		`{"log":"` + strings.Repeat(`\"`, n/2) + `"}`, strings.Repeat("\x00a", n/2), strings.Repeat("::", n/2), strings.Repeat("INFO [", n/6),
	} {
		f := New(options(), "")
		read(t, f, true, line, line)
	}
}

func ExampleFrames_Says() {
	f := New(Options{}, "syslog+compose.")
	fmt.Println(f.Says())
	// Output: syslog prefix (journalctl, rsyslog), then docker compose prefix
}
