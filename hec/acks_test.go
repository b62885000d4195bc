package hec_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// onPolls gives the faults to the first polls in turn; the last one stays if it repeats.
func onPolls(repeat bool, faults ...receiver.Fault) receiver.FaultFunc {
	var n atomic.Int64
	return func(r *receiver.Request) receiver.Fault {
		if r.Endpoint != receiver.EndpointAck {
			return receiver.Fault{}
		}
		i := int(n.Add(1)) - 1
		if repeat {
			i = min(i, len(faults)-1)
		}
		if i >= len(faults) {
			return receiver.Fault{}
		}
		return faults[i]
	}
}

var acking = []receiver.Token{{Value: secret, Ack: true}}

func TestDeliverWaitsForTheAcknowledgment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: 500 * time.Millisecond})
		c, _, _ := client(t, nil, s.URL())
		b := events("e", 2)
		before := time.Now()
		if err := c.Deliver(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(before); took < 500*time.Millisecond {
			t.Errorf("returned after %v", took)
		}
		if s.taken() != "e1 e2" {
			t.Errorf("taken %s", s.taken())
		}
	})
}

func TestNextBatchNeedNotWaitForTheAcknowledgment(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: -1})
		c, _, _ := client(t, nil, s.URL())
		ctx, cancel := context.WithCancel(t.Context())
		b := events("e", 1)
		done := make(chan error, 1)
		go func() { done <- c.Deliver(ctx, b) }()
		<-b.Done() // would block for ever
		cancel()
		var pending *hec.PendingError
		if err := <-done; !errors.As(err, &pending) || len(pending.Receipts) != 1 {
			t.Fatalf("got %v", err)
		}
	})
}

func TestModesOfAcknowledgment(t *testing.T) {
	for _, tt := range []struct {
		name  string
		mode  hec.AckMode
		token receiver.Token
		polls bool
		says  string
	}{
		{"auto with acks", hec.AckAuto, receiver.Token{Value: secret, Ack: true}, true, ""},
		{"auto without", hec.AckAuto, receiver.Token{Value: secret}, false, ""},
		{"on with acks", hec.AckOn, receiver.Token{Value: secret, Ack: true}, true, ""},
		{"on without", hec.AckOn, receiver.Token{Value: secret}, false, "enable indexer acknowledgment"},
		{"off with acks", hec.AckOff, receiver.Token{Value: secret, Ack: true}, false, ""},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			s := start(t, receiver.Options{Tokens: []receiver.Token{tt.token}})
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.Ack = tt.mode }, s.URL())
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
				t.Fatal(err)
			}
			if got := s.Stats().Requests > 1; got != tt.polls {
				t.Errorf("polled: %v, want %v", got, tt.polls)
			}
			if !strings.Contains(l.String(), tt.says) {
				t.Errorf("the log does not say %q:\n%s", tt.says, l)
			}
		})
	}
}

func TestMissingAcknowledgmentIsSentAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(
			t,
			receiver.Options{Tokens: acking, Fault: receiver.Submissions(receiver.Plan(receiver.Fault{Lose: true}))},
		)
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckTimeout = 700 * time.Millisecond }, s.URL())
		if err := c.Deliver(t.Context(), events("e", 2)); err != nil {
			t.Fatal(err)
		}
		if s.taken() != "e1 e2" || c.Stats().AckTimeouts != 1 {
			t.Errorf("taken %s, %d timeouts", s.taken(), c.Stats().AckTimeouts)
		}
	})
}

func TestRestartedReceiverForgetsAcknowledgments(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: -1})
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckTimeout = time.Second }, s.URL())
		b := events("e", 1)
		done := make(chan error, 1)
		go func() { done <- c.Deliver(t.Context(), b) }()
		<-b.Done()
		s.Restart()
		s.SetFault(receiver.Submissions(receiver.Always(receiver.Fault{Lose: false})))
		eventually(t, "it is sent again", func() bool { return strings.Count(s.taken(), "e1") >= 2 })
		c.Close()
		go func() { <-done }()
	})
}

func TestFailedPollAcknowledgesNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, Fault: onPolls(
			false,
			receiver.Fault{
				Status: 500,
			},
			receiver.Fault{Code: 9},
			receiver.Fault{Status: 200, Body: "OK"},
			receiver.Fault{Status: 403},
		)})
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckPoll = 100 * time.Millisecond }, s.URL())
		if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
			t.Fatal(err)
		}
		if got := s.Stats().Requests; got < 1+5 {
			t.Errorf("delivered after %d requests, four polls of which failed", got)
		}
		if s.taken() != "e1" {
			t.Errorf("taken %s", s.taken())
		}
	})
}

func TestAcknowledgmentSwitchedOffMeanwhile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, Fault: onPolls(true, receiver.Fault{Code: 14})})
		c, l, _ := client(t, nil, s.URL())
		if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(l.String(), "200 counts as delivered") {
			t.Errorf("not said:\n%s", l)
		}
	})
}

// The ids of two endpoints are the same numbers and mean different batches.
func TestIdsOfTwoEndpointsDoNotMix(t *testing.T) {
	bubble(t, func(t *testing.T) {
		never := start(t, receiver.Options{Tokens: acking, AckDelay: -1})
		c, _, _ := client(t, nil, never.URL())
		other := start(t, receiver.Options{Tokens: acking})
		both, _, _ := client(t, nil, never.URL(), other.URL())
		_ = c
		b := events("a", 1)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- both.Deliver(ctx, b) }()
		<-b.Done()
		never.SetFault(receiver.Submissions(receiver.Always(receiver.Fault{Code: 9})))
		if err := both.Deliver(t.Context(), events("b", 1)); err != nil { // acknowledged by the other as id 0
			t.Fatal(err)
		}
		cancel()
		var pending *hec.PendingError
		if err := <-done; !errors.As(err, &pending) {
			t.Fatalf("the batch without acknowledgment ended with %v", err)
		}
	})
}

// Behind a balancer a channel's cookie must come back with every request, and
// a node that fails is left together with it.
func TestBalancerKeepsAndMovesAChannel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		one := receiver.New(receiver.Options{Tokens: acking, Cookie: "node=one"})
		two := receiver.New(receiver.Options{Tokens: acking, Cookie: "node=two"})
		front := &http.Server{Handler: receiver.Balance(one, two)}
		url := serve(t, front)
		c, _, _ := client(t, nil, url)
		for range 5 {
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
				t.Fatal(err)
			}
		}
		if n := one.Stats().Taken() * two.Stats().Taken(); n != 0 {
			t.Errorf("one channel went to both nodes: %d, %d", one.Stats().Taken(), two.Stats().Taken())
		}
		used, spare := one, two
		if used.Stats().Taken() == 0 {
			used, spare = two, one
		}
		used.SetFault(receiver.Always(receiver.Fault{Code: 9}))
		if err := c.Deliver(t.Context(), events("f", 1)); err != nil {
			t.Fatal(err)
		}
		if spare.Stats().Taken() != 1 {
			t.Error("the channel did not move away from a node that is down")
		}
		if n := one.Stats().WrongNode + two.Stats().WrongNode; n != 0 {
			t.Errorf("%d requests without their cookie", n)
		}
	})
}

// Several lanes begin at once, and still no request of a channel goes to a node
// that does not know it.
func TestTheFirstRequestOfAChannelGoesAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, Cookie: "node=1"})
		// The first one fails, so another has to be the first.
		s.SetFault(receiver.Plan(receiver.Fault{At: receiver.Unread, Code: 9}))
		const lanes = 8
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.Lanes = lanes }, s.URL())
		var sending sync.WaitGroup
		for n := range lanes {
			sending.Go(func() {
				if err := c.Deliver(t.Context(), events(string(rune('a'+n)), 3)); err != nil {
					t.Error(err)
				}
			})
		}
		sending.Wait()
		if stats := s.Stats(); stats.Taken() != 3*lanes || stats.WrongNode > 0 {
			t.Errorf("taken %d, %d requests without the cookie", stats.Taken(), stats.WrongNode)
		}
	})
}

