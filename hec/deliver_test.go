package hec_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// turning is a token that changes.
type turning struct{ v atomic.Value }

func (s *turning) set(token string)       { s.v.Store(token) }
func (s *turning) Token() (string, error) { return s.v.Load().(string), nil }

// refused is a token that is replaced once somebody says it was refused.
type refused struct {
	turning
	times atomic.Int64
}

func (s *refused) Rejected() {
	s.times.Add(1)
	s.set(secret)
}

func TestATokenSourceIsToldOfItsRefusal(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{})
		source := new(refused)
		source.set("old")
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.Token = source }, s.URL())
		for _, name := range []string{"a", "b"} {
			if err := c.Deliver(t.Context(), events(name, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if n := source.times.Load(); n != 1 || s.taken() != "a1 b1" {
			t.Errorf("told %d times, taken %s", n, s.taken())
		}
	})
}

func TestOversizeIsBisected(t *testing.T) {
	text := func(i int) string { return fmt.Sprintf("%d-%s", i, strings.Repeat("x", 1000)) }
	for _, tt := range []struct {
		name  string
		o     receiver.Options
		n     int
		grave int
	}{
		{"413", receiver.Options{MaxContentLength: 5000}, 40, 0},
		{"400, code 6, event 0", receiver.Options{MaxContentLength: 100_000, Cloud: true}, 1000, 0},
		{"one event too large", receiver.Options{MaxContentLength: 500}, 1, 1},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			s := start(t, tt.o)
			c, _, g := client(t, nil, s.URL())
			if err := c.Deliver(t.Context(), lines(tt.n, text)); err != nil {
				t.Fatal(err)
			}
			if got := len(s.events); got != tt.n-tt.grave {
				t.Errorf("%d arrived of %d", got, tt.n)
			}
			for i, ev := range s.events {
				if !strings.HasPrefix(ev, fmt.Sprint(i, "-")) {
					t.Fatalf("out of order at %d: %.20s", i, ev)
				}
			}
			if len(g.letters) != tt.grave {
				t.Errorf("%d buried, want %d", len(g.letters), tt.grave)
			}
		})
	}
}

func TestStormOfRejectionsPauses(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var healed atomic.Bool
		s := start(t, receiver.Options{Fault: receiver.Submissions(func(*receiver.Request) receiver.Fault {
			if healed.Load() {
				return receiver.Fault{}
			}
			return receiver.Fault{Code: 6, Invalid: ptr(0)}
		})})
		c, l, g := client(t, nil, s.URL())
		done := make(chan error, 1)
		go func() { done <- c.Deliver(t.Context(), events("e", 150)) }()
		eventually(t, "delivery is paused", func() bool { return strings.Contains(l.String(), "100 events in a row") })
		healed.Store(true)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if g.texts() != numbered("e", 1, 100) || s.taken() != numbered("e", 101, 150) {
			t.Errorf("buried %s\ntaken %s", g.texts(), s.taken())
		}
	})
}

func TestFullDeadLettersPause(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(receiver.Fault{Code: 6, Invalid: ptr(1)}))})
		c, l, g := client(t, nil, s.URL())
		g.full = errors.New("no room")
		if err := c.Deliver(t.Context(), events("e", 3)); err != nil {
			t.Fatal(err)
		}
		// The second attempt begins with the event in question, not with what was taken.
		if s.taken() != "e1 e2 e3" || g.texts() != "" || !strings.Contains(l.String(), "no room") {
			t.Errorf("taken %s, buried %s, log:\n%s", s.taken(), g.texts(), l)
		}
	})
}

// While it stays so, delivery comes back less and less often, and says it once.
func TestFullDeadLettersAreNotSaidOverAndOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(
			t,
			receiver.Options{Fault: receiver.Submissions(receiver.Always(receiver.Fault{Code: 6, Invalid: ptr(0)}))},
		)
		c, l, g := client(t, nil, s.URL())
		g.full = errors.New("no room")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		started := time.Now()
		go func() { done <- c.Deliver(ctx, events("e", 3)) }()
		eventually(t, "the third attempt", func() bool { return c.Stats().Posts >= 3 })
		if took := time.Since(started); took < 3*time.Second {
			t.Errorf("three attempts in %v", took)
		}
		cancel()
		<-done
		if said := l.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "delivery is paused") {
			t.Errorf("the log:\n%s", said)
		}
	})
}

// A balancer's cookie leads to a node that is down. While another endpoint does
// the work only health is asked, and that, too, has to leave the node in the end.
func TestADeadNodeIsLeftByHealthChecks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one := receiver.New(receiver.Options{Cookie: "node=one"})
		two := receiver.New(receiver.Options{Cookie: "node=two"})
		balanced := serve(t, &http.Server{Handler: receiver.Balance(one, two)})
		other := start(t, receiver.Options{})
		c, _, _ := client(t, nil, balanced, other.URL())
		deliver := func() {
			t.Helper()
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
				t.Fatal(err)
			}
		}
		deliver()
		used, spare := one, two
		if used.Stats().Taken() == 0 {
			used, spare = two, one
		}
		used.SetFault(func(*receiver.Request) receiver.Fault { return receiver.Fault{Status: 503} })
		eventually(t, "the balancer is used again", func() bool { deliver(); return spare.Stats().Taken() > 0 })
	})
}

