package receiver

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
)

func TestOnlyLoopbackUnlessAllowed(t *testing.T) {
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		r := New(Options{})
		if err := r.Listen(addr); err == nil || !strings.Contains(err.Error(), "not a loopback address, take 127.0.0.1:0") {
			t.Errorf("%s: %v", addr, err)
		}
		r.Close()
	}
	r := New(Options{AllowRemote: true})
	defer r.Close()
	if err := r.Listen(":0"); err != nil {
		t.Error(err)
	}
}

func TestServeNeedsListen(t *testing.T) {
	r := New(Options{})
	defer r.Close()
	if err := r.Serve(t.Context()); err == nil {
		t.Error("served without a listener")
	}
	if r.URL() != "" {
		t.Errorf("URL %s", r.URL())
	}
}

func TestTLS(t *testing.T) {
	donor := httptest.NewTLSServer(nil) // for its certificate
	defer donor.Close()
	r := start(
		t,
		Options{TLS: &tls.Config{Certificates: donor.TLS.Certificates}, Fault: Plan(Fault{}, Fault{Reset: true})},
	)
	roots := x509.NewCertPool()
	roots.AddCert(donor.Certificate())
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	defer client.CloseIdleConnections()
	resp, err := client.Do(call{body: two}.request(t, r))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !strings.HasPrefix(r.URL(), "https://") || resp.StatusCode != 200 {
		t.Errorf("%s answered %d", r.URL(), resp.StatusCode)
	}
	if _, err := client.Do(call{body: two}.request(t, r)); err == nil {
		t.Error("a reset went unnoticed")
	}
}

func TestABodyCutOffByTheClientIsNotTaken(t *testing.T) {
	r := start(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(
		conn,
		"POST /services/collector HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk x\r\nContent-Length: 1000\r\n\r\n%s",
		two,
	)
	conn.(*net.TCPConn).CloseWrite()
	if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		t.Error("answered")
	}
	conn.Close()
	if s := r.Stats(); s.Taken() != 0 || s.BodyBytes != uint64(len(two)) {
		t.Errorf("took %d events of %d bytes", s.Taken(), s.BodyBytes)
	}
}

