package exchange

import (
	"testing"

	"ollama-hec/input/lineartest"
	"ollama-hec/input/wire"
)

// The cost of reading grows with what is said and no faster, whatever it is and in
// whatever pieces it comes.
func TestLinear(t *testing.T) {
	o := defaults()
	o.Responses, o.AllMessages = RedactedResponses, true
	o.MaxPrompt = 1 << 10 // redaction has a test of its own
	o.Emit = func(Record) {}
	e := New(o)
	say := func(piece int, before, after string, from wire.Side) func([]byte) {
		return func(text []byte) {
			c := e.Open(peer())
			c.Data(wire.FromClient, start, []byte(before))
			for len(text) > 0 {
				n := min(len(text), piece)
				c.Data(from, start, text[:n])
				text = text[n:]
			}
			c.Data(from, start, []byte(after))
			c.Done(wire.EndFIN, wire.FromClient, start)
		}
	}
	chat := "POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
	works := map[string]struct {
		work  func([]byte)
		shape string
	}{
		"heads":           {say(1<<20, "", "\r\n\r\n", wire.FromClient), "GET /%"},
		"fields":          {say(100, "GET / HTTP/1.1\r\n", "\r\n\r\n", wire.FromClient), "X: %"},
		"bodies":          {say(1<<20, chat, "", wire.FromClient), `{"messages":[{"content":"%`},
		"bodies, pieces":  {say(7, chat, "", wire.FromClient), `{"images":[%`},
		"names":           {say(1<<20, chat, "", wire.FromClient), `{"messages":[{%`},
		"forms":           {say(1<<20, "POST /v1/audio/transcriptions HTTP/1.1\r\nContent-Type: multipart/form-data; boundary=a\r\nContent-Length: 9999999\r\n\r\n", "", wire.FromClient), "%"},
		"lines":           {say(1<<20, post("/api/chat", "{}")+"", "", wire.FromServer), "HTTP/1.0 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n%"},
		"lines in pieces": {say(11, post("/api/chat", "{}"), "", wire.FromServer), "HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n%"},
		"chunks":          {say(1<<20, post("/api/chat", "{}"), "", wire.FromServer), streamed(ndjson) + "%"},
	}
	for name, w := range works {
		t.Run(name, func(t *testing.T) {
			parts := func(yield func(string) bool) {
				for _, own := range []string{`{"`, "data: {", "{\"a\":\n", "1\r\na\r\n", "\r\n--a\r\n", `\ud800`, "0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n"} {
					if !yield(own) {
						return
					}
				}
				if !testing.Short() {
					lineartest.Parts(yield)
				}
			}
			for part := range parts {
				if lineartest.Grows(w.work, w.shape, part) {
					t.Errorf("of %q again and again the cost is more than linear", part)
				}
			}
		})
	}
}

// The same behind a hole, where the beginning of everything is looked for.
func TestLinearBehindHoles(t *testing.T) {
	o := defaults()
	o.Emit = func(Record) {}
	e := New(o)
	work := func(text []byte) {
		c := e.Open(peer())
		c.Data(wire.FromClient, start, []byte(post("/api/chat", askedChat)))
		c.Data(wire.FromServer, start, []byte(streamed(ndjson)))
		for len(text) > 0 {
			n := min(len(text), 50)
			c.Lost(wire.FromServer, start, 1)
			c.Data(wire.FromServer, start, text[:n])
			text = text[n:]
		}
		c.Done(wire.EndFIN, wire.FromClient, start)
	}
	for _, part := range []string{"0\r\n", "a", "HTTP/1.1 200 OK\r\n\r\n", "{\"eval_count\":1,", "1\r\na\r\n", "\n", chunk(token)} {
		if lineartest.Grows(work, "%", part) {
			t.Errorf("of %q again and again the cost is more than linear", part)
		}
	}
}