func TestRetryAfter(t *testing.T) {
	for _, header := range []string{"1", "-1", "", "99999999999999999999", "soon", "86400", "Mon, 02 Jan 2006 15:04:05 GMT"} {
		inBubble(t, header, func(t *testing.T) {
			f := receiver.Fault{Code: 9, Header: http.Header{"Retry-After": {header}}}
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(f))})
			c, _, _ := client(t, nil, s.URL())
			before := time.Now()
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(before); header == "1" && took < time.Second {
				t.Errorf("came back after %v", took)
			}
		})
	}
}

func TestReplyLostAfterAcceptanceIsSentAgainAndCounted(t *testing.T) {
	for name, f := range map[string]receiver.Fault{
		"reset":    {At: receiver.Taken, Reset: true},
		"cut":      {At: receiver.Taken, Cut: true},
		"hang":     {At: receiver.Taken, Hang: true},
		"code 8":   {At: receiver.Taken, Code: 8},
		"not read": {At: receiver.Unread, Reset: true},
	} {
		inBubble(t, name, func(t *testing.T) {
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(f))})
			c, _, _ := client(t, func(cfg *hec.Config) { cfg.Timeout = 2 * time.Second }, s.URL())
			if err := c.Deliver(t.Context(), events("e", 2)); err != nil {
				t.Fatal(err)
			}
			want := "e1 e2 e1 e2"
			if f.At == receiver.Unread {
				want = "e1 e2"
			}
			if s.taken() != want {
				t.Errorf("taken %s, want %s", s.taken(), want)
			}
			if n := c.Stats().Ambiguous + c.Stats().QuickRetry; n != 1 {
				t.Errorf("%d ambiguous, want 1", n)
			}
		})
	}
}

func TestAnotherEndpointTakesOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first, second := start(t, receiver.Options{}), start(t, receiver.Options{})
		c, l, _ := client(t, nil, first.URL(), second.URL())
		deliver := func(name string) {
			t.Helper()
			if err := c.Deliver(t.Context(), events(name, 1)); err != nil {
				t.Fatal(err)
			}
		}
		deliver("a")
		first.SetFault(receiver.Always(receiver.Fault{Code: 9}))
		for i := range 20 {
			deliver(fmt.Sprint("b", i, "-"))
		}
		if n := c.Stats().Replies["9"]; n == 0 || n > 6 {
			t.Errorf("%d events tried the endpoint that is down", n)
		}
		first.SetFault(nil)
		eventually(t, "the first endpoint is back", func() bool {
			deliver("c")
			return strings.HasSuffix(first.taken(), "c1")
		})
		if !strings.HasPrefix(first.taken(), "a1 c1") || !strings.HasPrefix(second.taken(), "b0-1") {
			t.Errorf("first %s\nsecond %s\n%s", first.taken(), second.taken(), l)
		}
	})
}

func TestUnreachableEndpointHeals(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{})
		url := s.URL()
		s.Close()
		c, l, _ := client(t, nil, url)
		done := make(chan error, 1)
		go func() { done <- c.Deliver(t.Context(), events("e", 1)) }()
		eventually(t, "the log says why", func() bool { return strings.Contains(l.String(), "refused") })
		back := receiver.New(receiver.Options{})
		addr := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(strings.TrimPrefix(url, "http://")))
		back.ListenOn(memory.listenOn(addr))
		go back.Serve(context.Background())
		defer back.Close()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(l.String(), "trying again"); n != 1 {
			t.Errorf("said %d times:\n%s", n, l)
		}
	})
}

func TestGateHoldsAllLanes(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(
			t,
			receiver.Options{Fault: receiver.Submissions(receiver.Plan(receiver.Fault{Code: 9}, receiver.Fault{Code: 9}))},
		)
		c, _, _ := client(t, nil, s.URL())
		if err := c.Deliver(t.Context(), events("first", 1)); err != nil {
			t.Fatal(err)
		}
		s.SetFault(receiver.Submissions(receiver.Always(receiver.Fault{Code: 9})))
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		before := s.Stats().Requests
		var lanes sync.WaitGroup
		for i := range 8 {
			lanes.Go(func() {
				if err := c.Deliver(ctx, events(fmt.Sprint(i), 1)); !errors.Is(err, context.DeadlineExceeded) {
					t.Error(err)
				}
			})
		}
		lanes.Wait()
		// Eight at once before the gate closes, then one at a time: 250 ms, 500 ms, 1 s.
		if n := s.Stats().Requests - before; n > 8+4 {
			t.Errorf("%d requests while the gate was closed", n)
		}
	})
}

func TestCancelEndsWaiting(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(receiver.Fault{Hang: true}))})
		c, _, _ := client(t, nil, s.URL())
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Deliver(ctx, events("e", 1)) }()
		eventually(t, "the request is there", func() bool { return s.Stats().Faults > 0 })
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
