package hec_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// yes are answers that may have meant yes and are not HEC's.
var yes = []receiver.Fault{
	{Status: 200, Blank: true},
	{Status: 204, Blank: true},
	{Status: 200, Body: "OK"},
	{Status: 200, Body: `{"status":"Success"}`},
	{Status: 200, Body: `{"text":"new","code":29}`},
	{Status: 200, Body: `{"text":"gone","code":404}`},
	{Status: 200}, // a page
}

// Without a code of HEC nothing counts as delivered, whatever was said before:
// not with ACK=on, and not after acknowledgments have come.
func TestWithoutACodeNothingIsDelivered(t *testing.T) {
	for _, f := range yes {
		for _, mode := range []hec.AckMode{hec.AckAuto, hec.AckOn, hec.AckOff} {
			inBubble(t, fmt.Sprintf("%d %q ack %d", f.Status, f.Body, mode), func(t *testing.T) {
				s := start(t, receiver.Options{Tokens: acking})
				c, l, _ := client(t, func(cfg *hec.Config) { cfg.Ack = mode }, s.URL())
				if err := c.Deliver(t.Context(), events("a", 1)); err != nil {
					t.Fatal(err)
				}
				s.SetFault(receiver.Always(f))
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Minute)
				defer cancel()
				if err := c.Deliver(ctx, events("b", 5)); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("got %v", err)
				}
				if ok, why := c.Ready(); ok || why == "" {
					t.Errorf("ready: %v, %s", ok, why)
				}
				if n := strings.Count(l.String(), "delivery is paused"); n != 1 {
					t.Errorf("said %d times:\n%s", n, l)
				}
			})
		}
	}
}

// A receiver that takes everything and does not say so in HEC's words gets few
// events twice, however long it goes on, and all of them once it does.
func TestDoubtDoesNotMultiplyEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const lanes, n = 4, 1000
		f := receiver.Fault{At: receiver.Taken, Status: 200, Body: `{"status":"Success"}`}
		s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(f))})
		c, l, _ := client(t, func(cfg *hec.Config) { cfg.Lanes = lanes }, s.URL())
		done := make(chan error, lanes)
		for i := range lanes {
			go func() { done <- c.Deliver(t.Context(), events(fmt.Sprint("lane", i, "-"), n)) }()
		}
		<-time.After(time.Hour)
		// 1 s, 2 s, 4 s … 5 minutes, and one more in each pause once health has passed.
		posts, taken := c.Stats().Posts, s.Stats().Taken()
		if most := uint64(n + 2*(9+12)); taken > most || posts < 12 || c.Stats().Ambiguous != posts {
			t.Errorf("%d events taken by %d posts, %d ambiguous", taken, posts, c.Stats().Ambiguous)
		}
		s.SetFault(nil)
		healed := time.Now()
		for range lanes {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if took := time.Since(healed); took > 5*time.Minute {
			t.Errorf("delivered %v after it was healed", took)
		}
		for i := range lanes {
			if !strings.Contains(s.taken(), numbered(fmt.Sprint("lane", i, "-"), 2, n)) {
				t.Errorf("lane %d did not arrive in order", i)
			}
		}
		if n := strings.Count(l.String(), "delivery is paused"); n != 1 {
			t.Errorf("said %d times:\n%s", n, l)
		}
	})
}

// Once HEC answers to health it is tried at once, however long the pause was.
func TestHealthEndsDoubt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		nothing := func(*receiver.Request) receiver.Fault { return receiver.Fault{Status: 200, Blank: true} }
		s := start(t, receiver.Options{Fault: nothing})
		c, _, _ := client(t, nil, s.URL())
		done := make(chan error, 1)
		go func() { done <- c.Deliver(t.Context(), events("a", 100)) }()
		<-time.After(time.Hour)
		s.SetFault(nil)
		healed := time.Now()
		if err := <-done; err != nil || s.taken() != numbered("a", 1, 100) {
			t.Errorf("%v, taken %s", err, s.taken())
		}
		if took := time.Since(healed); took > 15*time.Second {
			t.Errorf("delivered %v after it was healed", took)
		}
	})
}

// In between another kind of trouble is no proof.
func TestOneEventAtATimeUntilHECAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(
			receiver.Fault{
				Status: 200,
				Blank:  true,
			},
			receiver.Fault{Status: 502},
			receiver.Fault{At: receiver.Taken, Status: 504},
			receiver.Fault{
				At:    receiver.Unread,
				Reset: true,
			},
			receiver.Fault{At: receiver.Unread, Reset: true},
			receiver.Fault{At: receiver.Taken, Status: 204, Blank: true},
		))})
		c, _, _ := client(t, nil, s.URL())
		if err := c.Deliver(t.Context(), events("e", 50)); err != nil {
			t.Fatal(err)
		}
		if want := "e1 e1 " + numbered("e", 1, 50); s.taken() != want {
			t.Errorf("taken %s", s.taken())
		}
	})
}

