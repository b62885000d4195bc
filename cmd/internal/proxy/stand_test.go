package proxy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/cmd/internal/fakeollama"
	"ollama-hec/cmd/internal/proxy"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
)

// stand is a proxy before a server, with what it tells.
type stand struct {
	t        *testing.T
	proxy    *proxy.Proxy
	upstream *httptest.Server
	log      *log
	stop     func() // and wait

	mu      sync.Mutex
	records []spool.Record // guarded by mu
	told    chan struct{}  // closed, and made anew, with each record
}

// log is what a proxy says.
type log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// words are the answer of ordinary servers.
var words = []string{"The", " sky", " is", " \"blue\"", ".\n"}

func ollama() http.Handler { return &fakeollama.Ollama{Words: words} }

// newStand starts a proxy before a handler. change may change its options.
func newStand(t *testing.T, h http.Handler, change ...func(*proxy.Options)) *stand {
	t.Helper()
	s := &stand{t: t, log: new(log), told: make(chan struct{})}
	s.upstream = httptest.NewServer(h)
	exchanges := exchange.New(exchange.Options{Origin: "proxy", Prompts: sourcetypes.Redacted,
		Redact: sourcetypes.Redact{Secrets: true, Emails: true}, Emit: s.emit})
	o := proxy.Options{
		Listen: "127.0.0.1:0", Upstream: strings.TrimPrefix(s.upstream.URL, "http://"), Open: exchanges.Open,
		Drain: time.Minute, Log: slog.New(slog.NewTextHandler(s.log, nil)),
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	if s.proxy, err = proxy.Listen(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.proxy.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		s.upstream.CloseClientConnections()
		s.stop()
		s.upstream.Close()
		if t.Failed() {
			t.Log(s.log.String())
		}
	})
	return s
}

func (s *stand) emit(r spool.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, r)
	close(s.told)
	s.told = make(chan struct{})
}

// addr is where clients connect.
func (s *stand) addr() string { return s.proxy.Addr().String() }

// events waits for n events of a sourcetype and returns them.
func (s *stand) events(sourcetype string, n int) []map[string]any {
	s.t.Helper()
	for {
		s.mu.Lock()
		var events []map[string]any
		for _, r := range s.records {
			if r.Sourcetype != sourcetype {
				continue
			}
			var event map[string]any
			if err := json.Unmarshal(r.Event, &event); err != nil {
				s.t.Errorf("%s: %v", r.Event, err)
			}
			events = append(events, event)
		}
		told := s.told
		s.mu.Unlock()
		if len(events) >= n {
			return events
		}
		select {
		case <-told:
		case <-s.t.Context().Done():
			s.t.Fatalf("%d of %d events of %s", len(events), n, sourcetype)
		}
	}
}

// event is the one event of ollama:api.
func (s *stand) event() map[string]any {
	s.t.Helper()
	events := s.events("ollama:api", 1)
	if len(events) != 1 {
		s.t.Fatalf("%d events, want one: %v", len(events), events)
	}
	return events[0]
}

// dial connects to an address, until the test ends.
func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// post sends a body by a client of its own.
func (s *stand) post(path, body string) (status int, text string) {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableCompression: true}}
	defer client.CloseIdleConnections()
	resp, err := client.Post("http://"+s.addr()+path, "application/json", strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
