// Package scs delivers batches to a tenant of Splunk Cloud Services through Splunk's
// own SDK, and does not forget a batch before the service has accepted it. It also
// creates, updates and removes the tenant's collector tokens.
//
// Splunk Cloud Services is neither Splunk Enterprise nor the Splunk Cloud Platform:
// those take events over HEC (package hec). The service accepts events and does not
// confirm that they were indexed. Every event has an id, by which the service drops
// what it has already; but the ids of a restarted process are new ones, so what was
// not known to be accepted before a restart may arrive twice.
package scs

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"ollama-hec/hec"
)

const (
	// MaxEvents and MaxBytes are the service's limits of one request, as the SDK has
	// them in services/ingest/batch_events_sender.go (eventCount and payLoadSize).
	MaxEvents = 500
	MaxBytes  = 1_040_000

	// DefaultHost is the domain of the service, as the SDK has it.
	DefaultHost = "scp.splunk.com"

	defaultTimeout = 15 * time.Second
	defaultLanes   = 4
	dialTimeout    = 5 * time.Second
	idleTimeout    = 30 * time.Second
)

// Config is what a Client needs. Zero durations and sizes mean the default.
type Config struct {
	Tenant      string
	Address     Address
	Credentials Credentials
	Trust       func() *tls.Config // asked before each request; nil: the system's certificates
	DeadLetters hec.DeadLetters
	// FailFast ends Deliver with an error where it would otherwise wait for
	// somebody to correct the configuration.
	FailFast bool
	Lanes    int           // how many requests are under way at once; default 4
	Timeout  time.Duration // of one request; default 15s

	Observer hec.Observer // nil: nobody is told how long requests take
	Log      *slog.Logger
	Version  string // of this program, which the service is told
}

// Client delivers batches to one tenant. It is safe for concurrent use.
type Client struct {
	cfg       Config
	log       *slog.Logger
	transport *hec.Connections
	callers   chan *caller // those not in use: as many as there are lanes
	gate      *gate
	stats     stats
	rejects   streak
	first     sync.Once // says that events are accepted
}

// New returns a client. Close it when no Deliver runs any more.
func New(cfg Config) (*Client, error) {
	if err := CheckTenant(cfg.Tenant); err != nil {
		return nil, err
	}
	if cfg.Credentials == nil {
		return nil, errors.New("no credentials")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Lanes == 0 {
		cfg.Lanes = defaultLanes
	}
	c := &Client{
		cfg: cfg, log: cfg.Log, transport: newConnections(cfg.Trust, cfg.Lanes),
		callers: make(chan *caller, cfg.Lanes),
	}
	c.gate = newGate(cfg.Log.With("tenant", cfg.Tenant, "url", c.Destination()))
	for range cfg.Lanes {
		one, err := newCaller(&cfg, c.transport)
		if err != nil {
			return nil, err
		}
		c.callers <- one
	}
	return c, nil
}

// newConnections returns connections for requests to the API and to the identity
// provider. A redirect is never followed: see caller.RoundTrip.
func newConnections(trust func() *tls.Config, lanes int) *hec.Connections {
	if trust == nil {
		trust = func() *tls.Config { return nil }
	}
	return hec.NewConnections(trust, func(config *tls.Config) *http.Transport {
		return &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSClientConfig:       config.Clone(),
			TLSHandshakeTimeout:   dialTimeout,
			MaxIdleConnsPerHost:   lanes,
			IdleConnTimeout:       idleTimeout,
			ExpectContinueTimeout: time.Second,
		}
	})
}

// Destination names the tenant for people.
func (c *Client) Destination() string { return c.cfg.Address.API.String() + "/" + c.cfg.Tenant }

// Ready reports whether the tenant takes events, as far as is known; if not, why.
func (c *Client) Ready() (ok bool, reason string) {
	if ok, reason = c.gate.ready(); !ok {
		reason = c.Destination() + ": " + reason
	}
	return ok, reason
}

// Authorize asks for an access token as the next request would, and reports an error
// that says what to do about it.
func (c *Client) Authorize(ctx context.Context) error {
	_, err := c.cfg.Credentials.Token(ctx, c.transport)
	return err
}

// Close closes idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }
