package proxy

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"ollama-hec/cmd/internal/capture"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes/exchange"
)

// writer is the origin of events, and the name of the spool's writer.
const writer = "proxy"

// Spooling is a Proxy that writes its events to the spool.
type Spooling struct {
	*Proxy
	spool     *capture.Spooled
	exchanges *exchange.Exchanges
}

// Open listens and opens the spool as the settings say. Run has to follow. Wrong settings are
// a *settings.Error.
func Open(s *settings.Settings, log *slog.Logger) (*Spooling, error) {
	if _, err := s.SpoolWriter(writer); err != nil { // before the port is taken
		return nil, err
	}
	secure, err := TLS(s.ProxyCertFile, s.ProxyKeyFile, log)
	if err != nil {
		return nil, err
	}
	p := new(Spooling)
	p.Proxy, err = Listen(Options{
		Listen: s.ProxyListen, Upstream: s.ProxyUpstream, TLS: secure, Drain: time.Duration(s.DrainTimeout), Log: log,
		Open: func(c wire.Connection) wire.Conversation { return p.exchanges.Open(c) },
	})
	if err != nil {
		return nil, err
	}
	p.spool, err = capture.OpenSpool(s, writer, []string{"requests"}, p.ports(), log)
	if err != nil {
		return nil, errors.Join(err, p.listener.Close())
	}
	p.exchanges = exchange.New(capture.Exchange(s, writer, p.spool.Emit))
	log.Info("proxying", "listen", p.Addr().String(), "upstream", p.upstream, "tls", secure != nil,
		"spool", p.spool.Path(), "prompts", s.Normalize().Prompts.String())
	return p, nil
}

// Run proxies until ctx ends, and closes the spool.
func (p *Spooling) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, p.spool.Close()) }()
	log := p.options.Log
	defer context.AfterFunc(ctx, func() {
		log.Info("stopping", "at_most", p.options.Drain, "hint", "a second signal ends it at once")
	})()
	told := p.tell(ctx)
	err = p.Proxy.Run(ctx)
	told(err)
	c := p.Counts()
	log.Info("stopped", "requests", c["requests"], "unanswered", c["unanswered"], "untold", c["untold"],
		"lost_records", p.spool.Stats().Lost.Sum())
	return err
}

// Counts returns the numbers of what was recorded and what was missed, by their names in status.
func (p *Spooling) Counts() capture.Counts {
	c := capture.Counts(p.Proxy.Counts())
	c.Add(p.exchanges.Stats())
	return c
}

// tell writes the status, and events on losses, in the background until stop is called with
// the error that ended the proxy.
func (p *Spooling) tell(ctx context.Context) (stop func(error)) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	reported, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(reported)
		p.spool.Report(ctx, p.ports, p.Counts)
	}()
	losses := capture.NewLosses(writer, []string{"untold", "unfollowed", "cut_texts"}, p.Counts, p.spool.Emit)
	go func() {
		defer close(watched)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				losses.Tell(time.Now(), true)
				return
			case now := <-tick.C:
				losses.Tell(now, false)
			}
		}
	}()
	return func(err error) {
		cancel(err)
		<-reported
		<-watched
	}
}

// ports returns the ports whose requests the proxy records, so that capture does not: its own,
// and Ollama's.
func (p *Proxy) ports() []int {
	ports := []int{p.Addr().Port, p.upstreamPort}
	slices.Sort(ports)
	return slices.Compact(ports)
}