// Acknowledgment is switched off between two batches: that is said, and what
// stands before a bad event counts as taken with the 400, as without acks.
func TestAcknowledgmentIsMissingAllAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking})
		c, l, g := client(t, nil, s.URL())
		deliver := func(name string, n int) {
			t.Helper()
			if err := c.Deliver(t.Context(), events(name, n)); err != nil {
				t.Fatal(err)
			}
		}
		deliver("a", 1)
		s.SetTokens(receiver.Token{Value: secret})
		deliver("b", 1)
		deliver("c", 1)
		if n := strings.Count(l.String(), "200 counts as delivered"); n != 1 {
			t.Errorf("said %d times:\n%s", n, l)
		}
		s.SetFault(receiver.Plan(receiver.Fault{Code: 6, Invalid: ptr(2)}))
		deliver("d", 4)
		if s.taken() != "a1 b1 c1 d1 d2 d4" || g.texts() != "d3" {
			t.Errorf("taken %s, buried %s", s.taken(), g.texts())
		}
	})
}

// Some front ends quote the number.
func TestAQuotedIdIsAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{acks: all}
		n.submit = func(w http.ResponseWriter, _, _ string) { success(w, `"7"`) }
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, n.start(t))
		if err := c.Deliver(t.Context(), events("a", 1)); err != nil {
			t.Error(err)
		}
		n.locked(func() {
			if n.polls == 0 {
				t.Error("nobody has asked")
			}
		})
	})
}

// However many batches wait, and are sent again, they take turns.
func TestResendsTakeTurns(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const batches, lanes = 60, 3
		var sending, most atomic.Int64
		channels := map[string]bool{}
		n := &node{acks: all}
		posted := 0
		n.submit = func(w http.ResponseWriter, channel, _ string) {
			n.mu.Unlock() // the others may come
			most.Store(max(most.Load(), sending.Add(1)))
			<-time.After(time.Millisecond)
			sending.Add(-1)
			n.mu.Lock()
			channels[channel] = true
			posted++
			success(w, posted)
		}
		first := ""
		n.acks = func(channel string, ids []int64) []int64 {
			if first == "" {
				first = channel
			}
			if channel == first {
				return nil // lost
			}
			return ids
		}
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckTimeout = time.Second; cfg.Lanes = lanes }, n.start(t))
		var delivering sync.WaitGroup
		for range batches {
			b := events("a", 1)
			delivering.Go(func() {
				if err := c.Deliver(t.Context(), b); err != nil {
					t.Error(err)
				}
			})
			<-b.Done()
		}
		delivering.Wait()
		if c.Stats().AckTimeouts == 0 || most.Load() > lanes {
			t.Errorf("%d at once, %d were sent again", most.Load(), c.Stats().AckTimeouts)
		}
	})
}

// Batches that keep coming are no reason to ask for those that do not come.
func TestTrafficDoesNotHurryPolls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{acks: none}
		posted := 0
		n.submit = func(w http.ResponseWriter, _, _ string) { posted++; success(w, posted) }
		c, _, _ := client(t, nil, n.start(t))
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		var delivering sync.WaitGroup
		for ctx.Err() == nil {
			b := events("a", 1)
			delivering.Go(func() { c.Deliver(ctx, b) })
			<-time.After(20 * time.Millisecond)
		}
		delivering.Wait()
		// After 200 ms, 400, 800 more: three, and some for a slow clock.
		n.locked(func() {
			if n.polls == 0 || n.polls > 4 {
				t.Errorf("%d polls for %d batches", n.polls, posted)
			}
		})
	})
}
