package hec

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptrace"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	eventPath = "/services/collector/event"
	ackPath   = "/services/collector/ack"

	replyMax    = 64 << 10
	dialTimeout = 5 * time.Second
	// idleTimeout stays below the 12 s after which Splunk closes an idle
	// connection: a POST on a connection being closed is ambiguous.
	idleTimeout = 10 * time.Second
)

// session is a channel of an endpoint on its way there.
type session struct {
	endpoint *endpoint
	channel  string
	link     *link
	acks     acks // what is not acknowledged yet
	single   bool // one batch at a time, see spread.go
	pooled   bool // to be checked in again

	// The first POST goes alone: its reply may bring the cookie that leads the
	// others to the same node, or show that HEC is not there. greeting holds its
	// place, greeted says that HEC has answered.
	greeting chan struct{}
	greeted  atomic.Bool
}

// link is cookies and connections, which belong together: behind a balancer the
// cookie leads to the node that knows the channel.
type link struct {
	jar   http.CookieJar
	http  *http.Client // one attempt
	quick *retryablehttp.Client
	fresh *http.Client // each request on a connection of its own

	mu      sync.Mutex
	cookies string // of the last answer
	steady  int    // answers since that left them as they are
}

// newChannel returns a random GUID (RFC 9562, version 4).
func newChannel() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%X-%X-%X-%X-%X", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newSession(e *endpoint, channel string, l *link) *session {
	s := &session{endpoint: e, channel: channel, link: l, greeting: make(chan struct{}, 1)}
	s.acks.pending = map[int64]*ack{}
	s.acks.pollNow = make(chan struct{}, 1)
	return s
}

func newLink(e *endpoint, cookies []*http.Cookie) *link {
	l := new(link)
	l.jar, _ = cookiejar.New(nil) // without options it cannot fail
	if len(cookies) > 0 {
		l.jar.SetCookies(e.cookieURL(), cookies)
	}
	l.http = newHTTP(NewConnections(e.client.cfg.trust, e.transport), l.jar)
	l.fresh = newHTTP(NewConnections(e.client.cfg.trust, func(c *tls.Config) *http.Transport {
		lone := e.transport(c)
		lone.DisableKeepAlives = true
		return lone
	}), l.jar)
	l.quick = &retryablehttp.Client{
		HTTPClient:   l.http,
		RetryMax:     1,
		RetryWaitMin: 50 * time.Millisecond,
		RetryWaitMax: 50 * time.Millisecond,
		CheckRetry:   retryBrokenConnection,
		Backoff:      retryablehttp.DefaultBackoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
		RequestLogHook: func(_ retryablehttp.Logger, r *http.Request, attempt int) {
			if attempt > 0 {
				e.client.stats.quick.Add(1)
				if repeated, ok := r.Context().Value(repeatedKey{}).(*bool); ok {
					*repeated = true
				}
			}
		},
	}
	return l
}

// repeatedKey is where a request notes that it was sent twice.
type repeatedKey struct{}

func (e *endpoint) transport(c *tls.Config) *http.Transport {
	cfg := &e.client.cfg
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return e.client.dial(ctx, network, addr)
		},
		TLSClientConfig:       e.tls(c),
		TLSHandshakeTimeout:   dialTimeout,
		MaxIdleConnsPerHost:   cfg.Lanes + 1,
		IdleConnTimeout:       idleTimeout,
		ExpectContinueTimeout: time.Second,
		// HEC speaks HTTP/1.1; its replies are too short to compress.
		DisableCompression: true,
	}
	e.useProxy(t)
	return t
}

// tls is the configuration of TLS, which notices whether a certificate of ours is
// asked for.
func (e *endpoint) tls(c *tls.Config) *tls.Config {
	cfg := c.Clone()
	if cfg == nil {
		cfg = new(tls.Config)
	}
	if len(cfg.Certificates) == 0 && cfg.GetClientCertificate == nil {
		cfg.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			e.certAsked.Store(true)
			return new(tls.Certificate), nil // none
		}
	}
	return cfg
}

