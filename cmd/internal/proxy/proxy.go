// Package proxy is a reverse proxy between clients and Ollama that records requests and answers
// where nothing can be read off the wire: macOS, Windows, TLS and sidecars.
//
// Every request passes through it, and it changes only two things: it appends the client's
// address to X-Forwarded-For, and answers 502 if Ollama does not answer. Events are made from a
// copy of the bytes: if that fails, requests still pass.
//
// Limits: HTTP/1 only, as Ollama itself. Bytes may arrive in other pieces than Ollama sent, but
// no byte is held back to wait for more.
package proxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/wire"
)

// Options are what a Proxy is to do.
type Options struct {
	Listen   string      // host:port
	Upstream string      // host:port of Ollama
	TLS      *tls.Config // nil: HTTP
	// Open begins the conversation that gets a copy of the bytes of a connection.
	Open wire.Opener
	// Drain is how long requests may go on after a stop.
	Drain time.Duration
	Log   *slog.Logger
}

// Proxy is a reverse proxy before one Ollama.
type Proxy struct {
	options  Options
	listener *listener
	server   http.Server

	upstream     string
	upstreamPort int
	counts       counts
}

// counts are the proxy's own counts.
type counts struct {
	unanswered atomic.Int64 // requests to which no Ollama answered
	untold     atomic.Int64 // connections not recorded to their end, because recording failed
}

// Listen begins to listen. Wrong settings, and an address that is taken, are a
// *settings.Error.
func Listen(o Options) (*Proxy, error) {
	upstream, port, err := parseUpstream(o.Upstream)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, cannotListen(o.Listen, err)
	}
	if itself(l.Addr(), upstream) {
		_ = l.Close() // the error that counts follows
		return nil, settings.Invalid("PROXY_UPSTREAM", fmt.Sprintf("got %q, where the proxy itself listens; "+
			"start Ollama with OLLAMA_HOST=127.0.0.1:11435 and give that", o.Upstream))
	}
	p := &Proxy{options: o, upstream: upstream, upstreamPort: port}
	p.listener = &listener{Listener: l, proxy: p, taps: make(map[*tap]struct{})}
	errorLog := slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug)
	p.server = http.Server{
		Handler:     p.handler(errorLog),
		ConnContext: withTap,
		ErrorLog:    errorLog,
	}
	return p, nil
}

// Addr returns the address that it listens on.
func (p *Proxy) Addr() *net.TCPAddr { return p.listener.Addr().(*net.TCPAddr) }

// Run serves until ctx ends, and then lets requests end within Options.Drain. After it has
// returned nothing is recorded any more.
func (p *Proxy) Run(ctx context.Context) error {
	defer p.listener.end()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		p.stop()
	})
	err := p.server.Serve(p.listener)
	if !errors.Is(err, http.ErrServerClosed) {
		if stop() {
			p.stop()
		}
		return fmt.Errorf("connections are not accepted any more: %w", err)
	}
	<-stopped
	return nil
}

// stop ends the server: requests may end within Options.Drain, then their connections are
// closed.
func (p *Proxy) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), p.options.Drain)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		p.options.Log.Warn("requests are cut off: they did not end in time",
			"waited", p.options.Drain, "hint", "raise DRAIN_TIMEOUT")
		_ = p.server.Close() // which closes what is still open
	}
}

// cannotListen returns the error for an address that cannot be listened on.
func cannotListen(address string, err error) error {
	if inUse(err) {
		return settings.Invalid("PROXY_LISTEN", fmt.Sprintf("got %q, which is taken, probably by Ollama; "+
			"start Ollama with OLLAMA_HOST=127.0.0.1:11435, so that the proxy can have its port", address))
	}
	return settings.Invalid("PROXY_LISTEN", fmt.Sprintf("got %q, want an address such as 127.0.0.1:11434, "+
		"or :11434 for all of this machine's: %v", address, err))
}

// Counts returns the proxy's own counts, by their names in status.
func (p *Proxy) Counts() map[string]int64 {
	return map[string]int64{"unanswered": p.counts.unanswered.Load(), "untold": p.counts.untold.Load()}
}
