package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
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

// plain is parse by encoding/json: the raw text of the objects of a body up to
// the first thing that is none, and whether there was one.
func plain(body []byte) (raw []string, bad bool) {
	d := json.NewDecoder(bytes.NewReader(body))
	for {
		array, err := atArray(d, body)
		if err == io.EOF {
			return raw, false
		}
		if array {
			if _, err := d.Token(); err != nil {
				return raw, true
			}
		}
		for first := true; first || array; first = false {
			if array && !d.More() {
				if _, err := d.Token(); err != nil {
					return raw, true
				}
				break
			}
			var o json.RawMessage
			if d.Decode(&o) != nil || o[0] != '{' {
				return raw, true
			}
			raw = append(raw, string(o))
		}
	}
}

// atArray reports whether the next value is an array; io.EOF if there is none.
func atArray(d *json.Decoder, body []byte) (bool, error) {
	rest := bytes.TrimLeft(body[d.InputOffset():], " \t\r\n")
	if len(rest) == 0 {
		return false, io.EOF
	}
	return rest[0] == '[', nil
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

// checkVerdict holds the code and number of a body against the objects in it.
func checkVerdict(t *testing.T, p parsed, raw []string, bad bool) {
	t.Helper()
	wantCode, wantNumber := codeSuccess, -1
	kept := 0
	for i, o := range raw {
		code, _, last := judge(o)
		if last {
			if kept == 0 {
				wantCode = codeNoData
			}
			bad = false
			break
		}
		if code != codeSuccess {
			wantCode, wantNumber, bad = code, i, false
			if code == codeBadIndex {
				wantNumber++
			}
			break
		}
		kept++
	}
	switch {
	case bad:
		wantCode, wantNumber = codeBadFormat, len(raw)
	case len(raw) == 0:
		wantCode = codeNoData
	}
	if p.code != wantCode || p.number != wantNumber {
		t.Fatalf("code %d at %d, want %d at %d", p.code, p.number, wantCode, wantNumber)
	}
}

// judge is the rules for one object, written without the scanner.
func judge(raw string) (code int, skip, last bool) {
	var o map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		panic(err)
	}
	for key := range o {
		if !slices.Contains([]string{"time", "host", "source", "sourcetype", "index", "event", "fields"}, key) {
			return 0, false, true
		}
	}
	event, has := o["event"]
	fields, hasFields := o["fields"]
	if !has {
		if hasFields {
			return 0, true, false
		}
		return codeNoEvent, false, false
	}
	var v any
	json.Unmarshal(event, &v)
	switch v := v.(type) {
	case nil:
		return codeBlankEvent, false, false
	case string:
		if strings.Trim(v, " \t\r\n") == "" {
			return codeBlankEvent, false, false
		}
	case map[string]any:
		if len(v) == 0 {
			return codeBlankEvent, false, false
		}
	case []any:
		if len(v) == 0 {
			return codeBlankEvent, false, false
		}
	}
	if hasFields {
		var f map[string]any
		if fields[0] != '{' || json.Unmarshal(fields, &f) != nil {
			return codeBadFormat, false, false
		}
		if nestedPlain(fields) {
			return codeBadFields, false, false
		}
	}
	if stamp, ok := o["time"]; ok {
		var text string
		if stamp[0] != '"' {
			text = string(stamp)
		} else {
			json.Unmarshal(stamp, &text)
		}
		if !decimal(text) {
			return codeBadFields, false, false
		}
	}
	for _, key := range []string{"host", "source", "sourcetype", "index"} {
		if v, ok := o[key]; ok && v[0] != '"' {
			return codeBadFormat, false, false
		}
	}
	if index, ok := o["index"]; ok {
		var s string
		json.Unmarshal(index, &s)
		if s != "" && s != "main" {
			return codeBadIndex, false, false
		}
	}
	return 0, false, false
}

// nestedPlain walks the tokens of fields: nothing but values, and arrays of values.
func nestedPlain(fields []byte) bool {
	d := json.NewDecoder(bytes.NewReader(fields))
	depth := 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
			if depth > 1 && tok == json.Delim('{') || depth > 2 {
				return true
			}
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
}

func decimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	whole, fraction, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!point || digits(fraction))
}

// checkPrefix: the events are, in order, the objects that have an event.
func checkPrefix(t *testing.T, p parsed, raw []string) {
	t.Helper()
	i := 0
	for _, o := range raw {
		if i == len(p.events) {
			return
		}
		if _, skip, _ := judge(o); skip {
			continue
		}
		var want bytes.Buffer
		if err := json.Compact(&want, []byte(o)); err != nil {
			t.Fatal(err)
		}
		if got := string(p.events[i].Line); got != want.String() {
			t.Fatalf("event %d is %s, want %s", i, got, want.String())
		}
		i++
	}
	if i < len(p.events) {
		t.Fatalf("%d events, only %d objects with one", len(p.events), i)
	}
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
