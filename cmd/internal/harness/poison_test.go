//go:build linux

package harness

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// Of a thousand events in a batch one is bad, and the receiver says so whenever
// it comes: the others arrive, and it is kept.
func TestOnePoisonEventAmongAThousand(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]int{"first": 0, "middle": 500, "last": 999} {
		for mode, o := range map[string]receiver.Options{"answered": {}, "acknowledged": acked(0)} {
			t.Run(name+" "+mode, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, o)
				bad := b.name("a", at)
				b.poison(bad)
				b.env["BATCH_DELAY"], b.env["BATCH_BYTES"] = "1s", "1MiB" // all in one
				b.write("a.log", b.lines("a", 0, 1000))
				b.start()
				b.eventually("a dead letter", func() bool { return len(b.deadLetters()) == 1 })
				if got := b.deadLetters()[0]; got != bad {
					t.Errorf("dead letter %q, want %q", got, bad)
				}
				b.ledger.Settle(bad)
				b.exactly()
			})
		}
	}
}

// poison makes the receiver reject the event of a line.
func (b *bench) poison(line string) {
	const header = "Blackbox-Poison"
	b.server.SetFault(func(req *receiver.Request) receiver.Fault {
		n, err := strconv.Atoi(req.HTTP.Header.Get(header))
		if err != nil {
			return receiver.Fault{}
		}
		return receiver.Fault{Code: 6, Invalid: &n}
	})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		if n := indexOf(body, line); n >= 0 {
			req.Header.Set(header, strconv.Itoa(n))
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		b.server.ServeHTTP(w, req)
	}))
	b.t.Cleanup(front.Close)
	b.env["URL"] = front.URL
}

// indexOf is the number of the event of a line in a body, -1 if it is not there.
func indexOf(body []byte, line string) int {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return -1 // an ack query
	}
	events := json.NewDecoder(z)
	for n := 0; ; n++ {
		var e struct{ Event string }
		if events.Decode(&e) != nil {
			return -1
		}
		if e.Event == line {
			return n
		}
	}
}

// deadLetters are the texts of the events kept as dead letters.
func (b *bench) deadLetters() []string {
	b.t.Helper()
	letters, err := DeadLetters(b.state)
	b.must(err)
	return letters
}

func TestBodiesTooLarge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		o    receiver.Options
	}{
		{"answered with 413", receiver.Options{MaxContentLength: 100_000}},
		{"answered as the cloud does", receiver.Options{MaxContentLength: 100_000, Cloud: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, test.o)
			b.env["BATCH_BYTES"] = "1MiB"
			b.write("a.log", b.lines("a", 0, 10_000))
			b.start()
			b.arrived()
			huge := strings.Repeat("h", 200_000)
			b.ledger.Due(huge)
			b.append("a.log", b.lines("a", 10_000, 10)+huge+"\n"+b.lines("a", 10_010, 10))
			b.eventually("a dead letter", func() bool { return len(b.deadLetters()) == 1 })
			if got := b.deadLetters()[0]; got != huge {
				t.Errorf("dead letter %q", shorten(got))
			}
			b.ledger.Settle(huge)
			b.exactly()
		})
	}
}
