package hec

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

// gates is a client that sends nothing: the test says how each attempt ends.
func gates(t *testing.T, urls ...string) *Client {
	t.Helper()
	c, err := New(Config{URLs: urls, Token: StaticToken("t"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	c.background = func(f func(context.Context)) {
		// A health check, which passes.
		for _, e := range c.endpoints {
			if e.trying {
				e.trying, e.healthy = false, true
			}
		}
	}
	return c
}

// An endpoint that is healthy and takes no events costs each trial as long as it
// hangs. The trials become rare, though not before they cost something.
func TestAnEndpointThatHangsIsTriedSeldom(t *testing.T) {
	for _, tt := range []struct {
		hang   time.Duration
		trials int // in an hour, at most
		least  int
	}{{15 * time.Second, 10, 7}, {10 * time.Millisecond, 400, 200}} {
		synctest.Test(t, func(t *testing.T) {
			c := gates(t, "http://first", "http://second")
			first := c.endpoints[0]
			trials := 0
			fail := func() {
				started := time.Now()
				<-time.After(tt.hang)
				c.failed(first, first.current(), started, failure{reason: "no reply in time"})
			}
			fail()
			for end := time.Now().Add(time.Hour); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
				c.mu.Lock()
				e, _ := c.pick(time.Now())
				c.mu.Unlock()
				if e == first {
					trials++
					fail()
				}
			}
			if trials > tt.trials || trials < tt.least {
				t.Errorf("%d trials that took %v each", trials, tt.hang)
			}
			// With no other endpoint there is nothing to wait for.
			second := c.endpoints[1]
			c.failed(second, second.current(), time.Now(), failure{reason: "refused"})
			<-time.After(retryMost)
			if e, err := c.route(t.Context()); err != nil || e != first {
				t.Errorf("the only one left is not tried: %v", err)
			}
			c.succeeded(first, accept)
			if first.trial != 0 || !first.tryAt.IsZero() {
				t.Error("the pause outlasts a success")
			}
		})
	}
}
