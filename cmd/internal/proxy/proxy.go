// Package proxy stands between clients and Ollama and has what both say told, for systems
// where nothing can be read off the wire: macOS, Windows, TLS and sidecars.
//
// It is in every request's path, and changes nothing there but two things: it appends the
// client's address to X-Forwarded-For, and answers 502 where no Ollama does. What is told
// is told of a copy: whatever fails there costs no request.
//
// Limits: HTTP/1 only, as Ollama itself. The pieces in which bytes come are not Ollama's,
// but none of them waits for another.
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
	// Open begins the conversation that gets a copy of what is said on a connection.
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

// counts are what nobody else counts.
type counts struct {
	unanswered atomic.Int64 // requests to which no Ollama answered
	untold     atomic.Int64 // connections of which not all is told, because that failed
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

// Addr is where it listens.
func (p *Proxy) Addr() *net.TCPAddr { return p.listener.Addr().(*net.TCPAddr) }

// Run serves until ctx ends, and then lets requests end within Options.Drain. After it has
// returned nothing is told any more.
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

// stop ends the server, gently for a while.
func (p *Proxy) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), p.options.Drain)
	defer cancel()
	if p.server.Shutdown(ctx) != nil {
		p.options.Log.Warn("requests are cut off: they did not end in time",
			"waited", p.options.Drain, "hint", "raise DRAIN_TIMEOUT")
		_ = p.server.Close() // which closes what is still open
	}
}

// cannotListen says why an address cannot be listened on.
func cannotListen(address string, err error) error {
	if inUse(err) {
		return settings.Invalid("PROXY_LISTEN", fmt.Sprintf("got %q, which is taken, probably by Ollama; "+
			"start Ollama with OLLAMA_HOST=127.0.0.1:11435, so that the proxy can have its port", address))
	}
	return settings.Invalid("PROXY_LISTEN", fmt.Sprintf("got %q, want an address such as 127.0.0.1:11434, "+
		"or :11434 for all of this machine's: %v", address, err))
}

// Counts are what nobody else counts, by the names that status has for them.
func (p *Proxy) Counts() map[string]int64 {
	return map[string]int64{"unanswered": p.counts.unanswered.Load(), "untold": p.counts.untold.Load()}
}
