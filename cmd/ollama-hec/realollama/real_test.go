//go:build linux

package realollama

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ollama-hec/splunk_app/detections"
)

// TestMain leaves out what needs a server where there is none.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("OLLAMA_BINARY") == "" {
		if err := flag.Set("test.skip", "^TestRealOllama"); err != nil {
			panic(err) // there is such a flag
		}
	}
	os.Exit(m.Run())
}

// TestRealOllama: clients use a server all at once, each from its own address,
// while its log is shipped. In the middle the shipper is killed, and later the
// log rotated; at last the server's runner crashes. What arrived is then
// compared with what the clients did.
func TestRealOllama(t *testing.T) {
	began := time.Now()
	s := newScene(t)
	s.ship() // before there is a log
	s.server = startServer(t, os.Getenv("OLLAMA_BINARY"), s.log)
	admin := s.client(10)
	s.must(admin.do(s.ctx, install(Model(1))...))

	working, chatting := s.work(), s.chat(s.client(31))
	s.killInTheMiddle(chatting)
	rotated := s.rotateInTheMiddle(chatting)
	working.Wait()
	chatting.end()
	s.logged(rotated, s.log) // so the runner rests
	s.server.crash()
	s.must(admin.do(s.ctx, goOn()...))
	s.server.stop()
	if t.Failed() {
		t.FailNow()
	}
	ended := time.Now()

	c := comparison{clients: s.clients, written: lines(read(t, rotated), read(t, s.log)), arrived: s.arrived}
	settle(t, "all arrives", c.complete)
	s.shipper.Signal(syscall.SIGTERM)
	s.ends()
	s.ship("--once")
	s.ends()
	if again := s.arrived.from(s.life - 1); len(again) > 0 {
		t.Errorf("sent again after a clean end: %v", again)
	}

	requests, prompts, texts := c.requests(t), c.prompts(t), c.lines(t)
	t.Logf("%d lines, %d requests, %d prompts", len(c.written), len(requests), len(prompts))
	for _, e := range slices.Concat(requests, prompts, texts) {
		if e.Host != host || filepath.Dir(e.Source) != s.dir {
			t.Errorf("host %s, source %s: %s", e.Host, e.Source, e.Raw)
		}
	}
	// What stands above the server's first line with a zone may be off by its
	// offset. [GIN] stamps have whole seconds.
	zoned := slices.IndexFunc(texts, func(e detections.Event) bool { return strings.HasPrefix(e.Raw, "time=") })
	for _, e := range slices.Concat(requests, prompts, texts[zoned:]) {
		if at := moment(t, e); at.Before(began.Truncate(time.Second)) || at.After(ended) {
			t.Errorf("%s is not from %s to %s: %s", at, began, ended, e.Raw)
		}
	}
	c.silence(t, s.preview(rotated, s.log))
	c.crash(t, texts)
	c.failures(t, texts)
	c.external(t, slices.Concat(texts, requests))
}

// work has clients do all there is to do, at the same time.
func (s *scene) work() *sync.WaitGroup {
	var working sync.WaitGroup
	for n, asks := range [][]ask{talk(), compatible(), scan(), forge(), pull(), overlong()} {
		c := s.client(11 + n)
		working.Go(func() {
			if err := c.do(s.ctx, asks...); err != nil {
				s.t.Error(err)
			}
		})
	}
	impatient := s.client(30)
	working.Go(func() {
		if err := impatient.abort(s.ctx, endless(), 3); err != nil {
			s.t.Error(err)
		}
	})
	return &working
}

// killInTheMiddle kills the shipper when it has remembered some of what was
// delivered, but not all, and starts it anew after a while.
func (s *scene) killInTheMiddle(c *chat) {
	s.t.Helper()
	eventually(s.t, "a checkpoint is kept", s.checkpointed)
	kept := s.arrived.heard(c.src)
	eventually(s.t, "requests arrive", func() bool { return s.arrived.heard(c.src) > kept+100 })
	s.shipper.Kill()
	killed := c.sent.Load()
	eventually(s.t, "requests go on without a shipper", func() bool { return c.sent.Load() > killed+300 })
	s.ship()
	eventually(s.t, "requests arrive again", func() bool { return s.arrived.heard(c.src) > killed+300 })
}

func (s *scene) rotateInTheMiddle(c *chat) (rotated string) {
	s.t.Helper()
	rotated = s.server.rotate()
	before := c.sent.Load()
	eventually(s.t, "requests go on after the rotation", func() bool { return c.sent.Load() > before+300 })
	return rotated
}

// chat is a client that asks, with a number of its own each time, until it is
// to end.
type chat struct {
	*client
	sent  atomic.Int64
	quiet chan struct{}
	done  chan struct{}
}

func (s *scene) chat(with *client) *chat {
	c := &chat{client: with, quiet: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		if err := c.run(s.ctx, s.arrived); err != nil {
			s.t.Error(err)
		}
	}()
	return c
}

func (c *chat) end() {
	close(c.quiet)
	<-c.done
}

// run never gets far ahead of what arrives.
func (c *chat) run(ctx context.Context, arrived *splunk) error {
	const ahead = 3000
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-c.quiet:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		n := c.sent.Load() + 1
		if n > arrived.heard(c.src)+ahead {
			continue
		}
		if err := c.do(ctx, ollama("version", "GET", fmt.Sprintf("/api/version?n=%d", n), "").answered(200)); err != nil {
			return err
		}
		c.sent.Store(n)
	}
}
