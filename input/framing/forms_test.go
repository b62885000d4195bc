package framing

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
)

// read is what Frames make of lines, all of them at once or one after the other.
func read(t testing.TB, f *Frames, apart bool, lines ...string) (records []input.Record) {
	t.Helper()
	c := new(input.Chunk)
	f.Limit(nil, 1<<20)
	pos := input.Position(0)
	flush := func() {
		first := pos
		if len(c.Records) > 0 {
			pos = c.Records[len(c.Records)-1].Next
		}
		f.Unwrap(c, first, input.Idle)
		for _, r := range c.Records {
			r.Text = bytes.Clone(r.Text)
			records = append(records, r)
		}
		c.Records = nil
	}
	next := pos
	for _, l := range lines {
		next += input.Position(len(l) + 1)
		c.Records = append(c.Records, input.Record{Text: []byte(l), Next: next})
		if apart {
			flush()
		}
	}
	flush()
	return records
}

func fieldsOf(p *input.Program) string {
	var s []string
	if p != nil {
		for _, f := range p.Fields {
			s = append(s, f.Name+"="+f.Value)
		}
	}
	return strings.Join(s, " ")
}

func options() Options {
	return Options{Now: func() time.Time { return at.Add(48 * time.Hour) }}
}

// recognized is what Frames keep of a log but for its zone.
func recognized(f *Frames) string {
	kept, _, _ := strings.Cut(f.Keep(), zoneMark)
	return strings.TrimPrefix(kept, firmMark)
}

// In whatever form Ollama's lines come, they come out as they were written.
func TestForms(t *testing.T) {
	for _, form := range forms {
		for _, apart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, apart %v", form.name, apart), func(t *testing.T) {
				var lines []string
				for _, l := range story {
					lines = append(lines, form.wrap(l))
				}
				f := New(options(), "")
				got := read(t, f, apart, lines...)
				if kept := recognized(f); kept != form.keep {
					t.Fatalf("recognized as %q, want %q", kept, form.keep)
				}
				if len(got) != len(story) {
					t.Fatalf("%d lines, want %d", len(got), len(story))
				}
				for i, r := range got {
					if string(r.Text) != story[i] {
						t.Errorf("got  %q\nwant %q", r.Text, story[i])
					}
					if r.Omitted || r.Host != form.host || fieldsOf(r.Program) != form.fields {
						t.Errorf("omitted %v, host %q, fields %q", r.Omitted, r.Host, fieldsOf(r.Program))
					}
					if form.time > 0 && r.Time != at.Truncate(form.time).UnixNano() {
						t.Errorf("time %v, want %v", time.Unix(0, r.Time).UTC(), at.Truncate(form.time).UTC())
					}
				}
				if says := f.Says(); says == "" {
					t.Error("nobody is told what was removed")
				}
			})
		}
	}
}

// The program that reads on does not decide anew.
func TestKeptFormsAreReadOn(t *testing.T) {
	for _, form := range forms {
		f := New(options(), "")
		read(t, f, false, form.wrap(story[0]), form.wrap(story[2]))
		again := New(options(), f.Keep())
		for i, r := range read(t, again, true, form.wrap(story[5]), form.wrap(story[6])) {
			if string(r.Text) != story[5+i] || r.Host != form.host {
				t.Errorf("%s: got %q of %q", form.name, r.Text, r.Host)
			}
			learnt := form.name == "journalctl in a language not known" // from a line with a stamp
			if form.time > 0 && !learnt && r.Time != at.Truncate(form.time).UnixNano() {
				t.Errorf("%s: time %v", form.name, time.Unix(0, r.Time).UTC())
			}
		}
		if again.Keep() != f.Keep() {
			t.Errorf("%s: %q became %q", form.name, f.Keep(), again.Keep())
		}
	}
}

// Each envelope's sample is in that envelope.
func TestSamples(t *testing.T) {
	for _, e := range envelopes {
		line := strings.ReplaceAll(e.sample, "[GIN] …", `[GIN] 2026/04/13 - 08:00:01 | 200 | `)
		if v := judge([]byte(line)); v.outer != e {
			t.Errorf("%s: %+v", e.name, v)
		}
	}
}

// Taking a line out of its envelope costs no memory, whatever form it has.
func TestFormsAllocateNothing(t *testing.T) {
	for _, form := range forms {
		line := form.wrap(story[1])
		f, buf := New(options(), ""), make([]byte, len(line))
		c := &input.Chunk{Records: make([]input.Record, 1)}
		f.Limit(nil, 1<<20)
		one := func() {
			copy(buf, line)
			c.Records = append(c.Records[:0], input.Record{Text: buf, Next: 1})
			f.Unwrap(c, 0, input.Idle)
		}
		read(t, f, true, form.wrap(story[0]))
		if n := testing.AllocsPerRun(100, one); n > 0 {
			t.Errorf("%s: %v allocations a line", form.name, n)
		}
	}
}

func BenchmarkForms(b *testing.B) {
	for _, form := range append([]form{{name: "plain", wrap: after("")}}, forms...) {
		b.Run(form.name, func(b *testing.B) {
			line := form.wrap(story[1])
			f, buf := New(options(), ""), make([]byte, len(line))
			c := &input.Chunk{Records: make([]input.Record, 1)}
			f.Limit(nil, 1<<20)
			read(b, f, true, form.wrap(story[0]))
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				copy(buf, line)
				c.Records = append(c.Records[:0], input.Record{Text: buf, Next: 1})
				f.Unwrap(c, 0, input.Idle)
			}
		})
	}
}
