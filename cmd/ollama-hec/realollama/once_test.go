//go:build linux

package realollama

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ollama-hec/cmd/internal/harness"
	"ollama-hec/input/netnstest"
	"ollama-hec/input/wire"
)

// TestRealOllamaOnce: where requests are captured and the log is read as well, each request and each prompt is told
// once, as it was captured.
func TestRealOllamaOnce(t *testing.T) {
	s := newScene(t)
	s.server = startServer(t, os.Getenv("OLLAMA_BINARY"), s.log)
	s.capture(netip.MustParseAddrPort(s.server.url[len("http://"):]).Port())
	s.ship()
	made := 0
	doing := func(n int, asks []ask) func() {
		made += len(asks)
		c := s.client(n)
		return func() {
			if err := c.do(s.ctx, asks...); err != nil {
				t.Error(err)
			}
		}
	}
	doing(10, install(Model(1)))()
	var working sync.WaitGroup
	for n, asks := range [][]ask{talk(), compatible(), scan(), forge()} {
		working.Go(doing(11+n, asks))
	}
	working.Wait()
	s.must(s.client(20).giveUp(s.ctx, endless()))
	made++
	eventually(t, "all arrive", func() bool { return len(s.arrived.of("ollama:api")[0]) >= made })
	_, logged := comparison{clients: s.clients}.made()
	eventually(t, "all is shipped of the log, too", func() bool {
		n := 0
		for _, e := range s.arrived.of("ollama:server")[0] {
			n += strings.Count(e.Raw, "[GIN] ")
		}
		return n > logged // with the one that was given up
	})
	s.server.stop()
	s.shipper.Signal(syscall.SIGTERM) // what it held back comes now, at the latest
	s.ends()

	want, got := map[string]int{}, map[string]int{}
	for _, c := range s.clients {
		for _, a := range c.answers {
			want[fmt.Sprint(a.method, " ", a.url.Path, " ", a.status)]++
		}
	}
	given := 0
	for _, e := range s.arrived.of("ollama:api")[0] {
		var r captured
		if err := json.Unmarshal([]byte(e.Raw), &r); err != nil {
			t.Fatalf("%s: %v", e.Raw, err)
		}
		if r.Src == "127.0.0.20" {
			given++
			if given > 1 || r.Status == 200 || r.Completion != nil || r.Model != "tiny" { // this version answers 500, to nobody
				t.Errorf("given up, event %d: %s", given, e.Raw)
			}
			continue
		}
		got[fmt.Sprint(r.Method, " ", r.Path, " ", r.Status)]++
		if r.Origin != "capture" {
			t.Errorf("as the log has it: %s", e.Raw)
		}
	}
	if given != 1 {
		t.Errorf("one that was given up is told of %d times", given)
	}
	if t.Failed() {
		for _, e := range s.arrived.of("ollama:api")[0] {
			t.Log(e.Time, e.Raw)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(want)) {
		if got[what] != want[what] {
			t.Errorf("%s: made %d times, told of %d times", what, want[what], got[what])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d kinds of requests, want %d", len(got), len(want))
	}
	for _, e := range s.arrived.of("ollama:prompts")[0] {
		if !strings.Contains(e.Raw, `"origin":"capture"`) {
			t.Errorf("as the log has it: %s", e.Raw)
		}
	}
	t.Logf("%d requests and %d prompts", made, len(s.arrived.of("ollama:prompts")[0]))
}

// giveUp makes a request whose answer comes when it is complete, and does not wait for it.
func (c *client) giveUp(ctx context.Context, a ask) error {
	a.body = strings.Replace(a.body, "{", `{"stream":false,`, 1)
	ctx, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	answer, err := c.send(ctx, a)
	if err == nil {
		answer.Body.Close()
		return errors.New("it was answered")
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// capture starts a process that captures a port, and returns when it does.
func (s *scene) capture(port uint16) {
	s.t.Helper()
	socket, err := wire.Listen([]uint16{port}, nil)
	if err != nil {
		netnstest.Without(s.t, err.Error())
	}
	socket.Close()
	p, err := harness.Command{Binary: s.binary, Args: []string{"capture"}, Env: map[string]string{
		"CAPTURE": "requests", "CAPTURE_PORTS": fmt.Sprint(port), "STATE_DIR": s.state,
	}}.Start()
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		p.Signal(syscall.SIGTERM)
		select {
		case <-p.Done():
		case <-time.After(patience):
			s.t.Error("the process that captures does not end")
			p.Kill()
		}
		if p.ExitCode() != 0 || s.t.Failed() {
			s.t.Errorf("the process that captures ended with %d and said\n%s", p.ExitCode(), p.Log())
		}
	})
	eventually(s.t, "requests are captured", func() bool {
		_, err := os.Stat(filepath.Join(s.state, "capture", "capture.status"))
		return err == nil
	})
}