func newHTTP(t http.RoundTripper, jar http.CookieJar) *http.Client {
	return &http.Client{
		Transport: t,
		Jar:       jar,
		// A redirected POST could end anywhere: it is not followed, and where it leads is logged.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// retryBrokenConnection allows one quick second attempt where a kept connection
// turned out to be closed. All else is for the gates, which see every endpoint.
func retryBrokenConnection(ctx context.Context, _ *http.Response, err error) (bool, error) {
	return ctx.Err() == nil && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isReset(err)), nil
}

// enter lets a POST of events begin: until HEC has answered one, alone. leave is to
// be called when the reply has been judged.
func (s *session) enter(ctx context.Context) (leave func(), err error) {
	if s.greeted.Load() {
		return func() {}, nil
	}
	select {
	case s.greeting <- struct{}{}:
		return func() { <-s.greeting }, nil
	default:
		return nil, s.awaitGreeting(ctx)
	}
}

// post sends one body of events and reads the reply. a is the acknowledgment to
// expect of it, if there is one.
func (s *session) post(ctx context.Context, body []byte, gzip bool) (r reply, a *ack, err error) {
	repeated := false
	ctx = context.WithValue(ctx, repeatedKey{}, &repeated)
	r, _, err = s.roundTrip(ctx, request{method: http.MethodPost, path: eventPath, body: body, gzip: gzip})
	s.sawNode(&r, err, false)
	if err != nil {
		return r, nil, err
	}
	s.endpoint.heard.Store(true)
	if s.endpoint.client.hecAnswered(&r) {
		s.greeted.Store(true)
	}
	return r, s.answered(r, !repeated), nil
}

// errNotSent: nothing was sent, and an attempt can be made at once.
var errNotSent = errors.New("waited for the first reply")

// awaitGreeting waits for the first POST to end, one way or the other.
func (s *session) awaitGreeting(ctx context.Context) error {
	select {
	case s.greeting <- struct{}{}:
		<-s.greeting
		return errNotSent
	case <-ctx.Done():
		return ctx.Err()
	}
}

// health asks whether the endpoint is up. It says nothing about the token.
func (s *session) health(ctx context.Context) (reply, error) {
	r, _, err := s.roundTrip(ctx, request{method: http.MethodGet, path: "/services/collector/health"})
	return r, err
}

// request is what is asked of an endpoint.
type request struct {
	method, path string
	body         []byte
	gzip         bool
	fresh        bool // on a connection of its own
}

// roundTrip makes one request and returns the reply and its text. Even with an
// error the reply reports whether it was sent.
func (s *session) roundTrip(ctx context.Context, q request) (r reply, text []byte, err error) {
	cfg := &s.endpoint.client.cfg
	token, err := cfg.Token.Token()
	if err != nil {
		return reply{}, nil, &tokenError{err}
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	sent := false // a connection was there, so something may have been
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent = true }})
	// The body is a slice that nobody changes: a retried request may still be
	// reading it while the next one starts.
	req, err := retryablehttp.NewRequestWithContext(ctx, q.method, s.endpoint.url+q.path, q.body)
	if err != nil {
		return reply{}, nil, err
	}
	req.Header.Set("Authorization", "Splunk "+token)
	req.Header.Set("X-Splunk-Request-Channel", s.channel)
	req.Header.Set("User-Agent", "ollama-hec")
	if q.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if q.gzip {
		req.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := s.link.send(req, q.fresh)
	if err != nil {
		return reply{sent: sent}, nil, err
	}
	defer resp.Body.Close()
	text, err = io.ReadAll(io.LimitReader(resp.Body, replyMax))
	if err != nil {
		return reply{sent: sent}, nil, fmt.Errorf("read the reply: %w", err)
	}
	r = parseReply(resp, text, token, time.Now())
	r.proxy = s.endpoint.proxied(req.Request)
	return r, text, nil
}

// send sends a request.
func (l *link) send(req *retryablehttp.Request, fresh bool) (*http.Response, error) {
	if !fresh {
		return l.quick.Do(req)
	}
	body, err := req.BodyBytes()
	if err != nil {
		return nil, err
	}
	req.Request.Body, req.Request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return l.fresh.Do(req.Request)
}

// pollAcks asks which of ids are acknowledged.
func (s *session) pollAcks(ctx context.Context, ids []int64, fresh bool) (map[string]bool, reply, error) {
	body, err := json.Marshal(map[string][]int64{"acks": ids})
	if err != nil {
		return nil, reply{}, err
	}
	r, text, err := s.roundTrip(ctx, request{
		method: http.MethodPost, path: ackPath + "?channel=" + s.channel, body: body, fresh: fresh,
	})
	s.sawNode(&r, err, true)
	if err != nil {
		return nil, r, err
	}
	var state struct {
		Acks map[string]bool `json:"acks"`
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&state); err != nil || state.Acks == nil {
		return nil, r, nil
	}
	return state.Acks, r, nil
}

// cookieURL is what cookies are kept for: they may be bound to a path.
func (e *endpoint) cookieURL() *url.URL {
	u, err := url.Parse(e.url + eventPath)
	if err != nil {
		return new(url.URL) // New has parsed it before
	}
	return u
}

func (l *link) close() { l.http.CloseIdleConnections() }

// tokenError is a token that could not be read: configuration, not the network.
type tokenError struct{ err error }

func (e *tokenError) Error() string { return e.err.Error() }
func (e *tokenError) Unwrap() error { return e.err }
