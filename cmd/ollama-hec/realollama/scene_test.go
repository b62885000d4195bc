//go:build linux

package realollama

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/harness"
)

const host = "ollama-01"

// scene is a server, those who use it, and the shipper of its log.
type scene struct {
	t       *testing.T
	ctx     context.Context // of the requests; it ends with the test
	dir     string          // of the log
	log     string
	state   string
	binary  string // the shipper's
	arrived *splunk
	server  *server
	clients []*client

	shipper *harness.Shipper
	life    int // how many shippers there were
}

func newScene(t *testing.T) *scene {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	t.Cleanup(cancel)
	binary, err := harness.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return &scene{
		t:       t,
		ctx:     ctx,
		dir:     dir,
		log:     filepath.Join(dir, "ollama.log"),
		state:   t.TempDir(),
		binary:  binary,
		arrived: startSplunk(t, 3),
	}
}

// ship starts a shipper with default settings, save what it is told of this
// place; it is ended with the test.
func (s *scene) ship(args ...string) {
	s.t.Helper()
	shipper, err := harness.Command{Binary: s.binary, Args: append([]string{"run"}, args...), Env: map[string]string{
		"URL": s.arrived.URL(), "TOKEN": token(s.life), "ACK": "on", "HOST": host,
		"PATHS": filepath.Join(s.dir, "*.log"), "STATE_DIR": s.state,
	}}.Start()
	if err != nil {
		s.t.Fatal(err)
	}
	s.shipper = shipper
	s.life++
	s.t.Cleanup(func() {
		shipper.Kill()
		if found := shipper.Leaks(tokenPrefix); found != nil || s.t.Failed() {
			s.t.Errorf("the shipper said %q:\n%s", found, shipper.Log())
		}
	})
}

// preview is what the logs would become with PROMPTS=off.
func (s *scene) preview(logs ...string) string {
	s.t.Helper()
	shipper, err := harness.Command{
		Binary: s.binary,
		Args:   append([]string{"preview"}, logs...),
		Env:    map[string]string{"PROMPTS": "off"},
	}.Start()
	if err != nil {
		s.t.Fatal(err)
	}
	s.shipper = shipper
	s.ends()
	return shipper.Out()
}

// ends waits for the shipper to end well.
func (s *scene) ends() {
	s.t.Helper()
	select {
	case <-s.shipper.Done():
	case <-time.After(patience):
		s.shipper.Kill()
		s.t.Fatal("the shipper does not end")
	}
	if code := s.shipper.ExitCode(); code != 0 {
		s.t.Errorf("exit status %d", code)
	}
}

// position is that of a file which was read.
var position = regexp.MustCompile(`"offset":[1-9]`)

// checkpointed: a shipper would not begin at the beginning again.
func (s *scene) checkpointed() bool {
	text, err := os.ReadFile(filepath.Join(s.state, "checkpoints"))
	return err == nil && position.Match(text)
}

// client is another user, from 127.0.0.n.
func (s *scene) client(n int) *client {
	c := newClient(s.server.url, fmt.Sprintf("127.0.0.%d", n))
	s.clients = append(s.clients, c)
	return c
}

// logged waits until each request has its access line: that of an aborted one
// is written when the client is gone.
func (s *scene) logged(logs ...string) {
	s.t.Helper()
	_, made := comparison{clients: s.clients}.made()
	eventually(s.t, "all requests are logged", func() bool {
		n := 0
		for _, log := range logs {
			for _, line := range lines(read(s.t, log)) {
				if strings.HasPrefix(line, "[GIN] ") {
					n++
				}
			}
		}
		return n == made
	})
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
