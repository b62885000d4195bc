package scs

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	gdep "github.com/splunk/go-dependencies/services"
	"github.com/splunk/splunk-cloud-sdk-go/idp"
	"github.com/splunk/splunk-cloud-sdk-go/services"
	"github.com/splunk/splunk-cloud-sdk-go/services/ingest"
)

// replyMax is how much of a reply is read.
const replyMax = 64 << 10

// caller is a client of the SDK that makes one request at a time. What the SDK does not
// offer comes from its two hooks: the retriever of tokens, which hands out the token of
// the request under way (the SDK's own renewal writes to a client that others use),
// and the http.RoundTripper, which adds the context and keeps the reply (the SDK
// follows redirects, takes 3xx for success, and drops the headers of replies that are
// no JSON).
type caller struct {
	*services.BaseClient
	ingest    *ingest.Service
	transport http.RoundTripper

	now request // under way
}

// request is what is sent and what came back.
type request struct {
	ctx   context.Context
	token string
	body  []byte       // of encoded events, in place of what the SDK would encode; nil: that
	reply *reply       // nil: none came
	sent  *atomic.Bool // it may have reached the service
}

func newCaller(cfg *Config, transport http.RoundTripper) (*caller, error) {
	c := &caller{transport: transport}
	client, err := services.NewClient(&services.Config{
		Tenant:         cfg.Tenant,
		OverrideHost:   cfg.Address.API.Host,
		Scheme:         cfg.Address.API.Scheme,
		TokenRetriever: c,
		RoundTripper:   c,
		Timeout:        2 * cfg.Timeout, // the context of each request ends it before
		ClientVersion:  cfg.Version,
	})
	if err != nil {
		return nil, err
	}
	c.BaseClient = client
	c.ingest = ingest.NewService(c)
	return c, nil
}

// GetTokenContext implements idp.TokenRetriever. Without a time of expiry the SDK asks
// before each request.
func (c *caller) GetTokenContext() (*idp.Context, error) {
	return &idp.Context{AccessToken: c.now.token}, nil
}

// Post implements the SDK's IClient. Events are encoded already: they are sent as they
// are, without being taken apart and encoded again.
func (c *caller) Post(p gdep.RequestParams) (*http.Response, error) {
	if c.now.body != nil {
		p.Body = c.now.body
	}
	return c.BaseClient.Post(p)
}

// RoundTrip implements http.RoundTripper: one attempt, which keeps the reply.
func (c *caller) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := c.now.sent // set by the connection, maybe later than we return
	ctx := httptrace.WithClientTrace(c.now.ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { sent.Store(true) },
	})
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, replyMax))
	if err != nil {
		return nil, err
	}
	// The connection serves again if little is left.
	_, _ = io.CopyN(io.Discard, resp.Body, replyMax)
	c.now.reply = parseReply(resp, body, c.now.token, time.Now())
	resp.Header.Del("Location")
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// do makes one request of the SDK within the timeout. The error is why no reply came;
// what the SDK made of a reply does not count.
func (c *caller) do(
	ctx context.Context, timeout time.Duration, token string, body []byte, call func(*ingest.Service) error,
) (request, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	c.now = request{ctx: ctx, token: token, body: body, sent: new(atomic.Bool)}
	err := call(c.ingest)
	done := c.now
	c.now = request{}
	if done.reply != nil {
		return done, nil
	}
	return done, err
}

// postEvents sends events as one array.
func (c *caller) postEvents(ctx context.Context, timeout time.Duration, token string, array []byte) (request, error) {
	return c.do(ctx, timeout, token, array, func(s *ingest.Service) error {
		_, err := s.PostEvents(nil)
		return err
	})
}
