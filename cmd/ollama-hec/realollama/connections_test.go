//go:build linux

package realollama

import (
	"context"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ollama-hec/input/connections"
	"ollama-hec/input/spool"
)

// TestRealOllamaConnections: what a real server accepts is told of, under its name and at a port that nobody
// configured, also where nothing is sent. Its runner's port and its own connections to the runner are no concern of
// anybody.
func TestRealOllamaConnections(t *testing.T) {
	srv := startServer(t, os.Getenv("OLLAMA_BINARY"), filepath.Join(t.TempDir(), "server.log"))
	at := netip.MustParseAddrPort(srv.url[len("http://"):])
	var mu sync.Mutex
	var seen []map[string]any
	learned := make(chan uint16, 100)
	o := connections.New(connections.Options{
		Events: connections.All, Every: 50 * time.Millisecond,
		OnPort: func(port uint16) { learned <- port },
		Emit: func(r spool.Record) {
			var event map[string]any
			if err := json.Unmarshal(r.Event, &event); err != nil {
				t.Errorf("%s: %v", r.Event, err)
			}
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, event)
		},
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	// Another server on this machine may be learned as well.
	for port := range learned {
		if port == at.Port() {
			break
		}
	}
	mine := make(map[float64]bool)
	for range 3 {
		c, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		mine[float64(c.LocalAddr().(*net.TCPAddr).Port)] = true
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all three are told of", func() bool {
		mu.Lock()
		defer mu.Unlock()
		closed := 0
		for _, e := range seen {
			port, _ := e["src_port"].(float64)
			if e["state"] == "closed" && mine[port] {
				closed++
			}
		}
		return closed == 3
	})
	mu.Lock()
	defer mu.Unlock()
	for _, e := range seen {
		if e["dest_port"] != float64(at.Port()) {
			continue // of another server
		}
		if e["process_name"] != "ollama" || e["process_id"] != float64(srv.cmd.Process.Pid) || e["src"] != "127.0.0.1" {
			t.Errorf("%v", e)
		}
	}
}