func TestWhatIsNotWrittenIsNotTaken(t *testing.T) {
	r := start(t, Options{Out: full{}})
	call{body: two}.expect(t, r, 500, `{"text":"Internal server error","code":8}`)
	if got := r.Stats().Taken(); got != 0 {
		t.Errorf("took %d", got)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestOutIsFlushedBeforeTheReply(t *testing.T) {
	var out bytes.Buffer
	r := start(t, Options{Out: bufio.NewWriterSize(&out, 1<<20)})
	call{body: two}.do(t, r)
	if got, want := out.String(), "{\"event\":\"a\"}\n{\"event\":\"b\"}\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestCloseWaitsForTheReplyInFlight(t *testing.T) {
	writing, release := make(chan struct{}), make(chan struct{})
	r := start(t, Options{Event: func(Event) { close(writing); <-release }})
	type result struct {
		status int
		err    error
	}
	answered, closed := make(chan result, 1), make(chan error, 1)
	req := call{body: `{"event":"a"}`}.request(t, r)
	go func() {
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			answered <- result{err: err}
			return
		}
		resp.Body.Close()
		answered <- result{status: resp.StatusCode}
	}()
	<-writing
	go func() { closed <- r.Close() }()
	<-r.closing
	select {
	case <-closed:
		t.Error("closed with a request in flight")
	default:
	}
	close(release)
	if got := <-answered; got != (result{status: 200}) {
		t.Errorf("got %+v", got)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestCloseEndsConnectionsWithoutARequest(t *testing.T) {
	r := start(t, Options{})
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	until(t, func() bool { return r.Stats().Connections == 1 })
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("still open")
	}
}

func TestAClosedReceiverSaysSo(t *testing.T) {
	r := New(Options{})
	r.Close()
	if got, want := direct(t, r, call{body: two}), `{"text":"Server is shutting down","code":23}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTokensChangeWhileServing(t *testing.T) {
	r := start(t, Options{Tokens: []Token{{Value: secret}}})
	event := call{body: two}
	event.expect(t, r, 200, `{"text":"Success","code":0}`)
	r.SetTokens(Token{Value: secret, Disabled: true}, Token{Value: other})
	event.expect(t, r, 403, `{"text":"Token disabled","code":1}`)
	r.SetTokens(Token{Value: other})
	event.expect(t, r, 403, `{"text":"Invalid token","code":4}`)
	event.auth = "Splunk " + other
	event.expect(t, r, 200, `{"text":"Success","code":0}`)
}

func TestLinesOfConcurrentRequestsDoNotMix(t *testing.T) {
	const clients, requests = 8, 25
	var out lineBuffer
	var told int // guarded by the receiver
	r := start(t, Options{Out: &out, Event: func(Event) { told++ }})
	var wg sync.WaitGroup
	for c := range clients {
		wg.Go(func() {
			for n := range requests {
				body := fmt.Sprintf(`{"source":"%d","event":"%d a"}{"source":"%d","event":"%d b"}`, c, n, c, n)
				if n%2 == 0 {
					body = zip(body)
				}
				event := call{body: body}
				if n%2 == 0 {
					event.header = map[string]string{"Content-Encoding": "gzip"}
				}
				event.do(t, r)
			}
		})
	}
	wg.Wait()
	next := map[string]int{}
	last := ""
	for line := range strings.Lines(out.String()) {
		var c, n int
		var part rune
		if _, err := fmt.Sscanf(line, `{"source":"%d","event":"%d %c"}`, &c, &n, &part); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		key := fmt.Sprint(c)
		if part == 'a' && n != next[key] || part == 'b' && line != strings.Replace(last, " a", " b", 1) {
			t.Fatalf("line %q after %q", line, last)
		}
		if part == 'b' {
			next[key]++
		}
		last = line
	}
	s := r.Stats()
	if want := uint64(
		2 * clients * requests,
	); s.Taken() != want || told != int(want) || s.Requests != want/2 ||
		s.Codes[0] != want/2 {
		t.Errorf("want %d events in %d requests, told of %d, got %+v", want, want/2, told, s)
	}
}

func TestABalancerFollowsItsCookie(t *testing.T) {
	options := ackOptions()
	options.Cookie = "node=1"
	one := New(options)
	options.Cookie = "node=2"
	balanced := httptest.NewServer(Balance(one, New(options)))
	defer balanced.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(client *http.Client, path, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), "POST", balanced.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Splunk "+secret)
		req.Header.Set("X-Splunk-Request-Channel", chanA)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	sticky := &http.Client{Jar: jar}
	for i := range 3 {
		if got, want := ask(
			sticky,
			"/services/collector",
			two,
		), fmt.Sprintf(
			`{"text":"Success","code":0,"ackId":%d}`,
			i,
		); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := ask(http.DefaultClient, "/services/collector/ack", `{"acks":[1]}`); got != `{"acks":{"1":false}}` {
		t.Errorf("the other node knows the ack: %s", got)
	}
	if got := ask(sticky, "/services/collector/ack", `{"acks":[1]}`); got != `{"acks":{"1":true}}` {
		t.Errorf("its own node does not know the ack: %s", got)
	}
	if one.Stats().WrongNode != 0 {
		t.Error("a request with its cookie is astray")
	}
}

func TestCountOnlyCounts(t *testing.T) {
	options := ackOptions()
	options.CountOnly = true
	r := start(t, options)
	body := strings.Repeat(`{"event":"{\"a\\","fields":{"x":"}"}}`+"\n", 40000)
	for _, level := range []int{gzip.NoCompression, gzip.BestSpeed} {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, level)
		z.Write([]byte(body))
		z.Close()
		call{channel: chanA, header: map[string]string{"Content-Encoding": "gzip"}, body: b.String()}.do(t, r)
	}
	call{channel: chanA, body: body}.expect(t, r, 200, `{"text":"Success","code":0,"ackId":2}`)
	r.SetFault(Plan(Fault{Lose: true}, Fault{Code: 9}))
	call{channel: chanA, body: two}.expect(t, r, 200, `{"text":"Success","code":0,"ackId":3}`)
	call{channel: chanA, body: two}.expect(t, r, 503, `{"text":"Server is busy","code":9}`)
	s := r.Stats()
	if s.Taken() != 120000 || s.BodyBytes != uint64(3*len(body)+2*len(two)) || s.LastReceipt.IsZero() {
		t.Errorf("got %+v", s)
	}
}
