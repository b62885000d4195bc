package exchange

import (
	"fmt"
	"net/netip"
	"time"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
)

// step is something that happens on a connection.
type step struct {
	from wire.Side
	at   time.Duration
	text string
	lost int64
	end  *wire.End
}

// talk is what happens on one connection, with the settings of it.
type talk struct {
	name  string
	opts  Options
	peer  wire.Connection
	steps []step
}

var start = time.Unix(1_790_000_000, 0)

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

func client(at int, text string) step { return step{from: wire.FromClient, at: ms(at), text: text} }
func server(at int, text string) step { return step{from: wire.FromServer, at: ms(at), text: text} }

func lost(from wire.Side, at int, n int64) step { return step{from: from, at: ms(at), lost: n} }

func done(how wire.End, by wire.Side, at int) step { return step{from: by, at: ms(at), end: &how} }

// post is a request with a body.
func post(path, body string, fields ...string) string { return request("POST", path, body, fields...) }

func request(method, path, body string, fields ...string) string {
	head := method + " " + path + " HTTP/1.1\r\nHost: 203.0.113.1:11434\r\nUser-Agent: test/1\r\n"
	for _, f := range fields {
		head += f + "\r\n"
	}
	if body != "" {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return head + "\r\n" + body
}

// answer200 is an answer with a known length.
func answer200(contentType, body string) string { return answered1("200 OK", contentType, body) }

func answered1(status, contentType, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, contentType, len(body), body)
}

// streamed is the head of an answer in chunks.
func streamed(contentType string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: " + contentType + "\r\nTransfer-Encoding: chunked\r\n\r\n"
}

func chunk(text string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(text), text) }

const lastChunk = "0\r\n\r\n"

const (
	ndjson   = "application/x-ndjson"
	sse      = "text/event-stream"
	jsonUTF8 = "application/json; charset=utf-8"
)

func peer() wire.Connection {
	return wire.Connection{
		Client: netip.MustParseAddrPort("203.0.113.77:40000"), Server: netip.MustParseAddrPort("203.0.113.1:11434"),
		At: start, ID: "7f",
	}
}

func defaults() Options {
	return Options{Origin: "capture", Redact: sourcetypes.DefaultRedact()}
}

// records plays a talk and returns what comes of it, a line each.
func (t *talk) records() []string {
	records, _ := t.play(t.steps)
	return records
}

func (t *talk) play(steps []step) ([]string, *Exchanges) {
	var records []string
	o := t.opts
	if o.Origin == "" {
		o = defaults()
	}
	o.Emit = func(r Record) {
		records = append(records, fmt.Sprintf("%s %v %s", r.Sourcetype, r.Time.Sub(start), r.Event))
	}
	e := New(o)
	p := t.peer
	if !p.Client.IsValid() {
		joined := p.Joined
		p = peer()
		p.Joined = joined
	}
	c := e.Open(p)
	ended := false
	for _, s := range steps {
		at := start.Add(s.at)
		switch {
		case s.end != nil:
			c.Done(*s.end, s.from, at)
			ended = true
		case s.lost > 0:
			c.Lost(s.from, at, s.lost)
		default:
			c.Data(s.from, at, []byte(s.text))
		}
	}
	if !ended {
		c.Done(wire.EndFIN, wire.FromClient, start.Add(ms(9999)))
	}
	return records, e
}
