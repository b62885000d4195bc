package hec_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

const secret = "11111111-2222-3333-4444-555555555555"

// splunk is a receiver that remembers what it took.
type splunk struct {
	*receiver.Receiver
	mu     sync.Mutex
	events []string
}

func start(t *testing.T, o receiver.Options) *splunk {
	t.Helper()
	s := new(splunk)
	o.Event = func(ev receiver.Event) {
		var text string
		if err := json.Unmarshal(ev.Event, &text); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, text)
	}
	if o.Tokens == nil {
		o.Tokens = []receiver.Token{{Value: secret}}
	}
	s.Receiver = receiver.New(o)
	s.ListenOn(memory.listen())
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := s.Serve(context.Background()); err != nil { // until it is closed
			t.Error(err)
		}
	}()
	t.Cleanup(func() { s.Close(); <-served })
	return s
}

// taken is what arrived, in order.
func (s *splunk) taken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.events, " ")
}

// client returns a client for the endpoints, and what it logs and buries.
func client(t *testing.T, change func(*hec.Config), urls ...string) (*hec.Client, *log, *graves) {
	t.Helper()
	l, g := new(log), new(graves)
	cfg := hec.Config{
		URLs:        urls,
		Token:       hec.StaticToken(secret),
		DeadLetters: g,
		Log:         slog.New(slog.NewTextHandler(l, nil)),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := hec.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	hec.SetDial(c, memory.dial)
	t.Cleanup(func() {
		c.Close()
		if strings.Contains(l.String(), secret) {
			t.Errorf("the token stands in the log:\n%s", l)
		}
	})
	return c, l, g
}

// events builds a batch of events a1 a2 … an, as the lanes do.
func events(name string, n int) *batch.Batch {
	return lines(n, func(i int) string { return fmt.Sprint(name, i+1) })
}

// encoders are those of all tests: one takes longer to make than most of what it encodes here.
var encoders batch.Encoders

func lines(n int, text func(i int) string) *batch.Batch {
	b := batch.NewBuilderAt(batch.Limits{Bytes: 1 << 20, Events: 1 << 20}, batch.Fastest, &encoders)
	enc := hec.NewEnvelope(hec.Origin{Host: "h", Source: "s"})
	for i := range n {
		b.Add(enc, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e18}, Body: []byte(text(i))})
	}
	return b.Take()
}

// numbered is what events(name, …) arrives as, from the first to the last.
func numbered(name string, from, to int) string {
	var all []string
	for i := from; i <= to; i++ {
		all = append(all, fmt.Sprint(name, i))
	}
	return strings.Join(all, " ")
}

// graves remembers what was buried.
type graves struct {
	mu      sync.Mutex
	letters []hec.DeadLetter
	full    error
}

func (g *graves) Put(l hec.DeadLetter) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full != nil {
		return g.full
	}
	l.Event = append([]byte(nil), l.Event...)
	g.letters = append(g.letters, l)
	return nil
}

func (g *graves) texts() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	var all []string
	for _, l := range g.letters {
		var env struct{ Event string }
		if err := json.Unmarshal(l.Event, &env); err != nil {
			all = append(all, err.Error())
		}
		all = append(all, env.Event)
	}
	return strings.Join(all, " ")
}

// log is a client's log.
type log struct {
	mu   sync.Mutex
	text strings.Builder
}

var _ io.Writer = (*log)(nil)

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// bubble runs a test on a clock of its own, beside others.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, f)
}

// inBubble runs a subtest on a clock of its own, beside others.
func inBubble(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { bubble(t, f) })
}

// eventually polls until ok; the bound only ends what would never come.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Minute); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("still waiting until %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// serve runs an HTTP server and returns its URL.
func serve(t *testing.T, srv *http.Server) string {
	t.Helper()
	l := memory.listen()
	go srv.Serve(l)
	t.Cleanup(func() { srv.Close() })
	return "http://" + l.Addr().String()
}
