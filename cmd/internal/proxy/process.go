package proxy

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"ollama-hec/cmd/internal/capture"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/spool"
	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes/exchange"
)

// writer is the origin of events, and the name of the spool's writer.
const writer = "proxy"

// Run proxies until ctx ends, and leaves what is said in the spool. Wrong settings are a
// *settings.Error.
func Run(ctx context.Context, s *settings.Settings, log *slog.Logger) (err error) {
	if _, err := s.SpoolWriter(writer); err != nil { // before the port is taken
		return err
	}
	secure, err := TLS(s.ProxyCertFile, s.ProxyKeyFile, log)
	if err != nil {
		return err
	}
	var exchanges *exchange.Exchanges // made before Run
	p, err := Listen(Options{
		Listen: s.ProxyListen, Upstream: s.ProxyUpstream, TLS: secure, Drain: time.Duration(s.DrainTimeout), Log: log,
		Open: func(c wire.Connection) wire.Conversation { return exchanges.Open(c) },
	})
	if err != nil {
		return err
	}
	sink, err := capture.OpenSpool(s, writer, []string{"requests"}, p.ports(), log)
	if err != nil {
		return errors.Join(err, p.listener.Close())
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	exchanges = exchange.New(capture.Exchange(s, writer, sink.Emit))
	log.Info("proxying", "listen", p.Addr().String(), "upstream", p.upstream, "tls", secure != nil,
		"spool", sink.Path(), "prompts", s.Normalize().Prompts.String())
	defer context.AfterFunc(ctx, func() {
		log.Info("stopping", "at_most", time.Duration(s.DrainTimeout), "hint", "a second signal ends it at once")
	})()
	counts := func() capture.Counts {
		c := capture.Counts(p.Counts())
		c.Add(exchanges.Stats())
		return c
	}
	told := tell(ctx, sink, p.ports, counts)
	err = p.Run(ctx)
	told()
	c := counts()
	log.Info("stopped", "requests", c["requests"], "unanswered", c["unanswered"], "untold", c["untold"],
		"lost_records", sink.Stats().Lost.Sum())
	return err
}

// tell has the status written, and losses told, until it is called back.
func tell(ctx context.Context, sink *capture.Spooled, ports func() []int, counts func() capture.Counts) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	reported, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(reported)
		sink.Report(ctx, ports, counts)
	}()
	losses := capture.NewLosses(writer, []string{"untold", "unfollowed"}, counts,
		func(r spool.Record) { sink.Emit(r) })
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
	return func() {
		cancel()
		<-reported
		<-watched
	}
}

// ports are those whose requests the proxy tells, so that nobody else does: its own, and
// Ollama's.
func (p *Proxy) ports() []int {
	ports := []int{p.Addr().Port, p.upstreamPort}
	slices.Sort(ports)
	return slices.Compact(ports)
}
