package receiver

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

const (
	secret = "1f4d3c2b-0000-4000-8000-00000000aaaa"
	other  = "1f4d3c2b-0000-4000-8000-00000000bbbb"
	chanA  = "aaaaaaaa-1111-4111-8111-111111111111"
	chanB  = "bbbbbbbb-2222-4222-8222-222222222222"
)

// lineBuffer is an Out that tests may read while the receiver runs.
type lineBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lineBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lineBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start serves a receiver on loopback until the test ends.
func start(t testing.TB, options Options) *Receiver {
	t.Helper()
	r := New(options)
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return r
}

// call is one request; the zero parts are left out.
type call struct {
	method, path, body string
	auth               string // default: Splunk secret; "-": none
	channel            string
	header             map[string]string
}

func (c call) request(t testing.TB, r *Receiver) *http.Request {
	t.Helper()
	method, path := c.method, c.path
	if method == "" {
		method = http.MethodPost
	}
	if path == "" {
		path = "/services/collector/event"
	}
	req, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	switch c.auth {
	case "":
		req.Header.Set("Authorization", "Splunk "+secret)
	case "-":
	default:
		req.Header.Set("Authorization", c.auth)
	}
	if c.channel != "" {
		req.Header.Set("X-Splunk-Request-Channel", c.channel)
	}
	for k, v := range c.header {
		req.Header.Set(k, v)
	}
	return req
}

func (c call) do(t testing.TB, r *Receiver) (status int, body string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(c.request(t, r))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func (c call) expect(t testing.TB, r *Receiver, status int, body string) {
	t.Helper()
	if gotStatus, got := c.do(t, r); gotStatus != status || got != body {
		t.Errorf("got  %d %s\nwant %d %s", gotStatus, got, status, body)
	}
}

func zip(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}
