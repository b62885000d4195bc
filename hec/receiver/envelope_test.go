package receiver

import (
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestOutput sends bodies as they are in testdata and compares the lines written.
func TestOutput(t *testing.T) {
	for name, path := range map[string]string{
		"event": "/services/collector/event",
		"raw":   "/services/collector/raw?time=1433188255.500&host=h&source=s%20%22q%22&sourcetype=st&index=main",
	} {
		t.Run(name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join("testdata", name+".body"))
			if err != nil {
				t.Fatal(err)
			}
			var out lineBuffer
			r := start(t, Options{Out: &out})
			call{path: path, body: string(body)}.expect(t, r, 200, `{"text":"Success","code":0}`)
			golden := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if out.String() != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", out.String(), want)
			}
		})
	}
}

func TestEventsAreHandedOverParsed(t *testing.T) {
	var got []Event
	r := start(t, Options{Event: func(e Event) { got = append(got, e) }})
	call{
		body: ` { "time" : 1433188255.500000001, "host":"h\u00e9", "source":"/a b", "sourcetype":"ollama:api", "index":"main", "event" : {"b": 1}, "fields":{"pod":"p"} }
{"time":"1433188255.5","event":"x"}`,
	}.do(
		t,
		r,
	)
	if len(got) != 2 {
		t.Fatalf("got %d events", len(got))
	}
	e := got[0]
	if e.Time != "1433188255.500000001" || e.Host != "hé" || e.Source != "/a b" || e.Sourcetype != "ollama:api" ||
		e.Index != "main" || string(e.Event) != `{"b": 1}` || string(e.Fields) != `{"pod":"p"}` {
		t.Errorf("got %+v", e)
	}
	if want := `{"time":1433188255.500000001,"host":"h\u00e9","source":"/a b","sourcetype":"ollama:api","index":"main","event":{"b":1},"fields":{"pod":"p"}}`; string(
		e.Line,
	) != want {
		t.Errorf("line %s", e.Line)
	}
	if e := got[1]; e.Time != "1433188255.5" || e.Host != "" || string(e.Event) != `"x"` || e.Fields != nil {
		t.Errorf("got %+v", e)
	}
	if s := r.Stats(); s.Events["ollama:api"] != 1 || s.Events[""] != 1 {
		t.Errorf("counted %v", s.Events)
	}
}

func TestWhatAShipperMustNotSendIsCounted(t *testing.T) {
	r := start(t, Options{})
	call{body: `{"event":0}{"event":1,"meta":2}{"event":2}`}.do(t, r)
	call{body: `{"event":0}{"fields":{"a":"b"}}`}.do(t, r)
	call{body: "{\"event\":\"\xff\"}"}.do(t, r)
	if s := r.Stats(); s.UnknownKey != 2 || s.FieldsOnly != 1 || s.InvalidUTF8 != 1 || s.Taken() != 3 {
		t.Errorf("got %+v", s)
	}
}

func TestNestingIsBounded(t *testing.T) {
	nested := func(n int) string {
		return `{"event":` + strings.Repeat("[", n) + "1" + strings.Repeat("]", n) + "}"
	}
	if p := parse([]byte(nested(maxNesting-1)), Token{}); p.code != codeSuccess {
		t.Errorf("refused with %d", p.code)
	}
	if p := parse([]byte(nested(1_000_000)), Token{}); p.code != codeBadFormat {
		t.Errorf("answered %d", p.code)
	}
}

// FuzzBody: no body makes the parser panic; what is taken is a prefix of what
// encoding/json finds, and refused is what encoding/json or the rules refuse.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		``, ` `, `{"event":1}`, `{"event":1}{"event":2}`, "{\"event\":1}\n\n{\"event\":{\"a\":[1,2,{\"b\":null}]}}",
		`[{"event":1},{"event":2}]`, `[{"event":1},]`, `[[{"event":1}]]`, `[`, `[]{"event":1}`, `{"event":1}]`,
		`{"event":"a\"b\\","time":1.5,"fields":{"a":["{"]}}x`, `{"event":-0.1e+5}`, `{"event":01}`, `{"event":"\u12g4"}`,
		`{"\u0065vent":"\ud800"}`, `{"event":tru}`, "{\"event\":\"\xff\x00\"}", `{"x":1}`, `{"fields":{}}`, `{"event":" \n"}`,
		`{"event":1,"event":""}`, `{"time":"-1.5","event":1}`, `{"index":"x","event":1}`, `{"event":1}` + "\x0c" + `{"event":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		p := parse(body, Token{Indexes: []string{"main"}})
		if !bytes.Equal(body, before) {
			t.Fatal("the body was changed")
		}
		raw, bad := plain(body)
		if len(p.events)+p.fieldsOnly+p.unknownKey > len(raw) {
			t.Fatalf("found %d objects of %q", len(p.events)+p.fieldsOnly+p.unknownKey, raw)
		}
		checkVerdict(t, p, raw, bad)
		checkPrefix(t, p, raw)
	})
}

func TestCountingInPieces(t *testing.T) {
	body := []byte(`{"event":"a\\\"}"}[{"a\"":{}}, {}]{"b":"{\\"}`)
	for i := range body {
		var c counter
		c.count(body[:i])
		c.count(body[i:])
		if c.objects != 4 {
			t.Errorf("counted %d in %s and %s", c.objects, body[:i], body[i:])
		}
	}
}

// FuzzCount: counting in pieces finds as many objects as the parser.
func FuzzCount(f *testing.F) {
	f.Add([]byte(`{"event":"a\\\"}"}[{"event":{}}]`), uint64(1))
	f.Add([]byte(`{"event":"\\"} {"event":1}`), uint64(2))
	f.Fuzz(func(t *testing.T, body []byte, seed uint64) {
		raw, bad := plain(body)
		if bad {
			return
		}
		var c counter
		draw := rand.New(rand.NewPCG(seed, 0))
		for rest := body; len(rest) > 0; {
			n := 1 + draw.IntN(len(rest))
			c.count(rest[:n])
			rest = rest[n:]
		}
		if c.objects != uint64(len(raw)) {
			t.Fatalf("counted %d of %d", c.objects, len(raw))
		}
	})
}

// batch is a body as a shipper sends it.
func batch(events int) []byte {
	const event = `{"time":1748508632.517,"host":"gpu-1","source":"/var/log/ollama/server.log","sourcetype":"ollama:server","event":"time=2025-05-29T08:50:32.517Z level=INFO source=server.go:168 msg=\"starting llama server\" cmd=\"/usr/bin/ollama runner --model m --ctx-size 8192\""}`
	return []byte(strings.Repeat(event, events))
}

func BenchmarkParse(b *testing.B) {
	body := batch(3000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if p := parse(body, Token{}); len(p.events) != 3000 {
			b.Fatal(len(p.events))
		}
	}
	b.ReportMetric(3000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkCount(b *testing.B) {
	body := batch(3000)
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		var c counter
		if c.count(body); c.objects != 3000 {
			b.Fatal(c.objects)
		}
	}
	b.ReportMetric(3000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkReceive is the whole way over loopback, gzip included.
func BenchmarkReceive(b *testing.B) {
	for name, options := range map[string]Options{"taken": {Out: io.Discard}, "counted": {CountOnly: true}} {
		b.Run(name, func(b *testing.B) {
			r := start(b, options)
			event := call{body: zip(string(batch(3000))), header: map[string]string{"Content-Encoding": "gzip"}}
			for b.Loop() {
				event.do(b, r)
			}
			b.ReportMetric(3000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
