// Package metrics serves the state of a shipper over HTTP: a page for people on /, Prometheus
// metrics on /metrics, and /healthz and /readyz for probes.
//
// Values are read when they are asked for; only the latencies are kept here.
package metrics

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
)

// Latencies measures how long delivery takes. It is the hec.Observer of a shipper.
type Latencies struct {
	post, ack prometheus.Histogram
}

// NewLatencies returns empty histograms.
func NewLatencies() *Latencies {
	return &Latencies{
		post: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ollama_hec_delivery_seconds", Help: "Seconds from the start of a request to its reply.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
		}),
		ack: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ollama_hec_ack_seconds", Help: "Seconds from a reply to the acknowledgment of its events.",
			Buckets: []float64{.25, .5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300},
		}),
	}
}

// Posted implements hec.Observer.
func (l *Latencies) Posted(d time.Duration) { l.post.Observe(d.Seconds()) }

// Acknowledged implements hec.Observer.
func (l *Latencies) Acknowledged(d time.Duration) { l.ack.Observe(d.Seconds()) }

// Server serves metrics and probes on one address.
type Server struct {
	listener net.Listener
	http     http.Server
}

// Listen binds addr. Its error is a *settings.Error.
func Listen(addr string) (*Server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, settings.Invalid(
			"METRICS_ADDR",
			fmt.Sprintf("got %q, want an address such as 127.0.0.1:9464 that is free: %v", addr, err),
		)
	}
	return &Server{listener: l}, nil
}

// Addr returns the address the server listens on.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Deps are what the values are read from.
type Deps struct {
	Shipper   *app.Shipper
	Lag       *lag.Watch
	Latencies *Latencies
	Itself    func() map[string]int64 // what the process captures itself; nil: nothing
}

// Serve answers requests until ctx ends.
func (s *Server) Serve(ctx context.Context, deps Deps, log *slog.Logger) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector{deps.Shipper, deps.Lag, deps.Itself}, deps.Latencies.post, deps.Latencies.ack,
		own{collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})})
	mux := http.NewServeMux()
	mux.Handle(
		"GET /metrics",
		promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}),
	)
	page := pageOf{deps, new(rates)}
	mux.HandleFunc("GET /{$}", page.serveLanding)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if ok, reason := deps.Shipper.Ready(); !ok {
			http.Error(w, terminal.Text(reason), http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	s.http = http.Server{
		Handler:        mux,
		ReadTimeout:    10 * time.Second,
		WriteTimeout:   10 * time.Second,
		MaxHeaderBytes: 16 << 10,
	}
	stop := context.AfterFunc(ctx, func() { s.http.Close() })
	defer stop()
	ctx, stopSampling := context.WithCancel(ctx)
	sampled := make(chan struct{})
	go func() { page.samples(ctx); close(sampled) }()
	defer func() { stopSampling(); <-sampled }()
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		log.Error("metrics are no longer served", "error", err, "hint", "restart the program")
	}
}