// What breaks the connection each time, after HEC has taken the events, does not
// multiply them either.
func TestLostRepliesDoNotMultiplyEvents(t *testing.T) {
	for name, f := range map[string]receiver.Fault{
		"reset":             {At: receiver.Taken, Reset: true},
		"hang":              {At: receiver.Taken, Hang: true},
		"half an answer":    {At: receiver.Taken, Cut: true, Code: 24},
		"bad gateway":       {At: receiver.Taken, Status: 502},
		"gateway time-out":  {At: receiver.Taken, Status: 504},
		"a page with a 500": {At: receiver.Taken, Status: 500},
	} {
		inBubble(t, name, func(t *testing.T) {
			const n = 300
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(f))})
			c, _, _ := client(t, nil, s.URL())
			done := make(chan error, 1)
			go func() { done <- c.Deliver(t.Context(), events("e", n)) }()
			<-time.After(10 * time.Minute)
			// Each attempt may be two, on a connection that was closed.
			if taken := s.Stats().Taken(); taken > 2*(3*n+10*60/10)+20 {
				t.Errorf("%d events taken for %d", taken, n)
			}
			s.SetFault(nil)
			healed := time.Now()
			if err := <-done; err != nil {
				t.Error(err)
			}
			if took := time.Since(healed); took > 30*time.Second {
				t.Errorf("delivered %v after it was healed", took)
			}
		})
	}
}

func TestAnotherEndpointTakesOverInDoubt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := start(
			t,
			receiver.Options{Fault: func(*receiver.Request) receiver.Fault { return receiver.Fault{Status: 200, Blank: true} }},
		)
		second := start(t, receiver.Options{})
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, first.URL(), second.URL())
		for i := range 50 {
			if err := c.Deliver(t.Context(), events(fmt.Sprint(i, "-"), 1)); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Minute)
		}
		if n := c.Stats().Replies["http_200"]; second.Stats().Taken() != 50 || n != 1 {
			t.Errorf("%d taken, %d tries of the other", second.Stats().Taken(), n)
		}
	})
}

// The first endpoint comes back once it is healed, though another does its work.
func TestTheFirstEndpointComesBackAfterDoubt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		first := start(t, receiver.Options{
			Fault: receiver.Submissions(receiver.Always(receiver.Fault{Status: 200, Blank: true})),
		})
		second := start(t, receiver.Options{})
		c, _, _ := client(t, nil, first.URL(), second.URL())
		deliver := func(minutes int) {
			for range 6 * minutes {
				if err := c.Deliver(t.Context(), events("e", 2)); err != nil {
					t.Fatal(err)
				}
				<-time.After(10 * time.Second)
			}
		}
		deliver(60)
		if n := c.Stats().Replies["http_200"]; n < 10 || n > 2*(9+12) {
			t.Errorf("the first was tried %d times in an hour", n)
		}
		first.SetFault(nil)
		deliver(6)
		if first.Stats().Taken() == 0 {
			t.Error("the first is not used again")
		}
	})
}

func TestFailFastEndsInDoubt(t *testing.T) {
	for _, f := range yes {
		inBubble(t, fmt.Sprintf("%d %q", f.Status, f.Body), func(t *testing.T) {
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(f))})
			c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, s.URL())
			err := c.Deliver(t.Context(), events("e", 3))
			var config *hec.ConfigError
			if !errors.As(err, &config) || !strings.Contains(config.Hint, "check URL") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// For front ends that strip replies a good status may count, if somebody says so.
func TestAcceptWithoutCode(t *testing.T) {
	for _, tt := range []struct {
		f        receiver.Fault
		accepted bool
	}{
		{receiver.Fault{Status: 200, Blank: true}, true},
		{receiver.Fault{Status: 204, Blank: true}, true},
		{receiver.Fault{Status: 200, Body: "OK"}, true},
		{receiver.Fault{Status: 200, Body: `{"status":"Success"}`}, true},
		{receiver.Fault{Status: 200, Body: `{"text":"gone","code":404}`}, false},
		{receiver.Fault{Status: 200}, false}, // a page
		{receiver.Fault{Status: 404, Blank: true}, false},
		{receiver.Fault{Status: 302, Blank: true}, false},
	} {
		inBubble(t, fmt.Sprintf("%d %q", tt.f.Status, tt.f.Body), func(t *testing.T) {
			tt.f.At = receiver.Taken
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(tt.f))})
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.FailFast, cfg.AcceptWithoutCode = true, true }, s.URL())
			err := c.Deliver(t.Context(), events("e", 3))
			if accepted := err == nil; accepted != tt.accepted ||
				accepted && (s.taken() != "e1 e2 e3" || c.Stats().Ambiguous > 0) {
				t.Errorf("%v, taken %s, %d ambiguous\n%s", err, s.taken(), c.Stats().Ambiguous, l)
			}
		})
	}
}

// The first reply shows whether HEC is there at all: until it has come nothing
// else is sent.
func TestLanesWaitForTheFirstReply(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{}
		n.submit = func(w http.ResponseWriter, _, _ string) { w.WriteHeader(http.StatusOK) }
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.Lanes = 8 }, n.start(t))
		ctx, cancel := context.WithTimeout(t.Context(), 900*time.Millisecond)
		defer cancel()
		ended := make(chan error)
		for range 8 {
			go func() { ended <- c.Deliver(ctx, events("e", 10)) }()
		}
		for range 8 {
			<-ended
		}
		if got := c.Stats().Posts; got != 1 {
			t.Errorf("%d posts", got)
		}
	})
}
