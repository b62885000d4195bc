//go:build linux

package realollama

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/cmd/internal/proxy"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
)

// TestRealOllamaProxy: each request that clients make of a real server by way of the proxy is told with the model, the
// numbers of tokens and bytes, and the error that the client got; and the server's log has the client's address.
func TestRealOllamaProxy(t *testing.T) {
	log := filepath.Join(t.TempDir(), "server.log")
	srv := startServer(t, os.Getenv("OLLAMA_BINARY"), log)
	var mu sync.Mutex
	var records []spool.Record // guarded by mu
	all := exchange.New(exchange.Options{
		Origin: "proxy", Redact: sourcetypes.DefaultRedact(), Emit: func(r spool.Record) {
			mu.Lock()
			defer mu.Unlock()
			records = append(records, r)
		},
	})
	p, err := proxy.Listen(proxy.Options{
		Listen: "127.0.0.1:0", Upstream: strings.TrimPrefix(srv.url, "http://"), Open: all.Open,
		Drain: time.Minute, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	clients, made := workload(t, "http://"+p.Addr().String())
	for _, c := range clients {
		c.http.CloseIdleConnections()
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if s := all.Stats(); s.Requests != int64(made) || s.Unasked+s.Unfollowed+s.Partial > 0 {
		t.Errorf("of %d requests: %+v", made, s)
	}
	if c := p.Counts(); c["unanswered"]+c["untold"] > 0 {
		t.Errorf("%v", c)
	}
	compareAll(t, clients, made, records)
	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		forges := slices.ContainsFunc(c.answers, func(a answer) bool { return a.header0("X-Forwarded-For") != "" })
		if !forges && !strings.Contains(string(text), " "+c.src+" |") {
			t.Errorf("no access line has the address %s", c.src)
		}
	}
}
