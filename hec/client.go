// Package hec speaks the client side of Splunk's HTTP Event Collector: it
// encodes events, posts batches, judges replies and waits for acknowledgments,
// and does not forget a batch before the receiver is responsible for it.
//
// It resends what may have been lost, so after an ambiguous failure a batch
// can arrive twice. Without acknowledgment, delivered means that Splunk has answered
// 200, which it does before the events are indexed.
package hec

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// AckMode reports whether to wait for indexer acknowledgment.
type AckMode uint8

const (
	AckAuto AckMode = iota // if the reply carries an ackId
	AckOn                  // as auto, and say so where it carries none
	AckOff
)

// TokenSource gives the token for each request anew, so that it can be rotated.
// One that has a method Rejected() is told when a receiver has refused the token.
type TokenSource interface {
	Token() (string, error)
}

// DeadLetters keeps events that no endpoint will ever take.
type DeadLetters interface {
	// Put makes the letter durable. An error means it is not kept: the
	// event must not be forgotten.
	Put(DeadLetter) error
}

// KeepDeadLetter keeps a dead letter, or does nothing if kept is nil.
func KeepDeadLetter(kept DeadLetters, l DeadLetter) error {
	if kept == nil {
		return nil
	}
	return kept.Put(l)
}

// DeadLetterMessage returns what is logged for an event that was rejected, and the hint.
func DeadLetterMessage(kept DeadLetters) (message, hint string) {
	if kept == nil {
		return "event rejected, and not kept: it is lost", "fix what the reason says; with SPOOL=off no text touches the disk"
	}
	return "event rejected, kept as a dead letter",
		"look at it with ollama-hec dead-letter list, and send it again with dead-letter replay"
}

// DeadLetter is one event that was rejected.
type DeadLetter struct {
	Event    []byte // the HEC object as it was sent
	Reason   string // what the receiver said
	Code     int
	Endpoint string
}

// Config is what a Client needs. Zero durations and sizes mean the default.
type Config struct {
	URLs        []string // base URLs, in order of preference
	Token       TokenSource
	TLS         *tls.Config
	Trust       func() *tls.Config // asked before each request, in place of TLS; nil: TLS stays
	Ack         AckMode
	DeadLetters DeadLetters // nil: rejected events are counted and not kept
	// AcceptWithoutCode counts events as delivered where a front end says that
	// it went well in place of HEC, whose replies it strips.
	AcceptWithoutCode bool
	// FailFast ends Deliver with an error where it would otherwise wait for
	// somebody to fix the configuration.
	FailFast bool
	Lanes    int // how many POSTs are under way at once, over all Deliver; default 4

	Timeout    time.Duration // of one POST; default 15s
	AckTimeout time.Duration // until an unacknowledged batch is sent again, twice that if nobody can be asked; default 5m
	AckPoll    time.Duration // longest pause between two polls; default 10s

	// Observer is told how long things take; nil: not measured.
	Observer Observer

	Log *slog.Logger
}

// Observer measures. Its methods are called by many at once and do not block.
type Observer interface {
	Posted(time.Duration)       // from the first byte of a request to the reply
	Acknowledged(time.Duration) // from the reply to the acknowledgment
}

// Client delivers batches. It is safe for concurrent use.
type Client struct {
	cfg Config
	log *slog.Logger

	first sync.Once // says that events are accepted

	mu        sync.Mutex
	endpoints []*endpoint   // their gates are guarded by mu
	changed   chan struct{} // closed and replaced when a gate moves
	rejected  int           // dead letters since an event was last accepted

	dial  func(ctx context.Context, network, addr string) (net.Conn, error)
	proxy func(*http.Request) (*url.URL, error) // of the environment
	slots chan struct{}                         // holds one for each POST under way
	stats stats

	// background runs polls and health checks, which outlive a Deliver, until Close.
	background func(func(context.Context))
	running    sync.WaitGroup
	cancel     context.CancelFunc
}

// trust returns the TLS configuration to use now.
func (c *Config) trust() *tls.Config {
	if c.Trust != nil {
		return c.Trust()
	}
	return c.TLS
}

// New returns a client. Close it when no Deliver runs any more.
func New(cfg Config) (*Client, error) {
	cfg.Timeout = cmp.Or(cfg.Timeout, 15*time.Second)
	cfg.AckTimeout = cmp.Or(cfg.AckTimeout, 5*time.Minute)
	cfg.AckPoll = cmp.Or(cfg.AckPoll, 10*time.Second)
	cfg.Lanes = cmp.Or(cfg.Lanes, 4)
	if len(cfg.URLs) == 0 {
		return nil, fmt.Errorf("no HEC endpoint")
	}
	if cfg.Observer == nil {
		cfg.Observer = unobserved{}
	}
	c := &Client{
		cfg: cfg, log: cfg.Log, changed: make(chan struct{}), slots: make(chan struct{}, cfg.Lanes),
		dial:  (&net.Dialer{Timeout: dialTimeout}).DialContext,
		proxy: http.ProxyFromEnvironment,
	}
	for _, raw := range cfg.URLs {
		base, err := ParseURL(raw)
		if err != nil {
			return nil, err
		}
		c.endpoints = append(c.endpoints, newEndpoint(c, base))
	}
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	c.background = func(f func(context.Context)) { c.running.Go(func() { f(ctx) }) }
	return c, nil
}

// Ready reports whether an endpoint accepts events, as far as is known; if none
// does, it says why.
func (c *Client) Ready() (ok bool, reason string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.endpoints {
		if e.gate.up() {
			return true, ""
		}
		reason = e.url + ": " + e.said
	}
	return false, reason
}

// Hint is what a person can do about what Ready reports; "": nothing is known.
func (c *Client) Hint() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.endpoints {
		if e.hint != "" {
			return e.hint
		}
	}
	return ""
}

// Close ends what runs in the background and closes idle connections.
func (c *Client) Close() {
	c.cancel()
	c.running.Wait()
	for _, e := range c.endpoints {
		e.close()
	}
}

type unobserved struct{}

func (unobserved) Posted(time.Duration)       {}
func (unobserved) Acknowledged(time.Duration) {}
