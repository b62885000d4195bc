//go:build linux

package realollama

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ollama-hec/cmd/ollama-hec/blackbox"
)

// TestMain leaves out what needs a server where there is none.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("OLLAMA_BINARY") == "" {
		if err := flag.Set("test.skip", "^TestRealOllama$"); err != nil {
			panic(err) // there is such a flag
		}
	}
	os.Exit(m.Run())
}

const host = "ollama-01"

// TestRealOllama: clients use a server all at once, each from its own address,
// while its log is shipped. In the middle the shipper is killed, and later the
// log rotated; at last the server's runner crashes. What arrived is then
// compared with what the clients did.
func TestRealOllama(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	dir := t.TempDir()
	binary, err := blackbox.Build(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	arrived := startSplunk(t, 3)
	log := filepath.Join(dir, "ollama.log")
	state := t.TempDir()
	shipper := blackbox.Command{Binary: binary, Env: map[string]string{
		"URL": arrived.URL(), "PATHS": filepath.Join(dir, "*.log"), "STATE_DIR": state, "HOST": host, "ACK": "on",
	}}
	life := 0
	start := func(args ...string) *blackbox.Shipper {
		t.Helper()
		shipper.Env["TOKEN"] = token(life)
		shipper.Args = append([]string{"run"}, args...)
		life++
		s, err := shipper.Start()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			s.Kill()
			if found := s.Indiscretions(token(0)[:30]); found != nil || t.Failed() {
				t.Errorf("the shipper said %q:\n%s", found, s.Log())
			}
		})
		return s
	}
	running := start() // before there is a log
	ollama := startServer(t, os.Getenv("OLLAMA_BINARY"), log)

	var clients []*client
	as := func(n int) *client {
		c := newClient(ollama.url, fmt.Sprintf("127.0.0.%d", n))
		clients = append(clients, c)
		return c
	}
	admin := as(10)
	if err := admin.do(ctx, install(Model(1))...); err != nil {
		t.Fatal(err)
	}

	var working, noisy sync.WaitGroup
	for n, asks := range [][]ask{talk(), compatible(), scan(), forge(), pull(), overlong()} {
		c := as(11 + n)
		working.Go(func() {
			if err := c.do(ctx, asks...); err != nil {
				t.Error(err)
			}
		})
	}
	impatient := as(30)
	working.Go(func() {
		if err := impatient.abort(ctx, endless, 3); err != nil {
			t.Error(err)
		}
	})
	noise, sent, quiet := as(31), new(atomic.Int64), make(chan struct{})
	noisy.Go(func() {
		if err := chatter(ctx, noise, arrived, sent, quiet); err != nil {
			t.Error(err)
		}
	})

	eventually(t, "a checkpoint is kept", func() bool { return checkpointed(state) })
	kept := arrived.requests(noise.src)
	eventually(t, "requests arrive", func() bool { return arrived.requests(noise.src) > kept+100 })
	running.Kill()
	killed := sent.Load()
	eventually(t, "requests go on without a shipper", func() bool { return sent.Load() > killed+300 })
	running = start()
	eventually(t, "requests arrive again", func() bool { return int64(arrived.requests(noise.src)) > killed+600 })
	rotated := ollama.rotate()
	before := sent.Load()
	eventually(t, "requests go on after the rotation", func() bool { return sent.Load() > before+300 })
	working.Wait()
	close(quiet)
	noisy.Wait()
	ollama.crash()
	if err := admin.do(ctx, goOn()...); err != nil {
		t.Error(err)
	}
	ollama.stop()
	if t.Failed() {
		t.FailNow()
	}
	ended := time.Now()

	written := lines(read(t, rotated), read(t, log))
	keep(t, rotated, log)
	c := comparison{t: t, clients: clients, written: written, arrived: arrived}
	settle(t, "all arrives", c.complete)
	running.Signal(syscall.SIGTERM)
	<-running.Done()
	again := start("--once")
	<-again.Done()
	if running.ExitCode() != 0 || again.ExitCode() != 0 {
		t.Errorf("exit status %d and %d", running.ExitCode(), again.ExitCode())
	}
	t.Run("nothing is sent again after a clean end", func(t *testing.T) {
		for _, e := range arrived.lives[2] {
			t.Error(e)
		}
	})

	requests, prompts, texts := c.requests(t), c.prompts(t), c.lines(t)
	t.Logf("%d lines, %d requests, %d prompts", len(written), len(requests), len(prompts))
	for _, e := range slices.Concat(requests, prompts, texts) {
		if e.Host != host || filepath.Dir(e.Source) != dir {
			t.Errorf("host %s, source %s: %s", e.Host, e.Source, e.Raw)
		}
	}
	for _, e := range slices.Concat(requests, prompts) {
		// [GIN] stamps have whole seconds.
		if at := moment(t, e); at.Before(began.Truncate(time.Second)) || at.After(ended) {
			t.Errorf("%s is not from %s to %s: %s", at, began, ended, e.Raw)
		}
	}
	c.crash(t, texts)
	c.failures(t, texts)
	c.external(t, slices.Concat(texts, requests))
}

var position = regexp.MustCompile(`"offset":[1-9]`)

// checkpointed: the shipper would not begin at the beginning again.
func checkpointed(state string) bool {
	text, err := os.ReadFile(filepath.Join(state, "checkpoints"))
	return err == nil && position.Match(text)
}

// overlong is a prompt that does not fit.
func overlong() []ask {
	long := strings.Repeat("zo wu va ", 2*window)
	return []ask{ollama("generate", "POST", "/api/generate", fmt.Sprintf(
		`{"model":"tiny","raw":true,"stream":false,"prompt":%q,"options":{"num_predict":4}}`, long), long).answered(200)}
}

// endless is an answer that goes on until the client hangs up.
var endless = ollama("generate", "POST", "/api/generate",
	`{"model":"tiny","prompt":"say it all","options":{"num_predict":20000}}`, "say it all")

// goOn is what follows the crash: another runner is started. Then all is deleted.
func goOn() []ask {
	return []ask{
		ollama("generate", "POST", "/api/generate", `{"model":"tiny","prompt":"after the crash","options":{"num_predict":4}}`, "after the crash").answered(200),
		ollama("delete", "DELETE", "/api/delete", `{"model":"tiny"}`).answered(200),
		ollama("list", "GET", "/api/tags", "").answered(200),
	}
}

// chatter asks, with a number of its own each time, until it is to be quiet. It
// never gets far ahead of what arrives.
func chatter(ctx context.Context, c *client, arrived *splunk, sent *atomic.Int64, quiet <-chan struct{}) error {
	const ahead = 3000
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-quiet:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		n := sent.Load()
		if n > int64(arrived.requests(c.src)+ahead) {
			continue
		}
		if err := c.do(ctx, ollama("version", "GET", fmt.Sprintf("/api/version?n=%d", n), "").answered(200)); err != nil {
			return err
		}
		sent.Add(1)
	}
}

// keep copies the log to where OLLAMA_LOG_COPY says, for people to look at.
func keep(t *testing.T, logs ...string) {
	t.Helper()
	if to := os.Getenv("OLLAMA_LOG_COPY"); to != "" {
		var all string
		for _, log := range logs {
			all += read(t, log)
		}
		if err := os.WriteFile(to, []byte(all), 0o644); err != nil {
			t.Error(err)
		}
	}
}
